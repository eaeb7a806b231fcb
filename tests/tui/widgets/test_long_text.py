import asyncio
from collections.abc import Sequence
from typing import ClassVar

import pyte
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.document._document import Selection
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Key, Paste
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Button, Static, TextArea

from tests.fuzz.play import full_redraw, wait_until_idle
from tests.tui.steps import until
from tui.widgets.long_text import LongText

PIECES = ["a", " ", "seven", "two words ", "long-" * 7, "語" * 9, "e\u0301", "\n"]
# Textual's own area wraps by character, so only texts of one-character clusters are compared.
SINGLE_CHARACTER_PIECES = [piece for piece in PIECES if piece != "e\u0301"]
ACTIONS = [
    *("cursor_left", "cursor_right", "cursor_up", "cursor_down", "cursor_page_up"),
    *("cursor_page_down", "cursor_word_left", "cursor_word_right", "cursor_line_start"),
    *("cursor_line_end", "delete_left", "delete_right", "delete_word_left", "delete_word_right"),
    *("delete_line", "delete_to_start_of_line", "delete_to_end_of_line", "select_all", "undo"),
    *("redo", "cut"),
]
SELECTING_ACTIONS = ["cursor_left", "cursor_right", "cursor_up", "cursor_down", "cursor_line_end"]
Step = str | tuple[str, object]


def texts(pieces: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=25).map("".join)


def steps(pieces: list[str]) -> st.SearchStrategy[list[Step]]:
    step: st.SearchStrategy[Step] = st.one_of(
        st.sampled_from(ACTIONS).map(lambda name: f"{name}()"),
        st.sampled_from(SELECTING_ACTIONS).map(lambda name: f"{name}(True)"),
        st.tuples(st.just("type"), st.sampled_from(pieces)),
        st.tuples(st.just("go"), st.tuples(st.integers(0, 9), st.integers(0, 80))),
        st.tuples(st.just("width"), st.integers(5, 30)),
    )
    return st.lists(step, max_size=15)


class ComparisonApp(App[None]):
    """App with Textual's text area and ours, of the same size and with the same text."""

    CSS = """
    TextArea, LongText { width: 24; height: 7; border: none; padding: 0; }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield TextArea(self.text, highlight_cursor_line=False, id="bare")
            yield LongText(self.text, id="own")


async def perform(app: App[None], area: TextArea, step: Step) -> None:
    match step:
        case str(action):
            await app.run_action(action, area)
        case ("type", str(text)):
            area.insert(text, maintain_selection_offset=False)
        case ("go", (int(row), int(column))):
            area.move_cursor((row, column))
        case ("width", int(width)):
            area.styles.width = width


def drawn_cells(area: TextArea) -> list[list[tuple[str, Style | None]]]:
    """Return the drawn cells of an area, row by row."""
    area._cursor_visible = True
    strips = [area.render_line(y) for y in range(area.size.height)]
    # Textual marks a selected empty line with a half block in the selection's colour, and ours
    # with the selection's background.
    return [[("▌", None)] if "▌" in strip.text else cells(strip) for strip in strips]


def cells(strip: Strip) -> list[tuple[str, Style | None]]:
    return [(character, style) for text, style, _ in strip for character in text]


def matches(own: LongText, bare: TextArea) -> bool:
    """Return whether both areas have the same text, selection, scroll offset and cells."""
    return (
        (own.text, own.selection) == (bare.text, bare.selection)
        and own.length == len(own.text)
        and (own.scroll_offset, own.virtual_size) == (bare.scroll_offset, bare.virtual_size)
        and all(
            mine == theirs or theirs == [("▌", None)]
            for mine, theirs in zip(drawn_cells(own), drawn_cells(bare), strict=True)
        )
    )


EXAMPLES: list[tuple[str, Sequence[Step]]] = [
    ("two words " * 30, ["cursor_page_down()", ("type", "語" * 9), "undo()", "redo()"]),
    ("a\n\nb", ["select_all()", ("type", "x"), "undo()"]),
]


async def compare(text: str, actions: Sequence[Step]) -> None:
    """Perform steps in both areas, and wait until they match."""
    app = ComparisonApp(text)
    async with app.run_test(size=(80, 10)) as pilot:
        bare, own = app.query_one("#bare", TextArea), app.query_one("#own", LongText)
        for action in actions:
            for area in (bare, own):
                await perform(app, area, action)
            await settle(pilot)
            await until(pilot, lambda: matches(own, bare))


@pytest.mark.parametrize(("text", "actions"), EXAMPLES, ids=["words", "lines"])
async def test_drawing_matches_textuals_text_area(text: str, actions: Sequence[Step]) -> None:
    await compare(text, actions)


@pytest.mark.slow  # Scroll offsets sometimes differ by a row on a busy machine.
@settings(max_examples=30, deadline=None)
@given(texts(SINGLE_CHARACTER_PIECES), steps(SINGLE_CHARACTER_PIECES))
def test_drawing_matches_textuals_text_area_after_random_edits(
    text: str, actions: Sequence[Step]
) -> None:
    asyncio.run(compare(text, actions))


class Terminal(HeadlessDriver):
    """Driver with a readable terminal; counts the bytes written."""

    def __init__(self, *arguments: object, **keywords: object) -> None:
        super().__init__(*arguments, **keywords)  # type: ignore[arg-type] # forwarded unchanged
        self.screen = pyte.Screen(60, 14)
        self.stream = pyte.Stream(self.screen)
        self.bytes_written = 0

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.bytes_written += len(data.encode())
        self.stream.feed(data)


class LongTextApp(App[None]):
    """App with a long text between a label and a button."""

    CSS = "LongText { height: 8; width: 40; } #count { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"claim('{key}')")
        for key in ("ctrl+s", "ctrl+b", "escape", *(f"f{number}" for number in range(1, 11)))
    ]

    def __init__(self, text: str = "") -> None:
        super().__init__(driver_class=Terminal)
        self.text = text
        self.claimed: list[str] = []

    def compose(self) -> ComposeResult:
        yield Static("0", id="count")
        yield LongText(self.text)
        yield Button("Leave")

    def action_claim(self, key: str) -> None:
        self.claimed.append(key)

    def terminal(self) -> Terminal:
        assert isinstance(self._driver, Terminal)
        return self._driver

    def area(self) -> LongText:
        return self.query_one(LongText)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until the app is idle and drawn."""
    await pilot.pause()
    await wait_until_idle(pilot.app)


