"""Run operations on a long text in a model terminal and compare everything visible."""

import asyncio
from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual._styles_cache import StylesCache
from textual.app import App, ComposeResult
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Offset, Size
from textual.keys import _character_to_key
from textual.message_pump import MessagePump
from textual.widgets import Button, Static, TextArea

from tests.fuzz.grid import Grid
from tests.fuzz.model import Model, cursor_columns
from tests.fuzz.operations import COMPLEX_PIECES, Operation
from tui.widgets.long_text import LongText

SIZE = Size(30, 10)
IDLE_ROUNDS = 4
"""Event loop rounds without a message before the program counts as idle."""


class Difference(AssertionError):
    """The program differs from the model after an operation."""


class Driver(HeadlessDriver):
    """A driver that writes to a grid."""

    def __init__(self, *arguments: object, **keywords: object) -> None:
        super().__init__(*arguments, **keywords)  # type: ignore[arg-type] # forwarded unchanged
        self.grid = Grid(SIZE)

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.grid.feed(data)


class Program(App[None]):
    """App with a long text, a widget to cover it, a button to focus, and Textual's text area."""

    CSS = """
    Screen { layers: base above; overflow: hidden; }
    LongText { height: 1fr; }
    #title { height: 1; }
    #cover { layer: above; width: 7; height: 2; offset: 4 2; background: red; display: none; }
    TextArea#bare { display: none; }
    """
    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__(driver_class=Driver)
        self.animation_level = "none"

    def compose(self) -> ComposeResult:
        yield Static("title", id="title")
        yield LongText()
        yield Button("Leave", compact=True)
        yield Static("in between", id="cover")
        yield TextArea(id="bare")

    def on_mount(self) -> None:
        self.query_one(LongText).focus()


async def play(operations: Sequence[Operation]) -> None:
    """Run the operations in order; raises Difference or the program's own error."""
    app = Program()
    async with app.run_test(headless=False, size=(SIZE.width, SIZE.height)):
        player = Player(
            app, compare_bare=not any(_has_complex_pieces(argument) for _, argument in operations)
        )
        for operation in operations:
            await player.run(operation)
        player.undo_all()


def _has_complex_pieces(argument: object) -> bool:
    return any(piece in str(argument) for piece in COMPLEX_PIECES)


