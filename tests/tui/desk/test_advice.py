"""Requests for advice on the officer's desk."""

from uuid import UUID

from sqlmodel import select
from textual.pilot import Pilot
from textual.widgets import Button, Input

from server.accounts.tables import WorkDetailsRow
from server.core.database import Services
from shared.accounts import ProfessionalRole
from shared.cases.events import EventKind
from shared.desk import AdviceState, CaseOut
from tests.parts import Factory, Someone
from tests.tui.accounts.filling import choose, error_at, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.hanging_transport import HangingTransport
from tests.tui.steps import (
    dialog_text,
    go_to,
    on_screen,
    screen_text,
    until,
    wait_for_text,
    wait_until_idle,
)
from tui.desk.advice import CaseAdvice
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
        await wait_for_text(pilot, "2 asked for · 2 awaited")
        await choose(pilot, "#do-advice_page")
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
        await go_to(pilot, f"cases/{case.id}/advice/ask", "Ada Senco")
        await pilot.press("enter")
        await wait_for_text(pilot, "Ask 1 person")
        form = pilot.app.screen.query_one(f"#field-form-{me.id.hex}", Field)
        assert form.value == "health-advice"


async def test_invalid_due_date_sends_no_requests(
    portal: AppFactory, officer: Someone, me: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice/ask", "Ada Senco")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Choose at least one professional to ask.")
        pilot.app.screen.query_one("Finder Input").focus()
        await pilot.press("enter")
        await wait_for_text(pilot, "Ask 1 person")
        await fill(pilot, **{f"due-{me.id.hex}": "tomorrow"})
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Write the date as dd/mm/yyyy")
    assert cases.read_case(officer, case.id).advice == []


async def test_advice_is_chased_with_the_text_that_was_shown(
    portal: AppFactory, officer: Someone, me: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, me.id)
    app = portal(officer)
    transport = HangingTransport(app, "chase")
    async with app.run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice", "1 asked for · 1 awaited")
        await pilot.press("c")
        await until(pilot, lambda: transport.is_holding)
        await pilot.press("x")
        await on_screen(pilot, "Exempt")
        transport.released.set()
        await wait_until_idle(pilot)
        await on_screen(pilot, "Exempt")
        await pilot.press("escape")
        await on_screen(pilot, "CaseAdvice")
        await pilot.press("c")
        await on_screen(pilot, "ChaseAdvice")
        text = screen_text(pilot.app.screen).replace("│", "")
        assert "To Ada Senco: Advice is due: please send it" in text
        mail = "\nSubject: You have a message in the Professional Portal\nText: You have a message."
        assert mail in dialog_text(pilot)
        shown = pilot.app.screen.query_one("#field-text", Field).value
        assert shown.startswith("Ivo Larkspur-Dunne. Educational Advice")
        set_text(pilot, "text", "")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "text") == "Enter the message.")
        set_text(pilot, "text", "Call me: 0116 496 0000.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseAdvice")
        await wait_for_text(pilot, "by Ada Priya: Call me: 0116 496 0000.")
        assert "Sent." in [notice.message for notice in pilot.app._notifications]
        await pilot.press("c")
        await on_screen(pilot, "ChaseAdvice")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Nothing was sent.")
        await pilot.press("escape")
        await choose(pilot, "#case")
        await wait_for_text(pilot, CASE_TEXT)
        await pilot.press("6")
        await wait_for_text(pilot, "Advice chased: Educational Advice")
    [row] = cases.read_case(officer, case.id).advice
    assert [(step.by, step.text) for step in row.steps] == [
        ("Ada Priya", "Call me: 0116 496 0000.")
    ]


async def test_advice_can_be_asked_of_somebody_else_excused_and_cancelled(
    portal: AppFactory, someone: Factory, officer: Someone, me: Someone, case: CaseOut
) -> None:
    tamsin = someone("tamsin@osierbeck.example")
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, me.id)
    [row] = cases.read_case(officer, case.id).advice
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice", "Asked for 02/03/2026")
        await pilot.press("s")
        await on_screen(pilot, "Reassign")
        await wait_for_text(pilot, "Ada Tamsin")
        assert "Ada Senco" not in screen_text(pilot.app.screen)
        await pilot.press(*"tamsin")
        await wait_until_idle(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, Button))
        await pilot.press("enter")
        await on_screen(pilot, "CaseAdvice")
        await wait_for_text(pilot, "Ada Tamsin")
        assert cases.read_case(officer, case.id).advice[0].account == tamsin.id
        await pilot.press("x")
        await on_screen(pilot, "Exempt")
        assert "Assessment from Ada Tamsin: record an exception" in dialog_text(pilot)
        await fill(pilot, ground="missed_appointment")
        set_text(pilot, "reason", "Ill twice.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseAdvice")
        await wait_for_text(pilot, ", with an exception")
        reason = "Exception: Child missed an appointment: Ill twice."
        await wait_for_text(pilot, reason)
        await choose(pilot, "#case")
        await wait_for_text(pilot, CASE_TEXT)
        due = "Advice due 13/04/2026 · 42 days left, with an exception · Ada Tamsin"
        assert f"{due}\n{reason}" in _lines(pilot)
        assert "Decision whether to issue a plan due" in _lines(pilot).split(due)[0]  # the head
        await pilot.press("3")
        await choose(pilot, "#do-advice_page")
        await on_screen(pilot, "CaseAdvice")
        await pilot.press("x")
        await on_screen(pilot, "RemoveExemption")
        set_text(pilot, "reason", "Another child.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Exception:" not in screen_text(pilot.app.screen))
        await choose(pilot, f"#do-cancel-{row.id}")
        await on_screen(pilot, "CancelAdvice")
        shown = dialog_text(pilot)
        assert "Assessment from Ada Tamsin: ask no longer" in shown
        assert "They get a message" in shown
        await until(pilot, lambda: pilot.app.focused is not None)
        assert pilot.app.focused and pilot.app.focused.id == "close"
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "1 asked for · 1 no longer needed")
        await choose(pilot, "#case")
        await wait_for_text(pilot, CASE_TEXT)
        await pilot.press("6")
        await wait_for_text(pilot, "Exception taken back:")
        text = " ".join(screen_text(pilot.app.screen).split())
        of = "Educational Advice for Statutory EHC Assessment, Ada Tamsin · by Ada Priya"
        assert f"Exception taken back: {of} Another child." in text
        assert f"Exception recorded: {of} Child missed an appointment: Ill twice." in text
        assert f"Advice asked for: {of} On 02/03/2026, due 13/04/2026." in text
    assert cases.read_case(officer, case.id).advice[0].state is AdviceState.CANCELLED


