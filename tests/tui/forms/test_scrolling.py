"""Long pages can be read to their end with the keys that scroll."""

import pytest
from textual.containers import VerticalScroll
from textual.events import MouseScrollDown
from textual.widgets import Input

from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import required_answers, save, start, submit
from tests.tui.steps import go_to, screen_text, until, wait_until_idle
from tui.widgets.key_order import is_in_view


@pytest.mark.parametrize("place", ["summary", "versions"])
async def test_scrolling_reaches_the_end_though_the_focus_stays_at_the_top(
    portal: AppFactory, me: Someone, place: str
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
        for key, start_line in (("pagedown", 0), ("down", body.max_scroll_y - 4)):
            body.scroll_to(y=start_line, animate=False)
            await until(pilot, lambda: body.scroll_y == start_line)  # noqa: B023  # awaited here
            while body.scroll_y < body.max_scroll_y:
                before = body.scroll_y
                await pilot.press(key)
                await until(pilot, lambda before=before: body.scroll_y > before)  # type: ignore[misc] # mypy can't infer the default
            assert pilot.app.focused is focused


async def test_wheel_scrolls_to_the_end_though_the_focus_stays_at_the_top(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    long_texts = dict.fromkeys(["communication", "cognition"], "He waits for a face. " * 60)
    save(me, submission, **required_answers(me), **long_texts)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        await wait_until_idle(pilot)
        body = pilot.app.screen.query_one("#body", VerticalScroll)
        focused = pilot.app.focused
        while body.scroll_y < body.max_scroll_y:
            before = body.scroll_y
            wheel = MouseScrollDown(body, 5, 10, 0, 1, 0, False, False, False, 5, 10)
            pilot.app.post_message(wheel)
            await wait_until_idle(pilot)
            assert body.scroll_y > before
        assert pilot.app.focused is focused


@pytest.mark.parametrize(
    ("key", "tab"), [("end", "tab"), ("pagedown", "tab"), ("end", "shift+tab")]
)
async def test_tab_goes_on_from_what_is_in_view_after_scrolling(
    portal: AppFactory, me: Someone, key: str, tab: str
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        body = pilot.app.screen.query_one("#body", VerticalScroll)
        await pilot.press(key)
        await until(pilot, lambda: body.scroll_y > 0)
        await wait_until_idle(pilot)
        in_view = [widget for widget in pilot.app.screen.focus_chain if is_in_view(widget)]
        in_body = [widget for widget in in_view if body in widget.ancestors]
        before = body.scroll_y
        await pilot.press(tab)
        await wait_until_idle(pilot)
        assert pilot.app.focused is in_body[0 if tab == "tab" else -1]
        assert body.scroll_y == before


async def test_tab_at_the_end_of_a_text_without_links_leaves_the_text(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    submit(me, submission)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}/versions", "Version 1")
        body = pilot.app.screen.query_one("#body", VerticalScroll)
        await pilot.press("end")
        await until(pilot, lambda: body.scroll_y == body.max_scroll_y)
        await wait_until_idle(pilot)
        await pilot.press("tab")
        assert pilot.app.focused is pilot.app.screen.focus_chain[0]
        assert body.scroll_y == body.max_scroll_y


async def test_page_scrolls_on_while_the_focus_is_in_a_text(
    portal: AppFactory, me: Someone
) -> None:
    async with portal(me).run_test(size=(60, 20)) as pilot:
        await go_to(pilot, "people/new", "First name")
        screen = pilot.app.screen
        body = screen.query_one("#body", VerticalScroll)
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        assert body.max_scroll_y > body.size.height
        for _ in range(3):
            await pilot.press("pagedown")
            await wait_until_idle(pilot)
        assert body.scroll_y == body.max_scroll_y
        await pilot.press("tab")
        assert pilot.app.focused is not None
        assert is_in_view(pilot.app.focused)
        assert body.scroll_y == body.max_scroll_y
