import pytest

from shared.desk import CaseOut
from tests.parts import TODAY, Factory, Someone
from tests.tui.desk import cases


@pytest.fixture(autouse=True)
def stop_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let dialogs propose the day and time of the server's clock."""
    for module in ("desk.dialog", "casework.dialogs", "casework.panel_dialogs"):
        monkeypatch.setattr(f"tui.{module}.utc_now", lambda: TODAY)


@pytest.fixture
def officer(someone: Factory) -> Someone:
    return cases.create_officer(someone)


@pytest.fixture
def case(me: Someone, officer: Someone) -> CaseOut:
    return cases.add_case(me, officer)
