import pytest

from server.core.database import Services
from server.core.settings import Settings
from shared.cases.events import EventKind
from shared.desk import CaseOut
from tests.letters import LETTERS
from tests.parts import TODAY, Factory, Someone
from tests.server.placements.steps import add_school
from tests.server.steps import ok
from tests.tui.desk import cases


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"letters": LETTERS})


@pytest.fixture
def officer(someone: Factory) -> Someone:
    return cases.create_officer(someone)


@pytest.fixture
def case(
    me: Someone, officer: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> CaseOut:
    """A case whose draft plan was sent today, and two schools of the list."""
    for module in ("desk.dialog", "placements.consult"):
        monkeypatch.setattr(f"tui.{module}.utc_now", lambda: TODAY)
    case = cases.add_case(me, officer)
    ok(officer.post(f"/v1/desk/people/{case.person.id}/match", json={}))
    for kind in (
        EventKind.DECIDED_TO_ASSESS,
        EventKind.DECIDED_TO_ISSUE,
        EventKind.DRAFT_SERVED,
    ):
        cases.add_event(officer, case, kind)
    add_school(services)
    add_school(services, "Oakham Road School", "120002")
    return cases.read_case(officer, case.id)
