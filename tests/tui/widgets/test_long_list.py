"""The long list mounts only items near the view, and otherwise works like any list."""

from functools import partial

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.geometry import Size
from textual.layout import DockArrangeResult
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Button, Static

from tests.tui.steps import burst, screen_text, until, wait_until_idle
from tui.desk.pane import Pane
from tui.widgets.key_order import KeyOrder
from tui.widgets.long_list import LazyItem, LongList

COUNT = 400


def make_row(number: int) -> Widget:
    """Build a row with a button; its height varies with its number."""
    lines = "\n".join(f"Row {number} line {line}" for line in range(1 + number % 4))
    button = Button(f"Open {number}", id=f"open-{number}", compact=True)
    row = Horizontal(button, Static(lines))
    row.styles.height = "auto"
    return row


def make_items(count: int) -> list[LazyItem]:
    return [LazyItem(partial(make_row, number)) for number in range(count)]


class LongListApp(KeyOrder):
    """App with a long list between two buttons."""

    def on_mount(self) -> None:
        self.animation_level = "none"

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="body", can_focus=False):
            yield Button("Before", id="before")
            yield LongList(make_items(COUNT))
            yield Button("After", id="after")


class PaneApp(App[None]):
    """App with a long list in a pane."""

    def compose(self) -> ComposeResult:
        with Pane(can_focus=False):
            yield LongList(make_items(30))


def mounted_count(pilot: Pilot[None]) -> int:
    return len(pilot.app.query_one(LongList).query(Horizontal))


async def test_only_items_near_the_view_are_mounted() -> None:
    async with LongListApp().run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Row 3 line 0" in screen_text(pilot.app.screen))
        assert 0 < mounted_count(pilot) < 60
        pilot.app.query_one("#body").scroll_end(animate=False)
        await until(pilot, lambda: f"Row {COUNT - 1} line 0" in screen_text(pilot.app.screen))
        assert 0 < mounted_count(pilot) < 60
        pilot.app.query_one("#body").scroll_home(animate=False)
        await until(pilot, lambda: "Row 0 line 0" in screen_text(pilot.app.screen))
        assert 0 < mounted_count(pilot) < 60


async def test_short_list_that_grows_keeps_its_order() -> None:
    async with LongListApp().run_test(size=(80, 24)) as pilot:
        long_list, items = pilot.app.query_one(LongList), make_items(COUNT)
        await long_list.show(items[:3])
        await long_list.append(items[3:])
        await until(pilot, lambda: "Row 3 line 0" in screen_text(pilot.app.screen))
        await wait_until_idle(pilot)
        pilot.app.query_one("#before", Button).focus()
        for number in range(60):
            await pilot.press("tab")
            assert pilot.app.focused is not None
            assert pilot.app.focused.id == f"open-{number}"
        await long_list.show(items[:3])
        await long_list.show(items)
        tops = [row.virtual_region.y for row in long_list.query(Horizontal)]
        assert tops == sorted(tops)


@pytest.mark.parametrize("key", ["tab", "shift+tab"])
async def test_tab_reaches_every_item_in_order(key: str) -> None:
    async with LongListApp().run_test(size=(80, 24)) as pilot:
        forward = key == "tab"
        pilot.app.query_one("#before" if forward else "#after", Button).focus()
        numbers = range(80) if forward else range(COUNT - 1, COUNT - 81, -1)
        await until(pilot, lambda: f"Row {numbers[0]} line 0" in screen_text(pilot.app.screen))
        for number in numbers:
            await pilot.press(key)
            assert pilot.app.focused is not None
            assert pilot.app.focused.id == f"open-{number}"
            assert pilot.app.focused.is_attached
        await until(pilot, lambda: f"Row {numbers[-1]} line 0" in screen_text(pilot.app.screen))


async def test_burst_of_tabs_skips_no_item() -> None:
    async with LongListApp().run_test(size=(80, 24)) as pilot:
        pilot.app.query_one("#before", Button).focus()
        await until(pilot, lambda: "Row 3 line 0" in screen_text(pilot.app.screen))
        burst(pilot, ["tab"] * 100)
        await until(
            pilot,
            lambda: pilot.app.focused is not None and pilot.app.focused.id == "open-99",
        )


async def test_every_line_is_shown_while_scrolling_up_from_the_end() -> None:
    async with LongListApp().run_test(size=(80, 24)) as pilot:
        body = pilot.app.query_one("#body")
        body.scroll_end(animate=False)
        await until(pilot, lambda: f"Row {COUNT - 1} line 0" in screen_text(pilot.app.screen))
        seen = set[str]()
        while body.scroll_y > body.max_scroll_y - 160:
            await wait_until_idle(pilot)
            seen |= {
                line[line.find("Row") :].strip()
                for line in screen_text(pilot.app.screen).split("\n")
            }
            body.scroll_relative(y=-8, animate=False)
        expected = {f"Row {number} line 0" for number in range(COUNT - 60, COUNT)}
        assert expected <= seen


async def test_replaced_items_are_shown_immediately() -> None:
    async with LongListApp().run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Row 3 line 0" in screen_text(pilot.app.screen))
        await pilot.app.query_one(LongList).show(make_items(2))
        await until(pilot, lambda: "After" in screen_text(pilot.app.screen))
        assert mounted_count(pilot) == 2
        await pilot.app.query_one(LongList).show([])
        assert mounted_count(pilot) == 0


async def test_items_are_arranged_once_for_each_width() -> None:
    async with LongListApp().run_test(size=(80, 24)) as pilot:
        items = pilot.app.query_one(LongList)
        assert items.arrange(Size(70, 0)) is items.arrange(Size(70, 24))
        assert items.arrange(Size(70, 0)) is not items.arrange(Size(69, 0))


async def test_long_pane_tries_no_layout_without_its_scrollbar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    widths: set[int] = set()
    arrange = LongList.arrange

    def record_arrange(items: LongList, size: Size, optimal: bool = False) -> DockArrangeResult:
        widths.add(size.width)
        return arrange(items, size, optimal)

    monkeypatch.setattr(LongList, "arrange", record_arrange)
    async with PaneApp().run_test(size=(80, 24)) as pilot:
        await wait_until_idle(pilot)
        assert pilot.app.query_one(Pane).show_vertical_scrollbar
        assert widths == {79}