def screen_cells(screen: pyte.Screen) -> list[list[pyte.screens.Char]]:
    return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


def redrawn_cells(app: App[None]) -> list[list[pyte.screens.Char]]:
    """Return the terminal's cells after a full redraw of the screen."""
    terminal = pyte.Screen(60, 14)
    pyte.Stream(terminal).feed(full_redraw(app, app.query_one(LongText)))
    return screen_cells(terminal)


@settings(max_examples=20, deadline=None)
@given(texts(PIECES), steps(PIECES))
@example("two words " * 60, ["cursor_page_down()", ("type", "a"), ("type", "語"), "undo()"])
def test_partial_updates_match_a_full_redraw(text: str, actions: Sequence[Step]) -> None:
    async def compare() -> None:
        app = LongTextApp(text)
        async with app.run_test(headless=False, size=(60, 14)) as pilot:
            app.area().cursor_blink = False
            app.area().focus()
            for action in actions:
                await perform(app, app.area(), action)
                await settle(pilot)
                assert screen_cells(app.terminal().screen) == redrawn_cells(app)

    asyncio.run(compare())


async def test_overlapping_widget_is_not_overdrawn() -> None:
    app = LongTextApp("two words " * 60)

    def is_covered() -> bool:
        return any("Saved" in line for line in app.terminal().screen.display)

    async with app.run_test(headless=False, size=(60, 14), notifications=True) as pilot:
        app.area().cursor_blink = False
        app.area().styles.width = "100%"
        app.area().styles.height = 12
        app.area().focus()
        app.notify("Saved", timeout=60)
        await until(pilot, is_covered)
        for _ in range(3):
            app.area().insert("covered ", (0, 200))
            await settle(pilot)
            assert is_covered()
            assert screen_cells(app.terminal().screen) == redrawn_cells(app)
        app.clear_notifications()
        app.area().insert("bare ", (0, 200))
        await until(pilot, lambda: not is_covered())
        assert screen_cells(app.terminal().screen) == redrawn_cells(app)


@pytest.mark.parametrize(("column", "limit"), [(29_000, 150), (14_500, 400)])
async def test_key_press_writes_few_bytes(column: int, limit: int) -> None:
    app = LongTextApp(("the quick brown fox jumps over a lazy dog " * 700)[:29_000])
    async with app.run_test(headless=False, size=(60, 14)) as pilot:
        area = app.area()
        area.cursor_blink = False
        area.focus()
        area.move_cursor((0, column))
        await settle(pilot)
        sizes = []
        for _ in range(9):
            before = app.terminal().bytes_written
            await pilot.press("x")
            await settle(pilot)
            sizes.append(app.terminal().bytes_written - before)
        assert sorted(sizes)[4] <= limit


async def test_app_bindings_work_and_tab_moves_focus() -> None:
    app = LongTextApp("text")
    keys = ["ctrl+s", "ctrl+b", "escape", *(f"f{number}" for number in range(1, 11))]
    async with app.run_test() as pilot:
        app.area().focus()
        await pilot.press(*keys)
        assert app.claimed == keys
        assert app.area().text == "text"
        await pilot.press("tab")
        assert isinstance(app.focused, Button)
        await pilot.press("shift+tab", "ctrl+a", "n", "enter", "e", "w", "ctrl+home", "a", " ")
        assert app.area().text == "a n\new"
        await pilot.press("ctrl+end", "!", "home", "?", "end", ".")
        assert app.area().text == "a n\n?ew!."


