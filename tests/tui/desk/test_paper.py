"""Entering a family's request received on paper."""

from datetime import date
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input, OptionList, TextArea

from server.core.database import Services
from server.documents.tables import Document
from shared.cases.states import CaseState
from tests.parts import Factory, Someone
from tests.pdfs import PDF
from tests.server.steps import add_child, ok, rows
from tests.tui.accounts.filling import choose, error_at, fill
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import (
    dialog_text,
    go_to,
    on_screen,
    screen_text,
    text_of,
    until,
    wait_for_text,
)
from tui.documents.upload_row import UploadRow
from tui.widgets.field import Field


async def test_paper_request_opens_a_case_on_its_received_date(
    portal: AppFactory, someone: Factory, officer: Someone
) -> None:
    child = add_child(someone())
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, "cases", "0 records found")
        await pilot.press("p")
        await on_screen(pilot, "EnterRequest")
        await until(
            pilot, lambda: "What the child finds difficult" in screen_text(pilot.app.screen)
        )
        await fill(pilot, received_on="2/3/2031")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))
        assert "Choose the child" in error_at(pilot, "person")
        assert "Say who asked" in error_at(pilot, "asked_by")
        pilot.app.screen.query_one("#field-asked_by", Field).focus_control()
        await pilot.press(*"The mother, by letter", "tab")
        await until(pilot, lambda: error_at(pilot, "asked_by") == "")
        pilot.app.screen.query_one("Finder Input").focus()
        await pilot.press(*"ivo")
        await until(pilot, lambda: "Ivo Larkspur-Dunne" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await until(pilot, lambda: error_at(pilot, "person") == "")
        assert "There is a problem" not in screen_text(pilot.app.screen)
        needs = pilot.app.screen.query_one("#field-needs", Field).control
        assert isinstance(needs, TextArea)
        needs.text = "Noise and crowds are too much."
        limit = 30_000
        left = f"{limit - len(needs.text)} remaining"
        await until(pilot, lambda: left in text_of(pilot, "#field-needs CharacterCount"))
        assert "word" not in text_of(pilot, "#field-needs CharacterCount")  # not counted yet
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "today or in the past" in error_at(pilot, "received_on"))
        assert needs.text == "Noise and crowds are too much."
        await fill(pilot, received_on="20/2/2026")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await until(pilot, lambda: "Decision due" in screen_text(pilot.app.screen))
    [row] = ok(officer.get("/v1/desk/cases")).json()["rows"]
    assert row["person"] == str(child)
    case = cases.read_case(officer, row["id"])
    assert (case.received_on, case.state) == (date(2026, 2, 20), CaseState.SUBMITTED)
    assert case.forms[0].form == "parent-request"
    assert case.events[0].reason == "Requested by the mother, by letter."
    assert case.new


async def test_paper_request_of_child_who_is_not_found_adds_the_child(
    portal: AppFactory, someone: Factory, officer: Someone
) -> None:
    add_child(someone())
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, "cases/new", "What the child finds difficult")
        await pilot.press(*"ada")
        await wait_for_text(pilot, "Nobody is found by these words. F5 adds a new child.")
        await pilot.press("f5")
        await on_screen(pilot, "AddChild")
        await fill(pilot, first_name="Ivo", last_name="Larkspur-Dunne", born="14/3/2018")
        await fill(pilot, gender="not_said")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Enter the address" in error_at(pilot, "address"))
        await fill(pilot, address="1 Osier Way", postcode="LE1 1FZ", school="Elm School")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        assert "Ivo Larkspur-Dunne · born 14/03/2018 · Wren Hollow" in dialog_text(pilot)
        await pilot.press("enter")  # goes back
        await on_screen(pilot, "AddChild")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        await choose(pilot, "#known-1")
        await on_screen(pilot, "EnterRequest")
        await wait_for_text(pilot, "● Ivo Larkspur-Dunne · born 14/03/2018 · Wren Hollow")
        options = pilot.app.screen.query_one(OptionList)
        assert not options.display
        pilot.app.screen.query_one("Finder Input").focus()
        await pilot.press("enter")  # shows the list again, and chooses nobody
        await until(pilot, lambda: options.display)
        await pilot.press("f5")
        await on_screen(pilot, "AddChild")
        await fill(pilot, first_name="Ada", last_name="Teasel", born="14/3/2018")
        await fill(pilot, address="1 Osier Way", postcode="LE1 1FZ", school="Elm School")
        await fill(pilot, gender="female", parent_name="Bo Teasel", parent_phone="0116 496 0101")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "EnterRequest")
        await wait_for_text(pilot, "● Ada Teasel · born 14/03/2018 · Elm School")
        received_on = pilot.app.screen.query_one("#field-received_on", Field).control
        await until(pilot, lambda: pilot.app.focused is received_on)
        await fill(pilot, received_on="20/2/2026", asked_by="The mother, by letter")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
    [row] = ok(officer.get("/v1/desk/cases")).json()["rows"]
    assert row["name"] == "Teasel, Ada"
    stored = cases.read_case(officer, row["id"])
    assert (stored.new, stored.person.gender) == (False, "female")
    assert stored.parents[0].lines == ["Bo Teasel", "0116 496 0101"]