class Player:
    """Runs operations on the long text and compares it with the models."""

    def __init__(self, app: Program, compare_bare: bool) -> None:
        self.app = app
        self.area = app.query_one(LongText)
        self.bare = app.query_one(TextArea.__name__ + "#bare", TextArea) if compare_bare else None
        self.model = Model()
        self.scrolled_away = False
        self.initial_text = ""

    async def run(self, operation: Operation) -> None:
        """Run one operation, wait until the program is idle, and compare."""
        area, model = self.area, self.model
        had_focus, text, selection = area.has_focus, area.text, area.selection
        span = (self._to_offset(selection.start), self._to_offset(selection.end))
        view = (self.app.size, area.scroll_offset)
        await self._perform(operation)
        await wait_until_idle(self.app)
        area.blink_timer.pause()
        if had_focus or operation[0] == "load":
            self._compare_text(*model.expect(operation, span))
        elif operation[0] != "at once":
            check(area.text == text, "the text changed without the focus")
        model.text, model.clipboard = area.text, self.app.clipboard
        changed = (text, selection) != (area.text, area.selection)
        self._track_scrolling(operation, had_focus, changed, *view)
        await self._compare_bare(operation, selection.start, selection.end, had_focus)
        self._compare_selection()
        self._compare_rows()
        self._compare_cells()
        self._compare_cursor()

    def undo_all(self) -> None:
        """Undo and redo every edit, checking the text after each pass."""
        area, texts = self.area, []
        if len(area.history.undo_stack) == area.history.max_checkpoints:
            return
        for name, step in ("redo", area.redo), ("undo", area.undo), ("redo", area.redo):
            while getattr(area.history, f"{name}_stack"):
                step()
            texts.append(area.text)
        check(
            texts[1] == self.initial_text,
            f"undoing all gives {texts[1]!r}, not {self.initial_text!r}",
        )
        check(texts[0] == texts[2], f"redoing all gives {texts[2]!r}, not {texts[0]!r}")

    def _track_scrolling(
        self,
        operation: Operation,
        had_focus: bool,
        changed: bool,
        old_size: Size,
        old_scroll: Offset,
    ) -> None:
        """Track whether scrolling or losing focus allows the cursor to be out of view."""
        area = self.area
        mouse = any(kind in str(operation) for kind in ("wheel", "click", "drag"))
        scrolled_only = not changed and old_scroll != area.scroll_offset
        if not area.has_focus or (mouse and (scrolled_only or operation[0] == "at once")):
            self.scrolled_away = True
        elif changed or not had_focus or old_size != self.app.size:
            self.scrolled_away = False

    async def _perform(self, operation: Operation) -> None:
        match operation:
            case ("at once", ((str(first), first_argument), (str(second), second_argument))):
                # The second operation arrives before the first is drawn.
                await self._perform((first, first_argument))
                await self._perform((second, second_argument))
            case ("type", str(text)):
                self._type(text)
            case ("key", str(key)):
                self.app.post_message(events.Key(key, None))
            case ("paste", str(text)):
                self.app.post_message(events.Paste(text))
            case ("load", str(text)):
                if not self.area.length and not self.area.history.undo_stack:
                    self.initial_text = text
                self.area.load_text(text)
            case ("click", (int(x), int(y))):
                await self._send_mouse_events([events.MouseDown, events.MouseUp], [(x, y), (x, y)])
            case ("drag", (tuple(start), tuple(end))):
                down, move, up = events.MouseDown, events.MouseMove, events.MouseUp
                await self._send_mouse_events([down, move, up], [start, end, end])
            case ("wheel", int(rows)):
                wheel_event = events.MouseScrollDown if rows > 0 else events.MouseScrollUp
                await self._send_mouse_events([wheel_event], [(0, 0)])
            case ("resize", (int(width), int(height))):
                self._resize(Size(width, height))
            case ("blur", None):
                self.app.query_one(Button).focus()
            case ("focus", None):
                self.area.focus()
            case ("blink", None):
                self.area._toggle_cursor_blink_visible()
            case ("cover", None):
                cover = self.app.query_one("#cover")
                cover.display = not cover.display

    def _type(self, text: str) -> None:
        for character in text:
            key = "enter" if character == "\n" else _character_to_key(character)
            if character == "\t":
                # The Tab key moves the focus, so a tab character can only be pasted.
                self.app.post_message(events.Paste("\t"))
                continue
            self.app.post_message(events.Key(key, character))

    async def _send_mouse_events(
        self, kinds: Sequence[type[events.MouseEvent]], places: Sequence[tuple[int, int]]
    ) -> None:
        """Send mouse events at positions relative to the long text."""
        for kind, (x, y) in zip(kinds, places, strict=True):
            region = self.area.region
            if not region:
                return
            position = region.offset + Offset(min(x, region.width - 1), min(y, region.height - 1))
            self.app.mouse_position = position
            x, y = position
            event = kind(None, x, y, 0, 0, 1, False, False, False, x, y)
            self.app.screen._forward_event(event)
            await wait_until_idle(self.app)

    def _resize(self, size: Size) -> None:
        driver = self.app._driver
        assert isinstance(driver, Driver)
        driver._size = size
        driver.grid.resize(size)
        self.app.post_message(events.Resize(size, size))

    def _to_offset(self, location: tuple[int, int]) -> int:
        row, column = location
        return sum(len(line) + 1 for line in self.area.document.lines[:row]) + column

    def _compare_text(self, text: str | None, cursor: int | None) -> None:
        area = self.area
        if text is None:
            text = area.text
        check(area.text == text, f"the text is {area.text!r}, not {text!r}")
        check(area.length == len(text), "the length is wrong")
        offset = self._to_offset(area.cursor_location)
        check(cursor is None or offset == cursor, f"the cursor is at {offset}, not {cursor}")

    async def _compare_bare(
        self, operation: Operation, start: tuple[int, int], end: tuple[int, int], had_focus: bool
    ) -> None:
        """Make the same edit in Textual's own text area and compare."""
        if self.bare is None:
            return
        bare, actions = self.bare, {"enter": "", "ctrl+v": "paste", "ctrl+x": "cut"}
        actions |= {"backspace": "delete_left", "delete": "delete_right"}
        actions |= {"ctrl+w": "delete_word_left"}
        bare.selection = type(bare.selection)(start, end)
        edits = True
        match operation:
            case ("type" | "paste", str(text)) if had_focus:
                bare._replace_via_keyboard(text, start, end)
            case ("key", "enter") if had_focus:
                bare._replace_via_keyboard("\n", start, end)
            case ("key", str(key)) if had_focus and actions.get(key):
                await self.app.run_action(actions[key], bare)
            case _:
                edits = False
                if bare.text != self.area.text:
                    bare.load_text(self.area.text)
        await wait_until_idle(self.app)
        check(bare.text == self.area.text, f"Textual's text area has {bare.text!r}")
        check(not edits or bare.selection == self.area.selection, "the selection is elsewhere")

    def _compare_selection(self) -> None:
        for row, column in self.area.selection:
            line = self.area.document[row]
            check(
                column in cursor_columns(line), f"column {column} is inside a cluster of {line!r}"
            )

    def _compare_rows(self) -> None:
        """Check that every character is in a row and no row is wider than the field."""
        area, wrapped = self.area, self.area.wrapped_document
        for line_index, line in enumerate(area.document.lines):
            check("".join(wrapped.get_sections(line_index)) == line, "characters are in no row")
        for y in range(area.size.height):
            strip = area.render_line(y)
            check(cell_len(strip.text) == strip.cell_length, f"the width of row {y} is wrong")
            check(strip.cell_length <= area.size.width, f"row {y} is wider than the field")
            row = y + area.scroll_offset.y
            if row < wrapped.height:
                line_index, section = wrapped.line_at(row)
                start, end = wrapped.section(line_index, section)
                text = area._display_text(area.document[line_index], start, end)
                fits = not area.wrap_width or cell_len(text) <= max(4, area.wrap_width)
                check(fits, f"row {y} is too long")

    def _compare_cells(self) -> None:
        driver = self.app._driver
        assert isinstance(driver, Driver)
        redrawn = Grid(self.app.size)
        redrawn.feed(full_redraw(self.app, self.area))
        for y, (shown_row, redrawn_row) in enumerate(
            zip(driver.grid.rows, redrawn.rows, strict=True)
        ):
            for x, (cell, expected) in enumerate(zip(shown_row, redrawn_row, strict=True)):
                check(cell == expected, f"cell {x}, {y} shows {cell}, not {expected}")

    def _compare_cursor(self) -> None:
        area = self.area
        in_view = area.wrap_width and self.app.size.region.contains_region(area.content_region)
        if not (area.has_focus and in_view and area.size.height):
            return
        x, y = area.wrapped_document.location_to_offset(area.cursor_location)
        y -= area.scroll_offset.y
        position = area.content_region.offset + Offset(x, y)
        check(self.app.cursor_position == position, f"the terminal's cursor is not at {position}")
        if self.scrolled_away or area.wrap_width < 4:
            return
        check(0 <= y < area.size.height, f"the cursor is in row {y} of {area.size.height}")
        cursor_style = area._theme.cursor_style
        assert cursor_style is not None
        cells = 0
        for text, style, _ in area.render_line(y):
            if cells == x and style is not None:
                drawn = (style.bgcolor, style.color) == (cursor_style.bgcolor, cursor_style.color)
                check(drawn == area._draw_cursor, "the cursor is not drawn")
                return
            cells += cell_len(text)
        check(not area._draw_cursor, f"nothing begins at column {x} of row {y}")


