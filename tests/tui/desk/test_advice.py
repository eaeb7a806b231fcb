"""Requests for advice on the officer's desk."""

from sqlmodel import select
from textual.widgets import Button, Input

from server.accounts.tables import WorkDetailsRow
from server.core.database import Services
from shared.accounts import ProfessionalRole
from shared.cases.events import EventKind
from shared.desk import AdviceState, CaseOut
from tests.parts import Factory, Someone
from tests.tui.accounts.filling import choose, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text
from tui.widgets.field import Field

CASE_TEXT = "What may be done now"


async def test_several_professionals_are_asked_for_advice_at_once(
    portal: AppFactory, someone: Factory, officer: Someone, me: Someone, case: CaseOut
) -> None:
    tamsin = someone("tamsin@osierbeck.example")
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await choose(pilot, "#do-advice")
        await wait_for_text(pilot, "Ada Senco")
        await pilot.press("enter")
        await wait_for_text(pilot, "Ask 1 person")
        await pilot.press(*"tamsin")
        await wait_for_text(pilot, "Ada Tamsin")
        await pilot.press("enter")
        await wait_for_text(pilot, "Ask 2 people")
        due = pilot.app.screen.query_one(f"#field-due-{tamsin.id.hex}", Field).control
        assert isinstance(due, Input)
        assert due.value == "13/04/2026"
        due.value = "30/03/2026"
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Ada Tamsin: Educational Advice")
        await wait_for_text(pilot, "30/03/2026  ")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "OpenCase")
        await pilot.press("3")
        await wait_for_text(pilot, "due 30/03/2026")
    due_dates = {
        row.account: row.due.isoformat() for row in cases.read_case(officer, case.id).advice
    }
    assert due_dates == {me.id: "2026-04-13", tamsin.id: "2026-03-30"}


async def test_professional_is_offered_the_form_of_their_role(
    portal: AppFactory, officer: Someone, me: Someone, case: CaseOut, services: Services
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    with services.transaction() as tx:
        work = tx.session.exec(
            select(WorkDetailsRow).where(WorkDetailsRow.account_id == me.id)
        ).one()
        work.role = ProfessionalRole.SPEECH_THERAPIST
        tx.session.add(work)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice", "Ada Senco")
        await pilot.press("enter")
        await wait_for_text(pilot, "Ask 1 person")
        form = pilot.app.screen.query_one(f"#field-form-{me.id.hex}", Field)
        assert form.value == "health-advice"


async def test_invalid_due_date_sends_no_requests(
    portal: AppFactory, officer: Someone, me: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice", "Ada Senco")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Choose at least one professional to ask.")
        pilot.app.screen.query_one("Finder Input").focus()
        await pilot.press("enter")
        await wait_for_text(pilot, "Ask 1 person")
        await fill(pilot, **{f"due-{me.id.hex}": "tomorrow"})
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Write the date as dd/mm/yyyy")
    assert cases.read_case(officer, case.id).advice == []


async def test_advice_can_be_reassigned_excused_and_cancelled(
    portal: AppFactory, someone: Factory, officer: Someone, me: Someone, case: CaseOut
) -> None:
    tamsin = someone("tamsin@osierbeck.example")
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, me.id)
    [row] = cases.read_case(officer, case.id).advice
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("3")
        await wait_for_text(pilot, "Asked for")
        await choose(pilot, f"#do-reassign-{row.submission}")
        await on_screen(pilot, "Reassign")
        await pilot.press(*"tamsin")
        await until(pilot, lambda: "Ada Senco" not in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, Button))
        await pilot.press("enter")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "Ada Tamsin")
        assert cases.read_case(officer, case.id).advice[0].account == tamsin.id
        await choose(pilot, f"#do-exempt-advice-{row.id}")
        await on_screen(pilot, "Exempt")
        await fill(pilot, ground="missed_appointment")
        set_text(pilot, "reason", "Ill twice.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, ", excused")
        await wait_for_text(pilot, "Excused: Child missed an appointment: Ill twice.")
        await choose(pilot, f"#do-cancel-{row.id}")
        await on_screen(pilot, "CancelAdvice")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "No longer needed")
    assert cases.read_case(officer, case.id).advice[0].state is AdviceState.CANCELLED


async def test_submitted_advice_can_be_returned_and_then_accepted(
    portal: AppFactory, officer: Someone, me: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, me.id)
    [row] = cases.read_case(officer, case.id).advice
    cases.submit_advice(me, row.submission)
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("3")
        await wait_for_text(pilot, "Submitted")
        await choose(pilot, f"#do-return_advice-{row.id}")
        await on_screen(pilot, "ReturnForm")
        set_text(pilot, "missing", "What helps in class.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "Returned")
        cases.submit_advice(me, row.submission)
        await pilot.press("r")
        await wait_for_text(pilot, "Submitted")
        await choose(pilot, f"#do-accept_advice-{row.id}")
        await on_screen(pilot, "Accept")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Accepted")
