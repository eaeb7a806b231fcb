"""Undo and redo in one-line fields."""

import ast
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

import tui
from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.steps import go_to, until
from tui.widgets.line_input import MAX_STEPS, LineInput


class LineInputApp(App[None]):
    def __init__(self, text: str = "", placeholder: str = "") -> None:
        super().__init__()
        self._text, self._placeholder = text, placeholder

    def compose(self) -> ComposeResult:
        yield LineInput(self._text, self._placeholder)

    @property
    def line(self) -> LineInput:
        return self.query_one(LineInput)


async def test_long_placeholder_is_cut_with_a_sign() -> None:
    app = LineInputApp(placeholder="Name, school or address")
    async with app.run_test(size=(15, 5)) as pilot:
        assert app.line.placeholder.endswith("…")
        assert len(app.line.placeholder) <= app.line.size.width
        await pilot.resize_terminal(60, 5)
        await until(pilot, lambda: app.line.placeholder == "Name, school or address")


async def test_undo_removes_one_word_at_a_time() -> None:
    app = LineInputApp("Ivo")
    async with app.run_test() as pilot:
        await pilot.press("end", *" Larkspur Dunne", "ctrl+z")
        assert (app.line.value, app.line.cursor_position) == ("Ivo Larkspur", 12)
        await pilot.press("ctrl+z", "ctrl+z")
        assert (app.line.value, app.line.cursor_position) == ("Ivo", 3)
        await pilot.press("ctrl+y")
        assert (app.line.value, app.line.cursor_position) == ("Ivo Larkspur", 12)
        await pilot.press("x", "ctrl+y")
        assert app.line.value == "Ivo Larkspurx"


async def test_undo_restores_deleted_replaced_and_cut_text() -> None:
    app = LineInputApp("Ivo Larkspur")
    async with app.run_test() as pilot:
        await pilot.press("end", "backspace", "backspace", "ctrl+u")
        assert app.line.value == ""
        await pilot.press("ctrl+z")
        assert app.line.value == "Ivo Larksp"
        await pilot.press("ctrl+z")
        assert app.line.value == "Ivo Larkspur"
        app.copy_to_clipboard("Nell")
        app.line.select_all()
        await pilot.press("ctrl+v")
        assert app.line.value == "Nell"
        await pilot.press("ctrl+z")
        assert app.line.value == "Ivo Larkspur"
        app.line.select_all()
        await pilot.press("ctrl+x", "ctrl+z")
        assert app.line.value == "Ivo Larkspur"


async def test_text_set_by_the_program_is_not_undone() -> None:
    app = LineInputApp("one")
    async with app.run_test() as pilot:
        await pilot.press("end", *" two")
        app.line.value = "merged"
        await pilot.press("ctrl+z")
        assert app.line.value == "merged"
        await pilot.press("end", "x", "ctrl+z", "ctrl+z")
        assert app.line.value == "merged"


async def test_undo_steps_are_limited() -> None:
    app = LineInputApp()
    async with app.run_test():
        for number in range(MAX_STEPS + 20):
            app.line.insert_text_at_cursor(f" {number:03}")
        for _ in range(MAX_STEPS + 20):
            app.line.action_undo()
        assert app.line.value == "".join(f" {number:03}" for number in range(20))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", " ", "backspace", "delete", "left", "ctrl+w"])))
async def test_undoing_all_and_redoing_all_returns_to_the_same_text(keys: list[str]) -> None:
    app = LineInputApp("ab cd")
    async with app.run_test() as pilot:
        await pilot.press("left", *keys)
        edited_text = app.line.value
        await pilot.press(*["ctrl+z"] * len(keys))
        assert app.line.value == "ab cd"
        await pilot.press(*["ctrl+y"] * len(keys))
        assert app.line.value == edited_text


async def test_undone_details_are_saved(portal: AppFactory, me: Someone) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account", "Telephone number")
        line = pilot.app.screen.query_one("#field-last_name LineInput", LineInput)
        saved = line.value
        line.focus()
        await pilot.press("end", *" Wren", "ctrl+u", "ctrl+z", "ctrl+s")
        await until(
            pilot, lambda: me.get("/v1/account").json()["about"]["last_name"] == f"{saved} Wren"
        )


def test_every_one_line_field_has_undo() -> None:
    plain_inputs = [
        f"{path.name}:{node.lineno}"
        for path in Path(tui.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Input"
    ]
    assert not plain_inputs


async def test_focus_selects_nothing_and_goes_to_the_end() -> None:
    app = LineInputApp("Dana")
    async with app.run_test() as pilot:
        app.screen.set_focus(None)
        app.line.cursor_position = 0
        await pilot.press("tab", "x")
        assert app.line.value == "Danax"
