from uuid import UUID

import pytest

from server.core.database import Services
from server.core.settings import Settings
from tests.letters import LETTERS
from tests.parts import Someone
from tests.server.desk.steps import create_case, record_event, record_parent
from tests.server.letters.steps import KIND, REASON
from tests.server.steps import ok


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"letters": LETTERS})


@pytest.fixture
def case(me: Someone, officer: Someone, services: Services) -> UUID:
    """A case whose assessment was refused on 02/03/2026."""
    case = create_case(me, services)
    record_parent(officer, case, "Ada Larkspur")
    ok(record_event(officer, case, KIND, reason=REASON))
    return case
