"""The caseload in figures: counted right at each step, one at a time, and honest about pace."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from server.accounts.tables import Account
from server.cases.tables import Case, CaseEvent
from server.core.database import Services, Transaction
from server.figures import computing
from server.figures.cases import Batch, Paces, count_batch, store_misses
from server.figures.computing import compute_if_old
from server.figures.plans import IssuedPlan, read_plans
from server.figures.tables import FiguresRow
from shared.cases.deadlines import DeadlineKind
from shared.cases.states import Stage
from shared.desk import AdviceState
from shared.figures.figures import Figures, PlanFigures
from shared.figures.forecast import Outlook
from tests.parts import Clock, Factory, Someone
from tests.server.desk.steps import advice_body, create_case, match_child, record_event
from tests.server.figures.steps import (
    FORM,
    TO_PLAN,
    E,
    add_advice,
    add_case,
    add_plan,
    compute,
    days_ago,
    excuse,
    list_expected,
)
from tests.server.steps import audit_of, ok, rows

pytestmark = pytest.mark.both_databases

ALLOWED_DAYS = 42 + 56
"""Days until the plan where no usual ones are known: for the advice, and after it."""


def summary(figures: Figures) -> tuple[dict[Stage, int], int, dict[Outlook, int], int, int]:
    """Return the stages with cases, cases by weeks, the forecast, undecided cases and plans."""
    stages = {stage: count for stage, count in figures.stages.items() if count}
    plans = figures.plans.total
    return stages, sum(figures.weeks), figures.outlook, figures.undecided, plans


def test_case_is_counted_right_at_each_step(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    assert ok(officer.get("/v1/figures")).json() == {"computed_at": None, "figures": None}
    assert officer.get("/v1/figures/file").status_code == 404
    case = create_case(me, services)
    match_child(officer, case)
    in_time = {Outlook.IN_TIME: 1}
    assert summary(compute(officer, clock)) == ({Stage.REQUEST: 1}, 1, {}, 1, 0)
    ok(record_event(officer, case, "decided_to_assess"))
    assert summary(compute(officer, clock)) == ({Stage.ASSESSMENT: 1}, 1, in_time, 0, 0)
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, FORM)))
    [advice] = [item for item in compute(officer, clock).advice if item.awaited]
    assert (advice.form, advice.awaited, advice.late) == (FORM, 1, 0)
    ok(record_event(officer, case, "decided_to_issue"))
    assert summary(compute(officer, clock)) == ({Stage.PLAN: 1}, 1, in_time, 0, 0)
    ok(record_event(officer, case, "draft_served"))
    ok(record_event(officer, case, "representations_recorded"))
    assert summary(compute(officer, clock)) == ({Stage.PLAN: 1}, 1, in_time, 0, 0)
    ok(record_event(officer, case, "final_issued"))
    figures = compute(officer, clock)
    assert summary(figures) == ({Stage.REVIEWS: 1}, 0, {}, 0, 1)
    assert figures.plans == PlanFigures(in_time=1)
    assert figures.months == [PlanFigures(), PlanFigures(), PlanFigures(in_time=1)]
    ok(record_event(officer, case, "reassessment_agreed"))
    ok(record_event(officer, case, "decided_to_issue"))
    assert summary(compute(officer, clock)) == ({Stage.PLAN: 1}, 0, {}, 0, 1)
    for kind in ("draft_served", "representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind))
    assert summary(compute(officer, clock)) == ({Stage.REVIEWS: 1}, 0, {}, 0, 1)


def test_forecast_finds_cases_that_miss_20_weeks_and_why_not(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    assessed = (E.DECIDED_TO_ASSESS, 1)
    add_case(services, officer, (E.REQUEST_RECEIVED, 42), assessed)
    slow = add_case(services, officer, (E.REQUEST_RECEIVED, 43), assessed)
    answered = add_case(services, officer, (E.REQUEST_RECEIVED, 80), assessed)
    add_advice(services, me, answered, asked=40, answered=2)
    asked = add_case(services, officer, (E.REQUEST_RECEIVED, 80), assessed)
    add_advice(services, me, asked, asked=30)
    returned = add_case(services, officer, (E.REQUEST_RECEIVED, 80), assessed)
    add_advice(services, me, returned, asked=30, answered=20, state=AdviceState.RETURNED)
    cancelled = add_case(services, officer, (E.REQUEST_RECEIVED, 80), assessed)
    add_advice(services, me, cancelled, asked=30, state=AdviceState.CANCELLED)
    drafted = add_case(
        services, officer, (E.REQUEST_RECEIVED, 100), assessed, (E.DECIDED_TO_ISSUE, 20)
    )
    add_case(services, officer, (E.REQUEST_RECEIVED, 141), assessed)
    refused = (E.REQUEST_RECEIVED, 400), (E.REFUSED_TO_ASSESS, 300)
    add_case(
        services,
        officer,
        *refused,
        (E.MEDIATION_ADVICE, 60),
        (E.MEDIATION_ARRANGED, 50),
        (E.CONCEDED, 10),
    )
    figures = compute(officer, clock)
    assert figures.outlook == {Outlook.IN_TIME: 3, Outlook.MISSES: 4, Outlook.MISSED: 1}
    months = [(item.month.month, item.in_time, item.late) for item in figures.coming]
    assert months == [(3, 0, 0), (4, 1, 0), (5, 1, 3), (6, 1, 1)]
    assert figures.ordered == 1
    assert figures.weeks == [1, 5, 1, 0, 2]
    expected = dict(list_expected(officer))
    in_98_days = days_ago(-ALLOWED_DAYS)
    assert expected == {
        slow: in_98_days,
        asked: days_ago(-12 - 56),
        returned: days_ago(-12 - 56),
        cancelled: in_98_days,
    }
    assert drafted not in expected
    excuse(services, officer, slow)
    ok(record_event(officer, cancelled, "withdrawn"))
    assert cancelled not in dict(list_expected(officer))
    figures = compute(officer, clock)
    assert figures.outlook[Outlook.EXCUSED] == 1
    assert sum(item.late for item in figures.coming) == figures.outlook[Outlook.MISSES]
    assert dict(list_expected(officer)).keys() == {asked, returned}


def test_late_is_counted_by_what_is_late_and_whose(
    me: Someone, someone: Factory, officer: Someone, services: Services, clock: Clock
) -> None:
    add_case(services, officer, (E.REQUEST_RECEIVED, 42))
    add_case(services, officer, (E.REQUEST_RECEIVED, 43), mine=True)
    old = add_case(
        services, officer, (E.REQUEST_RECEIVED, 150), (E.DECIDED_TO_ASSESS, 120), mine=True
    )
    add_advice(services, me, old, asked=43)
    add_advice(services, me, old, asked=42, form="health-advice")
    excused = add_case(services, officer, (E.REQUEST_RECEIVED, 150), (E.DECIDED_TO_ASSESS, 1))
    excuse(services, officer, excused)
    figures = compute(officer, clock)
    assert figures.late == {DeadlineKind.DECIDE: 1, DeadlineKind.NO_PLAN: 2, DeadlineKind.FINAL: 1}
    assert figures.late_cases == 3
    advice = {item.form: (item.awaited, item.late) for item in figures.advice if item.awaited}
    assert advice == {FORM: (1, 1), "health-advice": (1, 0)}
    officers = {item.name: (item.cases, item.late) for item in figures.officers}
    assert officers == {"": (2, 1), "Ada Officer": (2, 2)}
    page = ok(officer.get("/v1/desk/cases", params={"view": "overdue"})).json()
    assert page["total"] == figures.late_cases


def test_case_with_an_event_that_is_not_allowed_stops_no_computing(
    officer: Someone, services: Services, clock: Clock
) -> None:
    add_case(services, officer, (E.REQUEST_RECEIVED, 43))
    broken = add_case(services, officer, (E.REQUEST_RECEIVED, 43))
    with services.transaction() as tx:
        tx.session.add(
            CaseEvent(case_id=broken, kind=E.CEASED, state="submitted", on=days_ago(1), at=tx.now)
        )
    figures = compute(officer, clock)
    assert (figures.late, sum(figures.weeks)) == ({DeadlineKind.DECIDE: 1}, 2)


def test_usual_days_are_medians_of_the_last_months(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    for number, days in enumerate((10, 20, 30, 40, 50)):
        plan = add_plan(services, officer, received=200 + number, issued=60)
        add_advice(services, me, plan, asked=100 + days, answered=100)
    for days in (1, 2, 3, 4):
        add_advice(services, me, plan, asked=70 + days, answered=70, form="health-advice")
    add_advice(services, me, plan, asked=500, answered=400)
    figures = compute(officer, clock)
    paces = {item.form: (item.pace.days, item.pace.answers) for item in figures.advice}
    assert paces[FORM] == (30, 5)
    assert paces["health-advice"] == (42, 4)
    assert paces["psychological-advice"] == (42, 0)
    assert (figures.after_advice.days, figures.after_advice.answers) == (40, 5)


def test_share_of_20_weeks_leaves_out_exceptions_and_plans_that_are_not_first(
    officer: Someone, services: Services, clock: Clock
) -> None:
    for received in (141, 150, 142):
        add_plan(services, officer, received=received, issued=1)
    excuse(services, officer, add_plan(services, officer, received=100, issued=1))
    excuse(services, officer, add_plan(services, officer, received=200, issued=1))
    add_plan(services, officer, received=500, issued=400)
    refused = (E.REQUEST_RECEIVED, 90), (E.REFUSED_TO_ASSESS, 80)
    agreed = (E.MEDIATION_ADVICE, 70), (E.MEDIATION_ARRANGED, 60), (E.CONCEDED, 50)
    add_case(services, officer, *refused, *agreed, *((kind, 1) for kind in TO_PLAN[1:]))
    add_case(
        services,
        officer,
        (E.PLAN_TRANSFERRED_IN, 90),
        *((E.AMENDMENT_PROPOSED, 60), (E.FINAL_ISSUED, 1)),
    )
    again = add_case(
        services,
        officer,
        *((E.REQUEST_RECEIVED, 59), *((kind, 50) for kind in TO_PLAN)),
        (E.REASSESSMENT_AGREED, 40),
    )
    excuse(services, officer, again, E.REASSESSMENT_AGREED)
    figures = compute(officer, clock)
    assert figures.plans == PlanFigures(
        in_time=2, late=2, excused_in_time=1, excused_late=1, ordered=1
    )
    assert (figures.plans.share, figures.plans.share_with_excused) == ("50%", "50%")


def test_only_one_computes_and_not_more_often_than_needed(
    officer: Someone, services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compute(officer, clock)
    add_case(services, officer, (E.REQUEST_RECEIVED, 1))
    fresh = ok(officer.post("/v1/figures/computations")).json()
    assert Figures.model_validate(fresh["figures"]) == first
    asyncio.run(compute_if_old(services))
    assert ok(officer.get("/v1/figures")).json() == fresh
    with services.transaction() as tx:
        row = _row(tx)
        row.holder, row.lease_until = uuid4(), tx.now + timedelta(minutes=1)
    clock.move(seconds=30)
    reply = officer.post("/v1/figures/computations")
    assert (reply.status_code, reply.json()["code"]) == (503, "busy")
    clock.move(minutes=10)
    asyncio.run(compute_if_old(services))
    assert ok(officer.get("/v1/figures")).json() == fresh
    clock.move(minutes=10)
    monkeypatch.setattr(computing, "count_stages", _fail)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(compute_if_old(services))
    monkeypatch.undo()
    asyncio.run(compute_if_old(services))
    assert ok(officer.get("/v1/figures")).json()["figures"]["stages"]["request"] == 1


def test_computing_that_takes_long_stays_the_only_one_or_stops(
    officer: Someone, services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (1, 2, 3):
        add_case(services, officer, (E.REQUEST_RECEIVED, days))
    monkeypatch.setattr("server.figures.cases.BATCH", 1)
    held = []

    def count_slowly(tx: Transaction, after: UUID | None, paces: Paces) -> Batch:
        clock.move(seconds=90)
        with services.transaction() as other:
            lease_until = _row(other).lease_until
            held.append(lease_until is not None and lease_until > other.now)
        return count_batch(tx, after, paces)

    monkeypatch.setattr(computing, "count_batch", count_slowly)
    assert sum(compute(officer, clock).weeks) == 3
    assert held == [True] * 4

    def count_and_lose(tx: Transaction, after: UUID | None, paces: Paces) -> Batch:
        with services.transaction() as other:
            _row(other).holder = uuid4()
        return count_slowly(tx, after, paces)

    monkeypatch.setattr(computing, "count_batch", count_and_lose)
    before = ok(officer.get("/v1/figures")).json()
    clock.move(minutes=5)
    assert officer.post("/v1/figures/computations").status_code == 503
    clock.move(minutes=10)
    asyncio.run(compute_if_old(services))
    assert len(held) == 4 + 2
    assert ok(officer.get("/v1/figures")).json() == before


def test_computing_holds_up_no_writer(
    officer: Someone, services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_case(services, officer, (E.REQUEST_RECEIVED, 1))

    def write_and_count(tx: Transaction, after: UUID | None, paces: Paces) -> Batch:
        batch = count_batch(tx, after, paces)
        add_case(services, officer, (E.REQUEST_RECEIVED, 2))  # while the transaction reads
        return batch

    monkeypatch.setattr(computing, "count_batch", write_and_count)
    assert sum(compute(officer, clock).weeks) == 1
    monkeypatch.undo()
    assert sum(compute(officer, clock).weeks) == 2


def test_plans_are_read_in_short_transactions_and_may_be_undone_meanwhile(
    officer: Someone, services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for received in (100, 101):
        add_plan(services, officer, received=received, issued=1)
    monkeypatch.setattr("server.figures.plans.BATCH", 1)

    issued = select(CaseEvent).where(CaseEvent.kind == E.FINAL_ISSUED)

    def read_and_undo(*args: Any, **options: Any) -> list[IssuedPlan]:
        read = read_plans(*args, **options)
        with services.transaction() as other:
            for event in other.session.exec(issued):
                event.removed_at = other.now
        return read

    monkeypatch.setattr(computing, "read_plans", read_and_undo)
    assert compute(officer, clock).plans == PlanFigures(in_time=1)


def test_figures_of_another_version_are_none(
    officer: Someone, services: Services, clock: Clock
) -> None:
    compute(officer, clock)
    with services.transaction() as tx:
        _row(tx).content = {"year": 2026}
    assert ok(officer.get("/v1/figures")).json() == {"computed_at": None, "figures": None}


def _row(tx: Transaction) -> FiguresRow:
    return tx.session.exec(select(FiguresRow)).one()


def _fail(*_: object) -> None:
    raise ZeroDivisionError


def test_forecast_of_a_case_that_changed_meanwhile_is_not_stored(
    officer: Someone, services: Services, clock: Clock
) -> None:
    case = add_case(services, officer, (E.REQUEST_RECEIVED, 1))
    day = days_ago(-100)

    def store(version: int) -> bool:
        with services.transaction() as tx:
            store_misses(tx, {case: (version, day)})
            return _case(tx, case).misses_on is not None

    current = rows(services, Case)[0].version
    assert not store(current + 1)
    assert store(current)
    assert list_expected(officer) == [(case, day)]
    compute(officer, clock)
    assert list_expected(officer) == []


def _case(tx: Transaction, case: UUID) -> Case:
    return tx.session.get_one(Case, case, populate_existing=True)


def test_figures_are_saved_as_csv_and_pdf_which_is_audited(
    officer: Someone, services: Services, clock: Clock
) -> None:
    add_plan(services, officer, received=100, issued=1)
    with services.transaction() as tx:
        tx.session.get_one(Account, officer.id).first_name = "=Ada"
    compute(officer, clock)
    before = len(audit_of(services))
    reply = ok(officer.get("/v1/figures/file", params={"kind": "csv"}))
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    lines = reply.text.removeprefix("\ufeff").splitlines()
    assert lines[0] == "Table,Row,Number,Remark"
    assert "First plans issued in 2026,Within 20 weeks,1," in lines
    assert "Open cases by officer,'=Ada Officer,0,(0 late)" in lines
    assert any("For the authority only" in line for line in lines)
    pdf = ok(officer.get("/v1/figures/file", params={"kind": "pdf"}))
    assert pdf.content.startswith(b"%PDF-")
    assert [entry.action for entry in audit_of(services)[before:]] == ["figures_saved"] * 2
