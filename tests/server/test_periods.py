"""An authority's own periods apply to every date."""

import pytest

from server.core.database import Services
from server.core.settings import Settings
from shared.accounts import Staff
from shared.cases.clock import Periods
from tests.parts import Factory
from tests.server.desk.steps import advice_body, create_case, create_case_in_assessment
from tests.server.steps import ok


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"periods": Periods(decide=28, receipt_is_day_one=True)})


def test_configured_periods_set_stages_and_deadlines(someone: Factory, services: Services) -> None:
    me = someone()
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    case = ok(officer.get(f"/v1/desk/cases/{create_case(me, services)}")).json()
    assert case["deadlines"][0]["due"] == "2026-03-29"
    assert [stage["due"] for stage in case["stages"]] == [
        None,
        "2026-03-29",
        "2026-06-21",
        "2026-07-19",
    ]
    assert "must decide within 4 weeks" in case["now_words"]
    progress = ok(me.get(f"/v1/people/{case['person']['id']}/progress")).json()
    assert progress["now_words"] == case["now_words"]
    assert [stage["due"] for stage in progress["stages"]] == [
        stage["due"] for stage in case["stages"]
    ]


def test_configured_periods_set_the_advice_deadline(someone: Factory, services: Services) -> None:
    me = someone()
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    case = create_case_in_assessment(me, officer, services)
    forms = ok(officer.get("/v1/desk/forms")).json()
    assert {form["due"] for form in forms} == {"2026-04-12"}
    body = advice_body(me, "educational-advice")
    [advice] = ok(officer.post(f"/v1/desk/cases/{case}/advice", json=body)).json()["advice"]
    assert advice["due"] == "2026-04-12"
