"""Long pages can be read to their end with the keys that scroll."""

import pytest
from textual.containers import VerticalScroll

from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import required_answers, save, start, submit
from tests.tui.steps import go_to, screen_text, until


@pytest.mark.parametrize("key", ["pagedown", "down"])
@pytest.mark.parametrize("place", ["summary", "versions"])
async def test_scrolling_reaches_the_end_though_the_focus_stays_at_the_top(
    portal: AppFactory, me: Someone, place: str, key: str
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    if place == "versions":
        submit(me, submission)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        if place == "versions":
            await go_to(pilot, f"forms/{submission}/versions", "Version 1")
        else:
            await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
            await pilot.press("f2", "8")
            await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        body = pilot.app.screen.query_one("#body", VerticalScroll)
        focused = pilot.app.focused
        assert body.max_scroll_y > 2 * body.size.height
        while body.scroll_y < body.max_scroll_y:
            before = body.scroll_y
            await pilot.press(key)
            await until(pilot, lambda before=before: body.scroll_y > before)  # type: ignore[misc] # mypy can't infer the default
        assert pilot.app.focused is focused
