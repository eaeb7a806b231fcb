"""The cursor of a long text: its position and visibility."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.events import MouseScrollDown, Paste
from textual.geometry import Offset
from textual.pilot import Pilot

from tests.journeys.terminal import ROWS, Terminal
from tests.tui.widgets.test_long_text import LongTextApp, settle
from tui.widgets.long_text import LongText

WHEEL_DOWN = "\x1b[<65;10;5M"
HEART, FAMILY, FLAG = "❤️", "👩\u200d👩\u200d👧", "🇬🇧"
CLUSTERS = [HEART, FAMILY, FLAG, "👍🏽", "1️⃣", "e\u0301", "한", "क्षि", "語"]


class CursorTerminal(Terminal):
    """Terminal in which cells that look like the cursor can be counted."""

    def wait_for_one_cursor(self) -> None:
        """Wait until exactly one cell looks like the cursor."""
        self._wait_until(lambda: len(self.cursor_cells()) == 1, "not exactly one cursor")

    def cursor_cells(self) -> list[tuple[int, int]]:
        """Return the rows and columns of cells that look like the cursor."""
        with self._updated:
            cells = self._screen.buffer
            text = [(y, x) for y in range(ROWS) for x in range(2, self._screen.columns - 2)]
            background = Counter(cells[y][x].bg for y, x in text).most_common(1)[0][0]
            return [(y, x) for y, x in text if cells[y][x].bg != background]


@pytest.fixture
def terminal() -> Iterator[CursorTerminal]:
    environment = {"SSH_CONNECTION": "no blinking", "TERM": "xterm-256color"}
    terminal = CursorTerminal(
        [sys.executable, "-m", "benchmarks.long_text", "900", "end"],
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[3],
    )
    yield terminal
    terminal.press("ctrl+q")
    terminal.close()


def test_resizing_leaves_no_ghost_cursor(terminal: CursorTerminal) -> None:
    terminal.wait_for_one_cursor()
    for columns in (60, 40, 70):
        terminal.resize(columns)
        terminal.wait_until_idle()
        for key in ("up", "left", "up"):
            terminal.press_and_wait(key)
            terminal.wait_for_one_cursor()


def test_typing_after_scrolling_inserts_at_the_cursor(terminal: CursorTerminal) -> None:
    terminal.wait_for_one_cursor()
    terminal.press("ctrl+home")
    terminal.wait_until_idle()
    for word in ("Zebra ", "Quokka "):
        for _ in range(4):
            terminal.type(WHEEL_DOWN)
        terminal.wait_until_idle()
        terminal.type(word)
        terminal.wait_for(word)
        terminal.wait_for_one_cursor()
    terminal.wait_for("Zebra Quokka ")


def is_cursor_in_view(area: LongText) -> bool:
    """Return whether the cursor is in view and the terminal's own cursor is on it."""
    x, y = area.wrapped_document.location_to_offset(area.cursor_location)
    y -= area.scroll_offset.y
    position = area.content_region.offset + Offset(x, y)
    return 0 <= y < area.size.height and area.app.cursor_position == position


@pytest.fixture
async def pilot() -> Iterator[Pilot[None]]:  # type: ignore[misc] # an async fixture
    async with LongTextApp().run_test(headless=False, size=(60, 14)) as pilot:
        pilot.app.query_one(LongText).cursor_blink = False
        pilot.app.query_one(LongText).focus()
        await settle(pilot)
        yield pilot


def find_area(pilot: Pilot[None]) -> LongText:
    return pilot.app.query_one(LongText)


async def test_cursor_is_in_view_after_every_new_line(pilot: Pilot[None]) -> None:
    for _ in range(14):
        await pilot.press("enter")
        await settle(pilot)
        assert is_cursor_in_view(find_area(pilot))


@pytest.mark.parametrize("width", [8, 15, 60])
async def test_cursor_is_in_view_after_a_resize(pilot: Pilot[None], width: int) -> None:
    area = find_area(pilot)
    area.insert("two words " * 30)
    await settle(pilot)
    area.styles.width = width
    await settle(pilot)
    assert is_cursor_in_view(area)
    area.styles.height = 3
    await settle(pilot)
    assert is_cursor_in_view(area)


async def test_terminal_cursor_follows_when_the_scrollbar_disappears(pilot: Pilot[None]) -> None:
    area = find_area(pilot)
    area.insert("seven " * 6 + "end" + "\n" * 8)
    area.move_cursor((0, 39))
    await settle(pilot)
    assert area.show_vertical_scrollbar
    area.delete((1, 0), (8, 0))
    await settle(pilot)
    assert not area.show_vertical_scrollbar
    assert is_cursor_in_view(area)


async def test_key_during_a_slow_scroll_brings_the_cursor_into_view(pilot: Pilot[None]) -> None:
    area = find_area(pilot)
    area.insert("two words " * 120)
    await settle(pilot)
    area.scroll_to(y=0, duration=0.2)
    await pilot.press("x")
    await settle(pilot)
    assert is_cursor_in_view(area)


