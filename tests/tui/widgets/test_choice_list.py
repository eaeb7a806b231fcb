"""A closed list opens at a letter, and finds options by the beginning of any word."""

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from tests.tui.steps import burst, screen_text, until
from tui.widgets.choice_list import ChoiceList
from tui.widgets.key_order import KeyOrder
from tui.widgets.screen import is_typing

OPTIONS = [
    ("Parent", "parent"),
    ("Carer", "carer"),
    ("Person with parental responsibility", "responsibility"),
    ("The young person", "young_person"),
]


class ListApp(KeyOrder, App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "app.bell", "go"),
        Binding("slash", "app.bell", "find"),
    ]

    def compose(self) -> ComposeResult:
        yield ChoiceList(OPTIONS)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("pare", "parent"),
        ("you", "young_person"),
        ("RESP", "responsibility"),
        ("pers", "responsibility"),
        ("rent", "responsibility"),  # "re", then nothing begins with "ren"
        ("caxyz", "carer"),
        ("pt", "parent"),  # not the young person, which begins with the last letter
    ],
)
async def test_typing_opens_the_list_and_finds_an_option(typed: str, value: str) -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        choice = app.query_one(ChoiceList)
        choice.focus()
        await until(pilot, lambda: app.focused is choice)
        burst(pilot, [*typed, "enter"])
        await until(pilot, lambda: choice.value == value)
        assert not choice.expanded


@pytest.mark.parametrize("typed", ["z", "mot"])
async def test_letters_that_no_option_begins_with_choose_nothing(typed: str) -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        choice = app.query_one(ChoiceList)
        choice.focus()
        await until(pilot, lambda: app.focused is choice)
        burst(pilot, [*typed])
        await until(pilot, lambda: choice.expanded)
        await pilot.press("enter")
        assert choice.is_blank()


async def test_commands_on_letters_are_not_offered_at_a_list() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        choice = app.query_one(ChoiceList)
        app.screen.set_focus(None)
        assert "g" in app.screen.active_bindings
        choice.focus()
        await until(pilot, lambda: app.focused is choice)
        assert "g" not in app.screen.active_bindings
        assert "slash" in app.screen.active_bindings
        assert is_typing(choice)


async def test_highlighted_option_has_the_mark_of_the_focus() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        choice = app.query_one(ChoiceList)
        choice.focus()
        await until(pilot, lambda: app.focused is choice)
        await pilot.press("c")
        await until(pilot, lambda: "▸ Carer" in screen_text(app.screen))
        await pilot.press("down")
        await until(pilot, lambda: "▸ Person with parental" in screen_text(app.screen))
        assert screen_text(app.screen).count("▸") == 1
