import pytest

from server.core.database import Services
from tests.parts import TODAY, Clock, Factory, Someone
from tests.server.figures.steps import (
    E,
    add_advice,
    add_case,
    add_plan,
    compute,
    excuse,
)
from tests.tui.desk import cases


@pytest.fixture(autouse=True)
def stop_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client run on the day of the server's clock."""
    monkeypatch.setattr("tui.figures.figures.utc_now", lambda: TODAY)


@pytest.fixture
def officer(someone: Factory) -> Someone:
    return cases.create_officer(someone)


@pytest.fixture
def caseload(officer: Someone, someone: Factory, services: Services, clock: Clock) -> None:
    """Cases of every stage, some late, some expected late, and plans of two months; computed."""
    me = someone()
    for number in range(12):
        add_case(services, officer, (E.REQUEST_RECEIVED, 4 * number), mine=number % 3 == 0)
    for number in range(7):
        case = add_case(
            services, officer, (E.REQUEST_RECEIVED, 45 + 15 * number), (E.DECIDED_TO_ASSESS, 40)
        )
        add_advice(services, me, case, asked=38 + number)
        add_advice(services, me, case, asked=36, answered=number, form="health-advice")
    for number in range(8):
        plan = add_plan(services, officer, received=125 + 5 * number, issued=4 * number)
        add_advice(services, me, plan, asked=100, answered=50 + number, form="health-advice")
    excuse(services, officer, plan)
    compute(officer, clock)
