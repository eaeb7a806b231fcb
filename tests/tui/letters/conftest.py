import pytest

from server.core.settings import Settings
from shared.cases.events import EventKind
from shared.desk import CaseOut
from tests.letters import LETTERS
from tests.parts import Factory, Someone
from tests.server.desk.steps import record_parent
from tests.tui.desk import cases

REASON = "Progress is as expected with the support of the school."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"letters": LETTERS})


@pytest.fixture
def officer(someone: Factory) -> Someone:
    return cases.create_officer(someone)


@pytest.fixture
def case(me: Someone, officer: Someone) -> CaseOut:
    """A case whose assessment was refused."""
    case = cases.add_case(me, officer)
    record_parent(officer, case.id, "Ada Larkspur")
    cases.add_event(officer, case, EventKind.REFUSED_TO_ASSESS, REASON)
    return cases.read_case(officer, case.id)
