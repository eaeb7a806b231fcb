import pytest

from shared.desk import CaseOut
from tests.parts import Factory, Someone
from tests.tui.desk import cases


@pytest.fixture
def officer(someone: Factory) -> Someone:
    return cases.create_officer(someone)


@pytest.fixture
def case(me: Someone, officer: Someone) -> CaseOut:
    return cases.add_case(me, officer)
