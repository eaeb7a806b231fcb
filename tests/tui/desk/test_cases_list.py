"""The table of cases."""

from datetime import timedelta

import pytest
from textual.widgets import Input

from server.cases.service import open_case
from server.core.database import Services
from tests.parts import TODAY, Factory, Someone
from tests.server.steps import add_child, ok
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import go_to, on_screen, screen_text, until


async def test_case_rows_show_deadline_and_officer(
    portal: AppFactory, someone: Factory, services: Services, officer: Someone
) -> None:
    me = someone()
    late = cases.add_case(me, officer, last_name="Featherwren")
    ok(officer.post(f"/v1/desk/people/{late.person.id}/match", json={}))
    ok(officer.put(f"/v1/desk/cases/{late.id}/officer"))
    cases.backdate(services, late, 50)
    cases.add_case(me, officer, last_name="Ng", first_name="Zoë")
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "cases", "2 records found")
        lines = screen_text(pilot.app.screen).splitlines()
        [first] = [line for line in lines if "Featherwren" in line]
        [second] = [line for line in lines if "Ng, Zoë" in line]
        assert lines.index(first) < lines.index(second)
        assert "Request" in first
        assert "22/02/2026 · 8 days late" in first
        assert "Ada Priya" in first
        assert "13/04/2026 · 42 days left" in second
        assert "! new child" in second


@pytest.mark.parametrize("width", [80, 60])
async def test_days_and_names_are_not_truncated(
    portal: AppFactory, someone: Factory, services: Services, officer: Someone, width: int
) -> None:
    case = cases.add_case(someone(), officer, last_name="Featherwren")
    cases.backdate(services, case, 13_479)
    async with portal(officer).run_test(size=(width, 20)) as pilot:
        await go_to(pilot, "cases", "1 record found")
        [row] = [line for line in screen_text(pilot.app.screen).splitlines() if "Feather" in line]
        assert " days late" in row
        assert "Featherwren" in row


async def test_filter_and_views_narrow_the_cases(
    portal: AppFactory, someone: Factory, officer: Someone
) -> None:
    me = someone()
    mine = cases.add_case(me, officer, last_name="Featherwren")
    ok(officer.put(f"/v1/desk/cases/{mine.id}/officer"))
    cases.add_case(me, officer, last_name="Quill", first_name="Zoë")
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "cases", "2 records found")
        await pilot.press("slash", *"zoe")
        await until(pilot, lambda: "1 of 2 found" in screen_text(pilot.app.screen))
        assert "Featherwren" not in screen_text(pilot.app.screen)
        await pilot.press("escape", "slash", *"wren")  # replaces the old text
        await until(pilot, lambda: pilot.app.screen.query_one("#filter", Input).value == "wren")
        await pilot.press(*["backspace"] * 4, "escape", "shift+tab", "enter")
        assert "│Late or due soon  │" in screen_text(pilot.app.screen)  # over the table
        await pilot.press("down", "enter")
        await until(pilot, lambda: "1 record found" in screen_text(pilot.app.screen))
        assert "View: ▌ Mine" in screen_text(pilot.app.screen)
        assert "Featherwren" in screen_text(pilot.app.screen)
        await pilot.press("enter", "down", "down", "enter")
        await until(pilot, lambda: "Nothing is late." in screen_text(pilot.app.screen))


async def test_enter_opens_a_case_and_returning_reloads_the_table(
    portal: AppFactory, someone: Factory, officer: Someone
) -> None:
    case = cases.add_case(someone(), officer)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "cases", "1 record found")
        await pilot.press("enter")
        await on_screen(pilot, "OpenCase")
        await until(pilot, lambda: "What may be done now" in screen_text(pilot.app.screen))
        ok(officer.put(f"/v1/desk/cases/{case.id}/officer"))
        ok(officer.post(f"/v1/desk/people/{case.person.id}/match", json={}))
        await pilot.press("escape")
        await on_screen(pilot, "Cases")
        await until(pilot, lambda: "Ada Priya" in screen_text(pilot.app.screen))


async def test_officer_opens_cases_from_home(portal: AppFactory, officer: Someone) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await pilot.press("enter")
        await on_screen(pilot, "Cases")
        await until(pilot, lambda: "There is no open case." in screen_text(pilot.app.screen))


async def test_long_table_scrolls_from_end_to_end(
    portal: AppFactory, someone: Factory, services: Services, officer: Someone
) -> None:
    me = someone()
    for number in range(130):
        child = add_child(me, last_name=f"N{number:03}", first_name=f"F{number}")
        with services.transaction() as tx:
            open_case(tx, child, me.id, TODAY.date() - timedelta(days=200 - number))
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "cases", "130 records found")
        assert "N000" in screen_text(pilot.app.screen)
        await pilot.press("end")
        await until(pilot, lambda: "N129" in screen_text(pilot.app.screen))
        for _ in range(14):
            await pilot.press("pageup")
            await pilot.pause(0.05)
        await until(pilot, lambda: "N000" in screen_text(pilot.app.screen))


async def test_wide_terminal_shows_more_of_the_current_case(
    portal: AppFactory, someone: Factory, services: Services, officer: Someone
) -> None:
    me = someone()
    late = cases.add_case(me, officer, last_name="Featherwren")
    cases.backdate(services, late, 50)
    cases.add_case(me, officer, last_name="Ng", first_name="Zoë")
    async with portal(officer).run_test(size=(120, 40)) as pilot:
        await go_to(pilot, "cases", "Request received")
        for words in ("Wren Hollow", "14/03/2018", "7 since the request"):
            assert words in screen_text(pilot.app.screen)
        await pilot.press("down")
        await until(pilot, lambda: screen_text(pilot.app.screen).count("Ng, Zoë") == 2)
        await pilot.press("slash", *"nobody")
        await until(pilot, lambda: "Wren Hollow" not in screen_text(pilot.app.screen))


async def test_message_of_an_empty_list_is_not_cut(portal: AppFactory, officer: Someone) -> None:
    async with portal(officer).run_test(size=(60, 20)) as pilot:
        await go_to(pilot, "cases", "0 records found")
        await until(
            pilot,
            lambda: (
                "There is no open case. Press p to enter a request that came on paper."
                in " ".join(screen_text(pilot.app.screen).split())
            ),
        )
