"""Entering a family's request received on paper."""

from datetime import date

from textual.widgets import TextArea

from shared.cases.states import CaseState
from tests.parts import Factory, Someone
from tests.server.steps import add_child, ok
from tests.tui.accounts.filling import error_at, fill
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import go_to, on_screen, screen_text, until
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
        pilot.app.screen.query_one("Finder Input").focus()
        await pilot.press(*"ivo")
        await until(pilot, lambda: "Ivo Larkspur-Dunne" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        needs = pilot.app.screen.query_one("#field-needs", Field).control
        assert isinstance(needs, TextArea)
        needs.text = "Noise and crowds are too much."
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
