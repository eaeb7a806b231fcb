"""A case on the officer's desk, and its actions."""

import asyncio
from uuid import uuid4

import pytest

from server.core.audit import Action, record
from server.core.database import Services
from server.desk.audit_log import AUDIT_LIMIT
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.desk import CaseOut
from shared.places import read_place
from tests.parts import TODAY, Factory, Someone
from tests.server.desk.steps import match_child
from tests.server.steps import add_child, if_match, ok
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
from tui.desk.case_parts import NO_DECISION
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.sections import Sections

CASE_TEXT = "What may be done now"


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)


async def test_event_date_defaults_to_today(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await choose(pilot, "#do-event-request_accepted")
        await wait_for_text(pilot, "▌ 02/03/2026")
        assert "not the decision to assess" in " ".join(screen_text(pilot.app.screen).split())
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "Deciding whether")
        await pilot.press("6")
        await wait_for_text(pilot, "02/03/2026 10:42 · Request accepted · by Ada Priya")
    assert cases.read_case(officer, case.id).state is CaseState.DECIDING


async def test_late_audit_reply_does_not_replace_another_section(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    app = portal(officer)
    transport = HangingTransport(app, "trail")
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("7")
        await until(pilot, lambda: transport.is_holding)
        await pilot.press("r")
        await pilot.press("1")
        await wait_for_text(pilot, CASE_TEXT)
        transport.released.set()
        await wait_until_idle(pilot)
        assert CASE_TEXT in screen_text(app.screen)


async def test_field_errors_are_shown_and_input_is_kept(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await choose(pilot, "#do-event-refused_to_assess")
        await on_screen(pilot, "AddEvent")
        await fill(pilot, on="1/1/2031")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "reason") == "Enter the reason.")
        set_text(pilot, "reason", "The school meets the needs.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "today or in the past" in error_at(pilot, "on"))
        assert "There is a problem" in screen_text(pilot.app.screen)
        await pilot.press("escape")
        await wait_for_text(pilot, "Close and lose what you typed?")
        await pilot.press("enter")
        await on_screen(pilot, "AddEvent")
        await fill(pilot, on="02/03/2026")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "OpenCase")
    [*_, last_event] = cases.read_case(officer, case.id).events
    assert (last_event.kind, last_event.reason) == (
        EventKind.REFUSED_TO_ASSESS,
        "The school meets the needs.",
    )


