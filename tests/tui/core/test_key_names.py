"""Texts name the current keys of commands, also after the settings change them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
from textual.widgets import Static

import tui
from tests.parts import Someone
from tests.tui.accounts.test_start import INFO
from tests.tui.conftest import SERVER, AppFactory
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.app import PortalApp
from tui.core.client import Client
from tui.core.commands import load_command_names
from tui.core.settings import Settings
from tui.widgets.keyline import COMMAND, name_keys

NAMED_KEY = re.compile(r"\b(?!Ctrl\+[CV]\b)(?:(?:Ctrl|Shift|Alt)\+\w+|F\d{1,2}|Esc|Tab|Del)\b")
"""A configurable key; the keys for copy and paste are fixed."""


def string_constants() -> Iterator[tuple[str, str]]:
    """Yield the string constants of the client, except docstrings, with their locations."""
    for path in Path(tui.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        statements = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr)  # docstrings
        }
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and id(node) not in statements and path.name != "keyline.py":
                assert isinstance(node, ast.Constant)
                yield f"{path.name}:{node.lineno}", str(node.value)


def test_no_text_names_a_configurable_key() -> None:
    named = [(location, text) for location, text in string_constants() if NAMED_KEY.search(text)]
    assert not named


def test_every_command_named_in_a_text_exists() -> None:
    names = load_command_names()
    unknown = [
        (location, match[1])
        for location, text in string_constants()
        for match in re.finditer(COMMAND, text)
        if "." in match[1] and match[1] not in names
    ]
    assert not unknown


def test_texts_show_the_first_key_of_a_command() -> None:
    load_command_names()
    text = "{form.save}, {help.close}, {nobody.knows} and {help}"
    keymap = {"help": "f12,f11", "form.save": "ctrl+t"}
    assert name_keys(text, keymap) == "Ctrl+T, Esc, {nobody.knows} and F12"


async def test_changed_keys_are_named_in_help_and_texts(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    keys = {"account.save": "f7", "back": "f10", "help": "f12", "help.close": "f9"}
    app.settings = Settings(server=SERVER, keys=keys)
    app.set_keymap(keys)
    async with app.run_test(size=(80, 40)) as pilot:
        await go_to(pilot, "account", "Telephone number")
        assert "F7 save" in screen_text(app.screen)
        await pilot.press("f12")
        await on_screen(pilot, "Help")
        text = "\n".join(str(line.content) for line in app.screen.query(Static))
        assert "F7 saves the section." in text
        assert "F9 closes this help." in text
        assert "Ctrl+S" not in text


async def test_registration_names_the_changed_help_key(tmp_path: Path) -> None:
    settings = Settings(server=SERVER, keys={"help": "f12"}, state=tmp_path)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=INFO))
    app = PortalApp(settings, client=Client(SERVER, transport=transport))
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "SignIn")
        app.screen.query_one("#register").focus()
        await pilot.press("enter")
        await until(pilot, lambda: "Press F12 in a field" in screen_text(app.screen))
