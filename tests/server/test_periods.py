"""An authority's own periods apply to every date."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from sqlmodel import update

from server.app import create_app
from server.cases.service import update_derived
from server.cases.tables import NOTHING_DUE, Case
from server.core.database import Services, Transaction
from server.core.settings import Settings
from server.desk import recomputing
from shared.accounts import Staff
from shared.cases.clock import Periods
from tests.parts import Factory
from tests.server.desk.steps import advice_body, create_case, create_case_in_assessment
from tests.server.steps import ok, rows


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
        None,
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


def test_changed_periods_change_the_lists_at_the_next_start(
    someone: Factory, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = someone()
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    for name in ("Ada", "Ben", "Cy"):
        create_case(me, services, first_name=name)
    before = {case.id: case.version for case in rows(services, Case)}
    statutory = services.settings.model_copy(update={"periods": Periods()})
    restarted = replace(services, settings=statutory)
    monkeypatch.setattr(recomputing, "BATCH", 1)

    def due_days() -> Counter[str]:
        return Counter(str(case.next_due) for case in rows(services, Case))

    computed: list[Case] = []

    def fail_at_the_second(tx: Transaction, case: Case) -> None:
        if computed:
            raise RuntimeError
        computed.append(case)
        update_derived(tx, case)

    with monkeypatch.context() as patch:
        patch.setattr(recomputing, "update_derived", fail_at_the_second)
        with pytest.raises(RuntimeError):
            asyncio.run(recomputing.recompute(restarted))
    assert due_days() == {"2026-03-29": 2, "2026-04-13": 1}

    async def start() -> None:
        app = create_app(restarted)
        async with app.router.lifespan_context(app), asyncio.timeout(60):
            while due_days()["2026-04-13"] < 3:  # noqa: ASYNC110 - the database cannot signal changes
                await asyncio.sleep(0.01)

    asyncio.run(start())
    listed = ok(officer.get("/v1/desk/cases")).json()["rows"]
    assert {row["next_words"].split(" · ")[0] for row in listed} == {"Decision due 13/04/2026"}
    assert {case.id: case.version for case in rows(services, Case)} == before
    with services.transaction() as tx:  # as a server of the version before stores cases
        tx.session.exec(update(Case).values(sort_due=NOTHING_DUE))
    assert len(ok(officer.get("/v1/home")).json()["unassigned"]["rows"]) == 3
    assert asyncio.run(recomputing.recompute(restarted)) == 3
    assert {str(case.sort_due) for case in rows(services, Case)} == {"2026-04-13"}

    def compute_as_others_do(tx: Transaction, case: Case) -> None:
        assert len(computed) < 1 + 3  # each case once
        computed.append(case)
        update_derived(tx, case)
        case.computed_with = "other rules"

    monkeypatch.setattr(recomputing, "update_derived", compute_as_others_do)
    asyncio.run(recomputing.recompute(services))
    assert len(computed) == 1 + 3