async def test_request_can_be_accepted_and_returned(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    [form] = case.forms
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("2")
        await wait_for_text(pilot, "View details")
        await choose(pilot, f"#do-accept_form-{form.submission}")
        await wait_for_text(pilot, "being decided on")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await until(pilot, lambda: not pilot.app.screen.query(f"#do-accept_form-{form.submission}"))
        await choose(pilot, f"#do-return_form-{form.submission}")
        await on_screen(pilot, "ReturnForm")
        set_text(pilot, "missing", "The school's own records.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "! Returned: The school's own records.")
    assert cases.read_case(officer, case.id).state is CaseState.RETURNED_FOR_INFO


async def test_view_details_opens_the_submitted_version(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("2", "down")
        await choose(pilot, f"#details-{case.forms[0].submission}")
        await on_screen(pilot, "Versions")
        await wait_for_text(pilot, "Version 1")


async def test_case_can_be_taken_on_and_given_up(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "nobody has it yet")
        await choose(pilot, "#do-take")
        await wait_for_text(pilot, "you have it")
        await choose(pilot, "#do-give_up")
        await wait_for_text(pilot, "nobody has it yet")


async def test_case_that_has_ended_says_that_no_step_is_open(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    match_child(officer, case.id)
    cases.add_event(officer, case, EventKind.WITHDRAWN)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", NO_DECISION)


async def test_keys_in_the_help_stand_in_one_column(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("f1")
        await wait_for_text(pilot, "Go back to the previous")
        lines = screen_text(pilot.app.screen).splitlines()
        columns = {
            line.index(text)
            for line in lines
            for text in ("Go back to the previous", "Go on to the next", "Read the case again.")
            if text in line
        }
        assert len(columns) == 1


async def test_exemption_is_shown_and_keeps_the_date(
    portal: AppFactory, services: Services, officer: Someone, case: CaseOut
) -> None:
    cases.backdate(services, case, 50)
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "! Decision due 22/02/2026 · 8 days late")
        await choose(pilot, "#do-exempt-decide")
        await on_screen(pilot, "Exempt")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "ground") == "Choose the ground.")
        await fill(pilot, ground="personal")
        set_text(pilot, "reason", "A death in the family.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "Decision due 22/02/2026 · 8 days late, with an exception")


async def test_child_can_be_allocated_to_a_professional(
    portal: AppFactory, someone: Factory, officer: Someone, case: CaseOut
) -> None:
    tamsin = someone("tamsin@osierbeck.example")
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await choose(pilot, "#do-allocate")
        await on_screen(pilot, "Allocate")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Choose somebody")
        pilot.app.screen.query_one("Finder Input").focus()
        await pilot.press(*"tamsin")
        await until(pilot, lambda: "Ada Senco" not in screen_text(pilot.app.screen))
        await pilot.press("enter", "enter")
        await on_screen(pilot, "OpenCase")
        await pilot.press("5")
        await wait_for_text(pilot, "Why they have access: put on their list by the Local Authority")
    assert ok(tamsin.get(f"/v1/people/{case.person.id}")).status_code == 200


async def test_child_is_corrected_and_what_somebody_else_saved_is_shown(
    portal: AppFactory, me: Someone, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("5")
        await wait_for_text(pilot, "Correct the child's details")
        assert "The child has no UPN or NHS number here." in screen_text(pilot.app.screen)
        await choose(pilot, "#do-details")
        await on_screen(pilot, "CorrectDetails")
        moved = case.person.model_copy(update={"school": "Oakham Road School"})
        path = f"/v1/people/{case.person.id}"
        ok(me.put(path, json=moved.model_dump(mode="json"), headers=if_match(1)))
        await fill(pilot, born="14/03/1998")
        await pilot.press("tab")
        await wait_for_text(pilot, "! This person is 25 or older")
        await fill(pilot, first_name="Ivor", born="30/02/2018", nhs_number="999 100 1019")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "reason") == "Enter the reason.")
        assert error_at(pilot, "born")
        assert "can't be right" in error_at(pilot, "nhs_number")
        await fill(pilot, nhs_number="999 100 1018", gender="other", born="14/03/2018")
        await fill(pilot, upn="A123456789012")
        set_text(pilot, "reason", "A slip.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "School: Oakham Road School")
        assert "Send it again to save only what you changed, or" in dialog_text(pilot)
        field = pilot.app.screen.query_one("#field-school", Field)
        await until(pilot, lambda: field.value == "Oakham Road School")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "Ivor Larkspur-Dunne")
        await wait_for_text(pilot, "The child: UPN A123456789012 · NHS number 9991001018")
        person = cases.read_case(officer, case.id).person
        assert person.school == "Oakham Road School"
        assert (person.gender, person.nhs_number) == ("other", "9991001018")
        await pilot.press("7")
        await wait_for_text(pilot, "Person corrected · Ada Priya · First name was Ivo.")


async def test_audit_section_shows_actions_and_actors(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("7")
        await wait_for_text(pilot, "02/03/2026 10:42  Case read · Ada Priya")


async def test_earlier_cases_are_linked(
    portal: AppFactory, officer: Someone, me: Someone, case: CaseOut
) -> None:
    cases.add_event(officer, case, EventKind.REFUSED_TO_ASSESS, "The needs are met.")
    new_case = cases.submit_another_request(me, officer, case.person.id)
    assert new_case != case.id
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{new_case}", CASE_TEXT)
        await pilot.press("6")
        await wait_for_text(pilot, "Other cases of this child")
        await choose(pilot, f"#case-{case.id}")
        await until(pilot, lambda: f"{case.id}" in str(vars(pilot.app.screen).values()))


async def test_withdrawn_form_can_only_be_read(
    portal: AppFactory, officer: Someone, me: Someone, case: CaseOut
) -> None:
    [form] = case.forms
    ok(me.post(f"/v1/submissions/{form.submission}/withdraw"))
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("2")
        await wait_for_text(pilot, "– Withdrawn")
        links = [link.text for link in pilot.app.screen.query("Pane Link").results(Link)]
        assert links == ["View details"]


async def test_section_opened_early_is_filled_once_the_case_loads(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    app = portal(officer)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        released = asyncio.Event()

        async def hold_request(_: object) -> None:
            await released.wait()

        app.client._http.event_hooks["request"].append(hold_request)
        app.navigation.open_place(read_place(f"cases/{case.id}"))
        await on_screen(pilot, "OpenCase")
        await pilot.press("2")
        released.set()
        await wait_for_text(pilot, "View details")
        assert app.screen.query_one(Sections).open_index == 1


async def test_history_shows_the_events_before_the_settings_arrive(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    app = portal(officer)
    transport = HangingTransport(app, "history")
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("2")
        await wait_for_text(pilot, "View details")
        await pilot.press("6", "tab", "enter")
        await on_screen(pilot, "Correct")
        assert transport.is_holding
        await pilot.press("escape")
        await on_screen(pilot, "OpenCase")
        transport.released.set()


async def test_audit_log_loads_further_pages(
    portal: AppFactory, officer: Someone, case: CaseOut, services: Services
) -> None:
    with services.transaction() as tx:
        for _ in range(AUDIT_LIMIT):
            record(tx, Action.CASE_READ, account=officer.id, person=case.person.id)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await pilot.press("7")
        await wait_for_text(pilot, "Trail read")
        assert "Person added" not in screen_text(pilot.app.screen)
        await pilot.press("tab")
        await pilot.press("end")
        await until(pilot, lambda: len(pilot.app.screen.query("Pane Static")) == 2)
        await pilot.press("end")
        await wait_for_text(pilot, "Person added")


async def test_what_is_due_is_whole_in_80_and_60_columns(
    portal: AppFactory, me: Someone, officer: Someone, services: Services
) -> None:
    child = add_child(me, last_name="Featherstonehaugh", first_name="Maximilian")
    opening = {"kind": "plan_transferred_in", "on": "2026-03-02", "day": "2026-01-12"}
    body = {"id": str(uuid4()), **opening, "reason": "Rutland"}
    case = ok(officer.post(f"/v1/desk/people/{child}/cases", json=body)).json()["id"]
    due = "Notice of the transfer to the family due 13/04/2026 · 42 days left"
    async with portal(officer).run_test(size=(120, 24)) as pilot:
        await go_to(pilot, f"cases/{case}", CASE_TEXT)
        for width in (120, 80, 60):
            await pilot.resize_terminal(width, 24)
            await wait_until_idle(pilot)
            words = " ".join(screen_text(pilot.app.screen).split())
            assert due in words, width
            assert "Plan issued · nobody has it yet" in words, width