async def choose_child(pilot: Pilot[None], name: str) -> None:
    """Choose a child at the search of the page."""
    pilot.app.screen.query_one("Finder Input", Input).value = name
    await wait_for_text(pilot, f"{name} Larkspur-Dunne · born")
    pilot.app.screen.query_one("Finder Input").focus()
    await pilot.press("enter")
    await wait_for_text(pilot, f"● {name} Larkspur-Dunne")


async def test_paper_request_takes_the_scan_of_its_letter(
    portal: AppFactory, someone: Factory, officer: Someone, tmp_path: Path
) -> None:
    me = someone()
    add_child(me)
    add_child(me, first_name="Nell")
    file = tmp_path / "scan.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, "cases/new", "What the child finds difficult")
        assert "can be added here once the child is chosen" in screen_text(pilot.app.screen)
        for name in ("Nell", "Ivo"):
            await choose_child(pilot, name)
            await until(
                pilot, lambda: pilot.app.screen.query_one(UploadRow).chosen_file is None
            )  # a file is about one child
            row = pilot.app.screen.query_one(UploadRow)
            row.choose(file)
        await fill(pilot, received_on="20/2/2026", asked_by="The mother, by letter")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Press Upload" in error_at(pilot, "document"))
        row.start_upload()
        await until(pilot, lambda: row.document is not None)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await pilot.press("4")
        await wait_for_text(pilot, "scan.pdf · for officers only")
        assert "Request received, " not in screen_text(pilot.app.screen)  # a day to correct


async def test_scan_of_a_letter_does_not_stay_with_a_child_chosen_before(
    portal: AppFactory, someone: Factory, officer: Someone, services: Services, tmp_path: Path
) -> None:
    me = someone()
    add_child(me)
    add_child(me, first_name="Nell")
    file = tmp_path / "scan.pdf"
    file.write_bytes(PDF)
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, "cases/new", "What the child finds difficult")
        await choose_child(pilot, "Nell")
        row = pilot.app.screen.query_one(UploadRow)
        row.choose(file)
        row.start_upload()
        await until(pilot, lambda: row.document is not None)
        await choose_child(pilot, "Ivo")
        await until(pilot, lambda: not rows(services, Document))
        notices = [notice.message for notice in pilot.app._notifications]
        assert any("Choose it again" in message for message in notices)


async def test_paper_request_of_child_with_open_case_asks_first(
    portal: AppFactory, someone: Factory, officer: Someone
) -> None:
    me = someone()
    case = cases.add_case(me, officer)
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, "cases", "1 record found")
        await pilot.press("p")
        await on_screen(pilot, "EnterRequest")
        pilot.app.screen.query_one("Finder Input").focus()
        await pilot.press(*"ivo")
        await until(pilot, lambda: "Ivo Larkspur-Dunne" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await fill(pilot, received_on="2/3/2026", asked_by="The mother, by phone")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        await until(pilot, lambda: "has an open case" in screen_text(pilot.app.screen))
        await pilot.press("tab", "enter")
        await on_screen(pilot, "OpenCase")
    assert len(cases.read_case(officer, case.id).forms) == 2


async def test_plan_taken_over_opens_a_case_with_a_plan_in_force(
    portal: AppFactory, someone: Factory, officer: Someone
) -> None:
    child = add_child(someone())
    ok(officer.post(f"/v1/desk/people/{child}/match", json={}))
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, "cases", "0 records found")
        await pilot.press("p")
        await on_screen(pilot, "EnterRequest")
        await choose(pilot, "EnterRequest #body Link")
        await on_screen(pilot, "OpenCaseWithoutRequest")
        await pilot.press(*"ivo")
        await until(pilot, lambda: "Ivo Larkspur-Dunne" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await fill(
            pilot,
            kind="plan_transferred_in",
            on="20/2/2026",
            day="15/9/2025",
            reason="Nottingham City",
        )
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await until(pilot, lambda: "Notice of the transfer" in screen_text(pilot.app.screen))
    [row] = ok(officer.get("/v1/desk/cases")).json()["rows"]
    assert (row["person"], row["state"]) == (str(child), "final_plan")