async def test_keys_act_on_the_advice_with_the_focus(
    portal: AppFactory, someone: Factory, officer: Someone, me: Someone, case: CaseOut
) -> None:
    tamsin = someone("tamsin@osierbeck.example")
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, me.id, tamsin.id)
    row = next(row for row in cases.read_case(officer, case.id).advice if row.account == me.id)
    cases.submit_advice(me, row.submission)
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice", "2 asked for · 1 received · 1 awaited")
        pilot.app.screen.query_one(f"#do-chase-{_other(officer, case, row.id)}").focus()
        await until(pilot, lambda: "n return" not in screen_text(pilot.app.screen))
        await pilot.press("n", "y")
        await wait_until_idle(pilot)
        await on_screen(pilot, "CaseAdvice")
        await pilot.press("right", "right", "up")
        await wait_for_text(pilot, "n return")
        await pilot.press("n")
        await on_screen(pilot, "ReturnForm")
        set_text(pilot, "missing", "What helps in class.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseAdvice")
        await wait_for_text(pilot, "by Ada Priya: What helps in class.")
        cases.submit_advice(me, row.submission)
        await pilot.press("r")
        await wait_for_text(pilot, "Submitted")
        await pilot.press("y")
        await on_screen(pilot, "Accept")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Accepted")
        await pilot.press("v")
        await on_screen(pilot, "Versions")


def _other(officer: Someone, case: CaseOut, advice: UUID) -> UUID:
    """Return the id of the other request for advice."""
    return next(row.id for row in cases.read_case(officer, case.id).advice if row.id != advice)


def _lines(pilot: Pilot[None]) -> str:
    """Return the text of the top screen without the space around its lines."""
    return "\n".join(line.strip() for line in screen_text(pilot.app.screen).splitlines())


async def test_up_and_down_move_by_advice_and_left_and_right_by_link(
    portal: AppFactory, someone: Factory, officer: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, *(someone(f"n{n}@osierbeck.example").id for n in range(3)))
    ids = [row.id for row in cases.read_case(officer, case.id).advice]
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice", "3 asked for")
        screen = pilot.app.screen
        assert isinstance(screen, CaseAdvice)
        await until(pilot, lambda: screen._focused_row is not None)
        moves = [("down", 1), ("right", 1), ("right", 1), ("left", 1), ("down", 2), ("up", 1)]
        for key, index in [*moves, ("up", 0), ("left", 0)]:
            await pilot.press(key)
            await wait_until_idle(pilot)
            assert screen._focused_row and screen._focused_row.id == ids[index], key
        first = screen.focused
        await pilot.press("right")
        await until(pilot, lambda: screen.focused is not first)
        assert screen._focused_row and screen._focused_row.id == ids[0]
        await pilot.press("up")
        await until(pilot, lambda: screen.focused is screen.query_one("#ask"))
        await pilot.press("right")
        await until(pilot, lambda: screen.focused is screen.query_one("#case"))


async def test_advice_that_was_chased_has_the_focus_again(
    portal: AppFactory, officer: Someone, someone: Factory, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, *(someone(f"n{n}@osierbeck.example").id for n in range(3)))
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice", "3 asked for")
        screen = pilot.app.screen
        assert isinstance(screen, CaseAdvice)
        while screen._focused_row != screen._case.advice[-1]:  # type: ignore[union-attr] # it is loaded
            await pilot.press("tab")
        row = screen._focused_row
        assert row is not None
        await pilot.press("c")
        await on_screen(pilot, "ChaseAdvice")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseAdvice")
        await until(pilot, lambda: bool(screen._case and screen._case.advice[-1].steps))
        await wait_until_idle(pilot)
        assert screen._focused_row and screen._focused_row.id == row.id
        await wait_for_text(pilot, "Chased 02/03/2026")
