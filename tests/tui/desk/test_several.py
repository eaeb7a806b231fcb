"""Marking cases, doing one thing with them, and the officers' covers."""

import pytest
from sqlmodel import update

from server.cases.tables import Case
from server.core.database import Services
from server.forms.advice import update_awaited
from server.forms.tables import AdviceRequest
from shared.accounts import Staff
from shared.cases.events import EventKind
from tests.parts import TODAY, Factory, Someone
from tests.server.steps import rows
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.hanging_transport import HangingTransport
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text


@pytest.fixture
def other(someone: Factory) -> Someone:
    return someone("zoe@leicester.example", staff=Staff.OFFICER)


async def test_marked_cases_are_assigned_after_a_question(
    portal: AppFactory,
    snapshots: Snapshots,
    me: Someone,
    officer: Someone,
    other: Someone,
    services: Services,
) -> None:
    for days, name in enumerate(("Abel", "Bell", "Cull")):
        case = cases.add_case(me, officer, last_name=name, first_name="Ivo")
        cases.backdate(services, case, days)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "cases", "3 records found")
        await pilot.press("d")
        await until(pilot, lambda: "Mark cases with Space" in str(list(pilot.app._notifications)))
        await pilot.press("space", "space", "s")
        await wait_for_text(pilot, "2 marked")
        await snapshots.match(pilot, "marked", narrow=True)
        await pilot.press("d")
        await wait_for_text(pilot, "What is to be done with the marked cases?")
        await pilot.press("enter")
        await on_screen(pilot, "Pick")
        await pilot.press(*"zoe", "enter")
        await wait_for_text(pilot, "Assign 2 cases to Ada Zoe?")
        await snapshots.match(pilot, "confirm", narrow=True)
        assert {case.officer_id for case in rows(services, Case)} == {None}
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "Done in 2 cases")
        await pilot.press("enter")
        await on_screen(pilot, "Cases")
        await until(pilot, lambda: "marked" not in screen_text(pilot.app.screen).splitlines()[-4])
    assert sorted(str(case.officer_id) for case in rows(services, Case)) == sorted(
        [str(other.id), str(other.id), "None"]
    )


async def test_view_is_marked_and_those_left_out_are_named(
    portal: AppFactory, snapshots: Snapshots, me: Someone, officer: Someone, services: Services
) -> None:
    late = cases.add_case(me, officer, last_name="Abel")
    cases.backdate(services, cases.add_case(me, officer, last_name="Bell", first_name="Bea"), 1)
    cases.add_event(officer, late, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, late, me.id)
    with services.transaction() as tx:
        tx.session.exec(update(AdviceRequest).values(due_on=TODAY.date().replace(day=1)))
        update_awaited(tx, late.id)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "cases", "2 records found")
        await pilot.press("a", "d")
        await wait_for_text(pilot, "What is to be done with the marked cases?")
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "Chase overdue advice in 1 case?")
        await wait_for_text(pilot, "Bell, Bea: no advice is overdue")
        await snapshots.match(pilot, "chase", narrow=True)
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "Done in 1 case")
    [request] = rows(services, AdviceRequest)
    assert request.chased_at is not None


async def test_cover_is_set_and_ended(
    portal: AppFactory,
    snapshots: Snapshots,
    officer: Someone,
    other: Someone,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("dialog", "officers"):
        monkeypatch.setattr(f"tui.desk.{module}.utc_now", lambda: TODAY)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "officers", "Ada Priya, you · 0 open cases")
        await pilot.press("enter")
        await on_screen(pilot, "Pick")
        await pilot.press(*"zoe", "enter")
        await on_screen(pilot, "CoverDays")
        await snapshots.match(pilot, "days", narrow=True)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Ada Zoe covers for them from 02/03/2026 until 08/03/2026")
        await snapshots.match(pilot, "officers", narrow=True)
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "End the cover now?")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "covers for them" not in screen_text(pilot.app.screen))


async def test_case_is_assigned_on_its_page(
    portal: AppFactory, me: Someone, officer: Someone, other: Someone
) -> None:
    case = cases.add_case(me, officer)
    app = portal(officer)
    transport = HangingTransport(app, "officers")
    async with app.run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, "#do-assign")
        await until(pilot, lambda: transport.is_holding)
        await pilot.press("f1")
        await on_screen(pilot, "Help")
        transport.released.set()
        await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
        await pilot.press("escape")
        await on_screen(pilot, "OpenCase")
        await choose(pilot, "#do-assign")
        await on_screen(pilot, "Pick")
        await pilot.press(*"zoe", "enter")
        await wait_for_text(pilot, "Ada Zoe has it")
