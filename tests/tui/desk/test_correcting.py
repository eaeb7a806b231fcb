"""Confirming, correcting and undoing steps of a case, and excuses with their dates."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from textual.widgets import Input, TextArea

from server.core.database import Services
from server.forms.tables import AdviceRequest
from shared.cases.deadlines import DeadlineKind
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.desk import CaseOut
from tests.parts import TODAY, Someone
from tests.server.steps import ok, rows
from tests.tui.accounts.filling import choose, error_at, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import dialog_text, go_to, on_screen, screen_text, until, wait_for_text
from tui.desk.correct import Undo
from tui.desk.dialog import CaseDialog
from tui.widgets.field import Field
from tui.widgets.header import Link

CASE_TEXT = "What may be done now"
BACKDATED_DAYS = 50
RECEIVED_ON = date(2026, 1, 11)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)


async def test_decision_for_an_unmatched_child_asks_first_and_can_go_back(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await choose(pilot, "#do-event-decided_to_assess")
        await on_screen(pilot, "AddEvent")
        await fill(pilot, on="2/3/2026")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        assert "Decide to assess: Ivo Larkspur-Dunne, born 14/03/2018." in dialog_text(pilot)
        assert "not matched" in dialog_text(pilot)
        await pilot.press("enter")
        await on_screen(pilot, "AddEvent")
        assert cases.read_case(officer, case.id).state is CaseState.SUBMITTED
        assert pilot.app.screen.query_one("#field-on", Field).value == "2/3/2026"
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "● Assessment")
    assert cases.read_case(officer, case.id).state is CaseState.ASSESSING


async def test_confirmation_counts_only_for_what_was_shown(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await choose(pilot, "#do-event-withdrawn")
        await on_screen(pilot, "AddEvent")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
        await pilot.press("tab", "enter")
        await wait_for_text(pilot, "has changed since you opened it")
        dialog = pilot.app.screen
        assert isinstance(dialog, CaseDialog)
        assert not dialog.confirmed
    assert cases.read_case(officer, case.id).state is CaseState.ASSESSING


async def test_kind_and_day_of_a_step_are_corrected(
    portal: AppFactory, services: Services, officer: Someone, case: CaseOut
) -> None:
    cases.backdate(services, case, BACKDATED_DAYS)
    case = cases.read_case(officer, case.id)
    cases.add_event(officer, case, EventKind.REFUSED_TO_ASSESS, "The needs are met.")
    event = cases.read_case(officer, case.id).events[-1]
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("6")
        await wait_for_text(pilot, "Decided not to assess")
        await choose(pilot, f"#do-correct-{event.id}")
        await on_screen(pilot, "Correct")
        await fill(pilot, kind="decided_to_assess", on="20/2/2026")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "reason") == "Enter the reason.")
        set_text(pilot, "reason", "I chose the wrong line.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "● Assessment")
        await wait_for_text(pilot, "20/02/2026 (recorded 02/03/2026 10:42) · Decided to assess")
        shown = " ".join(screen_text(pilot.app.screen).split())
        assert "It was: Decided not to assess, 11/01/2026. I chose the wrong line." in shown
    corrected = cases.read_case(officer, case.id)
    assert corrected.state is CaseState.ASSESSING
    assert corrected.events[-1].on == date(2026, 2, 20)


async def test_correction_asks_for_the_date_that_the_kind_sets(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    cases.issue_plan(officer, case)
    cases.record(officer, case, EventKind.MEETING_HELD, case.received_on)
    event = cases.read_case(officer, case.id).events[-1]
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("6")
        await wait_for_text(pilot, "Review meeting held")
        await choose(pilot, f"#do-correct-{event.id}")
        await on_screen(pilot, "Correct")
        await wait_for_text(pilot, "Why it was wrong")
        hidden = ("#field-day", "#field-text")
        assert not any(pilot.app.screen.query_one(name, Field).display for name in hidden)
        await fill(pilot, kind="review_called")
        await wait_for_text(pilot, "Day of the meeting (dd/mm/yyyy) *")
        set_text(pilot, "reason", "It was only called.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "day") != "")
        assert error_at(pilot, "text") == "Enter who is invited."
        await fill(pilot, day="1/4/2026")
        set_text(pilot, "text", "The school.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "Day of the meeting: 01/04/2026")
        await wait_for_text(pilot, "Who is invited: The school.")
    assert cases.read_case(officer, case.id).events[-1].day == date(2026, 4, 1)


async def test_impossible_correction_shows_its_reason_at_the_date(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    event = cases.read_case(officer, case.id).events[-1]
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("6")
        await wait_for_text(pilot, "Decided to assess")
        await choose(pilot, f"#do-correct-{event.id}")
        await on_screen(pilot, "Correct")
        await fill(pilot, on="1/3/2026")
        set_text(pilot, "reason", "It was the day before.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "must not be before 02/03/2026" in error_at(pilot, "on"))
    assert not cases.read_case(officer, case.id).events[-1].corrections


async def test_undoing_a_step_says_that_letters_of_it_stay(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    shown = cases.read_case(officer, case.id)
    letters = ["Notice of the decision, posted 02/03/2026", "Another"]
    event = shown.events[-1].model_copy(update={"letters": letters})
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        pilot.app.push_screen(Undo(shown, event))
        await on_screen(pilot, "Undo")
        text = " ".join(dialog_text(pilot).split())
        assert f"Letters of it were made: {'; '.join(letters)}. They stay on the case" in text


async def test_last_step_is_undone_and_stays_in_the_history(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    event = cases.read_case(officer, case.id).events[-1]
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("6")
        await wait_for_text(pilot, "Undo…")
        await choose(pilot, f"#do-undo-{event.id}")
        await on_screen(pilot, "Undo")
        assert "Undo for Ivo Larkspur-Dunne: Decided to assess, 02/03/2026" in dialog_text(pilot)
        assert pilot.app.focused is pilot.app.screen.query_one("#close")  # the safe answer
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "● Request")
        await wait_for_text(pilot, "✗ 02/03/2026 10:42 · Decided to assess · by Ada Priya")
        await wait_for_text(pilot, "Undone 02/03/2026 10:42 by Ada Priya")
        assert not pilot.app.screen.query(f"#do-undo-{event.id}, #do-correct-{event.id}")
    assert cases.read_case(officer, case.id).state is CaseState.SUBMITTED


async def test_step_that_was_corrected_and_then_undone_shows_both(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.REFUSED_TO_ASSESS, "The needs are met.")
    event = cases.read_case(officer, case.id).events[-1]
    body = {
        "id": str(uuid4()),
        "kind": "decided_to_assess",
        "on": "2026-03-02",
        "reason": "A slip.",
    }
    path = f"/v1/desk/cases/{case.id}/events/{event.id}"
    ok(officer.put(path, json=body))
    version = cases.read_case(officer, case.id).version
    ok(officer.post(f"{path}/undo", json={"version": version}))
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("6")
        await wait_for_text(pilot, "Undone 02/03/2026 10:42 by Ada Priya")
        text = " ".join(screen_text(pilot.app.screen).split())
        corrected = "Corrected 02/03/2026 10:42 by Ada Priya. It was: Decided not to assess"
        assert corrected in text and "A slip. (It gave the reason: The needs are met.)" in text


async def test_step_on_a_changed_case_says_what_happened_meanwhile(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await choose(pilot, "#do-event-request_accepted")
        await on_screen(pilot, "AddEvent")
        cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "has changed since you opened it")
        shown = " ".join(screen_text(pilot.app.screen).replace("│", " ").split())
        assert "Decided to assess on 02/03/2026, by Ada Priya" in shown
        assert "was read again" in shown
        await pilot.press("escape")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "● Assessment")
    assert len(cases.read_case(officer, case.id).events) == 2


async def test_closure_needs_its_dates_and_can_be_taken_back(
    portal: AppFactory, services: Services, officer: Someone, me: Someone, case: CaseOut
) -> None:
    cases.backdate(services, case, BACKDATED_DAYS)
    ask_for_advice_on(services, officer, case, me, RECEIVED_ON)
    late = "! Decision due 22/02/2026 · 8 days late"
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}", late)
        await choose(pilot, "#do-exempt-decide")
        await on_screen(pilot, "Exempt")
        await fill(pilot, ground="closed")
        set_text(pilot, "reason", "The roof fell in.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "closed_from") != "")
        assert error_at(pilot, "closed_to")
        await fill(pilot, closed_from="12/1/2026", closed_to="30/1/2026")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "4 weeks or more" in error_at(pilot, "closed_from"))
        await fill(pilot, closed_to="20/2/2026")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "Decision due 22/02/2026 · 8 days late, with an exception")
        row = cases.read_case(officer, case.id).deadlines[0]
        await choose(pilot, f"#do-unexempt-{row.exemption}")
        await on_screen(pilot, "RemoveExemption")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "reason") == "Enter the reason.")
        set_text(pilot, "reason", "It was another school.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, late)
        await wait_for_text(pilot, "Decision: record an exception")
    row = cases.read_case(officer, case.id).deadlines[0]
    assert (row.kind, row.excused) == (DeadlineKind.DECIDE, "")


def ask_for_advice_on(
    services: Services, officer: Someone, case: CaseOut, professional: Someone, day: date
) -> None:
    """Ask for advice in a case on an earlier day, and leave the case in its state."""
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, professional.id)
    now = cases.read_case(officer, case.id)
    undo = f"/v1/desk/cases/{case.id}/events/{now.events[-1].id}/undo"
    ok(officer.post(undo, json={"version": now.version}))
    with services.transaction() as tx:
        for advice in rows(services, AdviceRequest):
            tx.session.get_one(AdviceRequest, advice.id).asked_on = day


async def test_key_typed_at_an_error_goes_into_its_field(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await choose(pilot, "#do-event-refused_to_assess")
        await on_screen(pilot, "AddEvent")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "There is a problem")
        await until(pilot, lambda: isinstance(pilot.app.focused, Link))
        await pilot.press(*"1 need")
        control = pilot.app.screen.query_one("#field-reason", Field).control
        assert isinstance(control, TextArea)
        assert control.text == "1 need"


async def test_key_typed_at_an_error_searches_for_the_child(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "cases/new", "Ivo")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "There is a problem")
        await until(pilot, lambda: isinstance(pilot.app.focused, Link))
        await pilot.press(*"zz")
        await wait_for_text(pilot, "Nobody is found by these words.")
        assert pilot.app.screen.query_one("Finder Input", Input).value == "zz"


async def test_phase_transfer_suggests_the_day_of_the_next_phase(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    cases.issue_plan(officer, case)
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await choose(pilot, "#do-event-phase_transfer_set")
        await on_screen(pilot, "AddEvent")
        assert pilot.app.screen.query_one("#field-day", Field).value == "14/02/2029"
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "Plan for the phase transfer due 14/02/2029")
    due = {row.kind: row.due for row in cases.read_case(officer, case.id).deadlines}
    assert due[DeadlineKind.PHASE_TRANSFER] == date(2029, 2, 14)
    assert due[DeadlineKind.REVIEW] - TODAY.date() < timedelta(days=365)
