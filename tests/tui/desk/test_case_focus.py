"""Where the focus goes on the page of a case, and keys typed ahead."""

import pytest

from shared.cases.events import EventKind
from shared.desk import CaseOut
from tests.parts import TODAY, Someone
from tests.server.casework.steps import add_task
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import (
    burst,
    go_to,
    on_screen,
    screen_text,
    until,
    wait_for_text,
    wait_until_idle,
)
from tui.desk.case_parts import ActionLink
from tui.desk.pane import Pane
from tui.widgets.header import Link
from tui.widgets.long_list import MAX_MOUNTED, LongList
from tui.widgets.sections import Sections

CASE_TEXT = "What may be done now"


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)


async def test_focus_moves_to_the_sections_once_an_action_is_gone(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "nobody has it yet")
        await choose(pilot, "#do-take")
        await wait_for_text(pilot, "you have it")
        await until(pilot, lambda: isinstance(pilot.app.focused, Sections))
        await choose(pilot, "#do-event-request_accepted")
        await on_screen(pilot, "AddEvent")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Deciding whether")
        await until(pilot, lambda: isinstance(pilot.app.focused, Sections))


async def test_focus_stays_on_the_action_after_its_dialog(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "nobody has it yet")
        await choose(pilot, "#do-assign")
        await on_screen(pilot, "Pick")
        await wait_for_text(pilot, "Ada Priya, you")
        await pilot.press("enter")
        await wait_for_text(pilot, "you have it")
        await wait_for_text(pilot, "▸ Assign the case to an officer")


async def test_keys_typed_ahead_press_no_action_that_was_not_shown(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "nobody has it yet")
        link = pilot.app.screen.query_one("#do-take", Link)
        link.focus()
        await wait_until_idle(pilot)
        burst(pilot, ["enter", "enter", "down", "down", "enter"])
        await wait_for_text(pilot, "▸ ! Match the new child first")
        await wait_until_idle(pilot)
        notices = [notice.message for notice in pilot.app._notifications]
        assert ActionLink.NOT_PRESSED in notices
        assert type(pilot.app.screen).__name__ == "OpenCase"


async def test_up_and_down_move_between_links(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        for key, expected_id in (
            ("down", "letter-due"),
            ("down", "do-match"),
            ("down", "do-event-request_accepted"),
            ("up", "do-match"),
        ):
            await pilot.press(key)
            assert pilot.app.focused is not None
            assert pilot.app.focused.id == expected_id


def plan_issued(officer: Someone, case: CaseOut) -> CaseOut:
    """Issue a plan with tasks left, so that its page and its history scroll."""
    for _ in range(8):
        cases.add_event(
            officer, case, EventKind.REPRESENTATIONS_RECORDED, "She wants to paint. " * 12
        )
    cases.issue_plan(officer, case)
    for number in range(6):
        add_task(officer, f"Ring the school {number}", "2026-03-09", case.id)
    return case


async def test_down_goes_into_a_section_opened_after_another_was_scrolled(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    plan_issued(officer, case)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        pane = pilot.app.screen.query_one(Pane)
        assert len(pane.query_one(LongList)._items) > MAX_MOUNTED
        await pilot.press("6")
        await wait_until_idle(pilot)
        for _ in range(60):
            await pilot.press("down")
        assert pane.scroll_y > 40
        pane.query("Link.do").last(Link).focus()
        await wait_until_idle(pilot)
        await pilot.press("enter")
        await on_screen(pilot, "Correct")
        await pilot.press("escape")
        await wait_until_idle(pilot)
        burst(pilot, ["1", "down"])
        await until(pilot, lambda: isinstance(pilot.app.focused, Link))
        await wait_until_idle(pilot)
        assert pilot.app.focused is pane.query(Link).first()
        assert pane.scroll_y == 0


async def test_enter_typed_ahead_acts_on_a_link_of_the_section_that_was_opened(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        for keys in (["1", "down", "down", "down", "enter"], ["2", "down", "right", "enter"]):
            burst(pilot, keys)
            await on_screen(pilot, "AddEvent" if keys[0] == "1" else "Accept")
            await pilot.press("escape")
            await wait_until_idle(pilot)
        burst(pilot, ["1", *["down"] * 12, "enter"])
        await on_screen(pilot, "Allocate")
        assert not pilot.app._notifications


async def test_keys_typed_after_a_refused_action_are_dropped(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "nobody has it yet")
        pilot.app.screen.query_one("#do-take", Link).focus()
        await wait_until_idle(pilot)
        burst(pilot, ["enter", "down", "down", "enter", *"2/3/2026", "enter"])
        refused = ActionLink.NOT_PRESSED
        await until(pilot, lambda: refused in [row.message for row in pilot.app._notifications])
        await wait_until_idle(pilot)
        assert type(pilot.app.screen).__name__ == "OpenCase"
        assert CASE_TEXT in screen_text(pilot.app.screen)


async def test_focus_stays_at_the_sections_once_a_step_was_recorded(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    add_task(officer, "Ring the school", "2026-03-09", case.id)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        await choose(pilot, "#do-event-request_accepted")
        await on_screen(pilot, "AddEvent")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Deciding whether")
        await wait_until_idle(pilot)
        assert isinstance(pilot.app.focused, Sections)
        assert pilot.app.screen.query_one(Pane).scroll_y == 0


async def test_page_keys_scroll_a_section_from_its_number(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    plan_issued(officer, case)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        pane = pilot.app.screen.query_one(Pane)
        await pilot.press("1", "pagedown")
        await wait_until_idle(pilot)
        assert isinstance(pilot.app.focused, Sections)
        assert pane.scroll_y > 0
        top = pane.scroll_y
        await pilot.press("down")
        await wait_until_idle(pilot)
        assert isinstance(pilot.app.focused, Link)
        assert pane.scroll_y == top
        await pilot.press("1", "pageup")
        await wait_until_idle(pilot)
        assert pane.scroll_y == 0
