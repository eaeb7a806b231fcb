"""Where the focus goes on the page of a case, and keys typed ahead."""

import pytest

from shared.desk import CaseOut
from tests.parts import TODAY, Someone
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.steps import (
    burst,
    go_to,
    on_screen,
    wait_for_text,
    wait_until_idle,
)
from tui.desk.case_parts import ActionLink
from tui.widgets.header import Link

CASE_TEXT = "What may be done now"


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)


async def test_focus_moves_to_the_nearest_harmless_link_once_an_action_is_gone(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "nobody has it yet")
        await choose(pilot, "#do-take")
        await wait_for_text(pilot, "you have it")
        await wait_for_text(pilot, "▸ Notes and tasks")
        await choose(pilot, "#do-event-request_accepted")
        await on_screen(pilot, "AddEvent")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Deciding whether")
        await wait_for_text(pilot, "▸ ! Match the new child first")


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
        burst(pilot, ["enter", "enter", "up", "up", "enter"])
        await wait_for_text(pilot, "▸ Record the family's views")
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