async def test_shift_tab_brings_the_cursor_into_view(pilot: Pilot[None]) -> None:
    area = find_area(pilot)
    area.insert("two words " * 120)
    await pilot.press("tab")
    area.scroll_to(y=0, animate=False)
    await settle(pilot)
    await pilot.press("shift+tab")
    await settle(pilot)
    assert is_cursor_in_view(area)


async def test_click_after_scrolling_moves_the_cursor(pilot: Pilot[None]) -> None:
    area = find_area(pilot)
    area.insert("\n".join(f"line {number}" for number in range(30)))
    await pilot.press("tab")
    area.scroll_to(y=4, animate=False)
    await settle(pilot)
    await pilot.click(LongText, offset=(4, 2))
    await settle(pilot)
    assert (area.cursor_location, area.scroll_offset.y) == ((6, 2), 4)


async def test_terminal_cursor_stays_with_the_focused_widget(pilot: Pilot[None]) -> None:
    area = find_area(pilot)
    area.insert("two words " * 60)
    await pilot.press("tab")
    pilot.app.cursor_position = Offset(1, 1)
    area.insert("more ", (0, 0))
    area.scroll_to(y=0, animate=False)
    await settle(pilot)
    assert pilot.app.cursor_position == Offset(1, 1)


async def test_wide_text_wraps_to_the_next_row(pilot: Pilot[None]) -> None:
    area = find_area(pilot)
    area.insert(HEART * 40 + " word")
    await settle(pilot)
    text = "".join(area.render_line(y).text.rstrip() for y in range(area.size.height))
    assert text.replace(" ", "") == HEART * 40 + "word"
    assert all(area.render_line(y).cell_length <= area.size.width for y in range(8))
    assert area.wrapped_document.get_sections(0)[0] == HEART * (area.wrap_width // 2)


@pytest.mark.parametrize("cluster", CLUSTERS)
async def test_keys_move_and_delete_by_whole_clusters(pilot: Pilot[None], cluster: str) -> None:
    area, size = find_area(pilot), len(cluster)
    app = pilot.app
    app.post_message(Paste(f"{cluster}a{cluster} b"))
    await pilot.pause()
    columns = []
    for _ in range(5):
        await pilot.press("left")
        columns.append(area.cursor_location[1])
    assert columns == [2 * size + 2, 2 * size + 1, size + 1, size, 0]
    await pilot.press("right", "right", "delete")
    assert area.text == f"{cluster}a b"
    await pilot.press("left", "backspace")
    assert area.text == "a b"
    await pilot.press("ctrl+z", "ctrl+z")
    area.move_cursor((0, 1))
    assert area.cursor_location[1] == size


@pytest.mark.parametrize("cluster", CLUSTERS)
async def test_cursor_marks_the_whole_cluster(pilot: Pilot[None], cluster: str) -> None:
    area = find_area(pilot)
    area.insert(f"a{cluster}b")
    area.move_cursor((0, 1))
    cursor = area._theme.cursor_style
    assert cursor is not None
    marked = [
        text
        for text, style, _ in area.render_line(0)
        if style is not None and style.bgcolor == cursor.bgcolor
    ]
    assert marked == [cluster]


@pytest.mark.parametrize("key", ["end", "up", "down", "ctrl+left", "ctrl+right", "pageup"])
async def test_cursor_never_stops_inside_a_cluster(pilot: Pilot[None], key: str) -> None:
    area = find_area(pilot)
    area.insert("e\u0301" * 50 + FAMILY * 30 + "\n" + HEART * 5 + "a" + "\u0301" * 3 + "b\n" + FLAG)
    for row, line in enumerate(area.document.lines):
        for column in range(0, len(line), 7):
            area.move_cursor((row, column))
            await pilot.press(key)
            location = area.cursor_location
            assert area.clamp_visitable(location) == location
            cursor_row, cursor_column = location
            assert cursor_column == len(area.document[cursor_row]) or (
                area.wrapped_document.cluster_at(cursor_row, cursor_column)[0] == cursor_column
            )


async def test_tab_is_never_wider_than_a_row(pilot: Pilot[None]) -> None:
    area = find_area(pilot)
    area.styles.width = 8
    area.insert("a\tb\tc\n" + "\n" * 9)
    area.move_cursor((0, 4))
    await settle(pilot)
    assert is_cursor_in_view(area)
    rows = [area.render_line(y) for y in range(area.size.height)]
    assert {row.cell_length for row in rows} == {area.scrollable_content_region.width} == {4}
    assert [row.text.strip() for row in rows[:3]] == ["a", "b", "c"]


async def test_wheel_does_not_move_the_cursor(pilot: Pilot[None]) -> None:
    area = find_area(pilot)
    area.insert("\n" * 40)
    await settle(pilot)
    row, y = area.cursor_location[0], area.scroll_offset.y
    area.scroll_to(y=0, animate=False)
    area.post_message(MouseScrollDown(area, 1, 1, 0, 1, 0, False, False, False))
    await settle(pilot)
    assert area.cursor_location[0] == row
    assert 0 < area.scroll_offset.y < y