def full_redraw(app: App[None], area: LongText) -> str:
    """Return the output of a full redraw, without touching the area's caches."""
    caches = area._styles_cache, area._painted
    area._styles_cache, area._painted = StylesCache(), {}
    try:
        return app.screen._compositor.render_full_update().render_segments(app.console)
    finally:
        area._styles_cache, area._painted = caches


def check(condition: bool, message: str) -> None:
    """Raise Difference unless the condition holds."""
    if not condition:
        raise Difference(message)


async def wait_until_idle(app: App[None]) -> None:
    """Run the program until it is idle, drawing without waiting for the next frame."""
    idle_rounds = 0
    while idle_rounds < IDLE_ROUNDS:
        await asyncio.sleep(0)
        screen = app.screen
        pumps: list[MessagePump] = [app, screen, *screen.walk_children(with_self=False)]
        pending = (
            screen._layout_required,
            screen._scroll_required,
            screen._repaint_required,
            screen._dirty_widgets,
            screen._callbacks,
        )
        if any(pump._next_callbacks or pump.message_queue_size for pump in pumps):
            idle_rounds = 0
        elif app._resize_event:
            idle_rounds = 0
            app._check_resize()
        elif app.animator._animations:
            idle_rounds = 0
            await asyncio.sleep(0.01)
        elif any(pending):
            idle_rounds = 0
            screen._on_timer_update()
        else:
            idle_rounds += 1