async def test_every_key_can_be_remapped() -> None:
    app = LongTextApp("one two")
    app.set_keymap({"long_text.select_all": "ctrl+t"})
    async with app.run_test() as pilot:
        app.area().focus()
        await pilot.press("ctrl+t", "x")
        assert app.area().text == "x"
    assert all(isinstance(binding, Binding) and binding.id for binding in LongText.BINDINGS)


async def test_paste_is_cleaned_and_kept_in_full() -> None:
    app = LongTextApp()
    async with app.run_test() as pilot:
        app.area().focus()
        app.post_message(Paste("one\r\ntwo\x00\x1b[1m\tthree\ud800" + "x" * 40_000))
        await pilot.pause()
        assert app.area().text == "one\ntwo[1m\tthree\ufffd" + "x" * 40_000
        assert app.area().length == len(app.area().text)
        await pilot.press("ctrl+z")
        assert (app.area().text, app.area().length) == ("", 0)
        await pilot.press("ctrl+y")
        assert app.area().length == 40_017


@pytest.mark.parametrize("character", ["\u200d", "\u200c", "\u200f", "\xa0", "\u3000", "\xad"])
async def test_invisible_characters_are_kept(character: str) -> None:
    app = LongTextApp()
    async with app.run_test() as pilot:
        app.area().focus()
        for key in ("👩", character, "👧"):
            assert app.area().check_consume_key("", key)
            app.post_message(Key(key, key))
        app.post_message(Paste(f"x{character}y"))
        await settle(pilot)
        assert app.area().text == f"👩{character}👧x{character}y"
        app.area().read_only = True
        app.post_message(Key(character, character))
        await settle(pilot)
        assert app.area().length == 6


@pytest.mark.parametrize("key", ["escape", "f5", "ctrl+b", "ctrl+g"])
async def test_non_text_keys_insert_nothing(key: str) -> None:
    app = LongTextApp()
    async with app.run_test() as pilot:
        app.area().focus()
        await pilot.press("a", key)
        assert app.area().text == "a"


async def test_reload_is_one_undo_step() -> None:
    app = LongTextApp()
    async with app.run_test() as pilot:
        app.area().focus()
        app.area().load_text("as it was saved")
        await pilot.press("ctrl+z")
        assert app.area().text == "as it was saved"
        await pilot.press("ctrl+end", "!")
        app.area().load_text("as it came back")
        await pilot.press("ctrl+end", "?")
        for text in ("as it came back", "as it was saved!", "as it was saved"):
            await pilot.press("ctrl+z")
            assert app.area().text == text
        await pilot.press("ctrl+y", "ctrl+y", "ctrl+y")
        assert app.area().text == "as it came back?"


async def test_mouse_selects_across_rows() -> None:
    app = LongTextApp("two words " * 30)
    async with app.run_test(size=(60, 14)) as pilot:
        await pilot.mouse_down(LongText, offset=(5, 0))
        await pilot.hover(LongText, offset=(7, 2))
        await pilot.mouse_up(LongText, offset=(7, 2))
        assert app.area().selection == Selection((0, 3), (0, 69))


@pytest.mark.parametrize("cursor_visible", [True, False])
@pytest.mark.parametrize("key", ["x", "enter", "backspace", "ctrl+z", "down", "shift+up"])
async def test_key_after_scrolling_is_drawn_correctly(key: str, cursor_visible: bool) -> None:
    app = LongTextApp("two words " * 120)
    async with app.run_test(headless=False, size=(60, 14)) as pilot:
        area = app.area()
        area.focus()
        await pilot.press("y")
        for scroll_y in (0, 3, 9, 24):
            area.scroll_to(y=scroll_y, animate=False)
            await settle(pilot)
            area.blink_timer.pause()
            area._cursor_visible = cursor_visible
            await settle(pilot)
            await pilot.press(key)
            await settle(pilot)
            area.cursor_blink = False
            await settle(pilot)
            assert screen_cells(app.terminal().screen) == redrawn_cells(app)
            area.cursor_blink = True


async def test_placeholder_is_hidden_by_the_first_character() -> None:
    app = App[None]()
    async with app.run_test(size=(40, 10)) as pilot:
        area = LongText(placeholder="What helps?")
        await app.mount(area)
        area.focus()
        await settle(pilot)
        assert "What helps?" in area.render_lines(area.size.region)[0].text
        await pilot.press("a")
        assert "What helps?" not in area.render_lines(area.size.region)[0].text
        await pilot.press("backspace")
        assert "What helps?" in area.render_lines(area.size.region)[0].text


@pytest.mark.parametrize("over_ssh", [True, False])
async def test_cursor_does_not_blink_over_ssh(
    over_ssh: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    if over_ssh:
        monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
    app = LongTextApp()
    async with app.run_test():
        assert app.area().cursor_blink is not over_ssh
