import asyncio

from textual.app import App, ComposeResult
from textual.widgets import OptionList

from tests.tui.steps import until
from tui.widgets.finder import Finder


class FinderApp(App[None]):
    """App with only the finder; replies are held until `released` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.released = asyncio.Event()
        self.released.set()
        self.finder = Finder(self.find, str, "Name")
        self.chosen: list[str | None] = []
        self.names: tuple[str, ...] = ("Ada", "Tamsin")

    def compose(self) -> ComposeResult:
        yield self.finder

    async def find(self, query: str) -> list[str]:
        await self.released.wait()
        return [name for name in self.names if query in name.lower()]

    def with_keys(self, text: str) -> str:
        return text

    def on_finder_chosen(self) -> None:
        self.chosen.append(self.finder.choice)


async def test_enter_before_the_reply_waits_for_the_results() -> None:
    app = FinderApp()
    async with app.run_test() as pilot:
        await pilot.pause()
        app.released.clear()
        await pilot.press(*"tam", "enter")
        assert app.chosen == []
        app.released.set()
        await until(pilot, lambda: bool(app.chosen))
        assert app.chosen == ["Tamsin"]


async def test_enter_chooses_the_first_and_arrows_move() -> None:
    app = FinderApp()
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: app.chosen == ["Ada"])
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: app.chosen == ["Ada", "Tamsin"])


async def test_nothing_is_chosen_without_a_match() -> None:
    app = FinderApp()
    async with app.run_test() as pilot:
        box = app.focused
        await pilot.press(*"xyz", "enter", "down", "tab")
        await pilot.pause()
        assert app.chosen == []
        assert app.focused is box  # an empty list takes no focus
        options = app.query_one(OptionList)

        def shows(text: str) -> bool:
            return [option.prompt for option in options.options] == [text]

        await until(pilot, lambda: shows("Nobody is found by these words."))
        app.names = ()
        await pilot.press(*["backspace"] * 3)
        await until(pilot, lambda: shows("Type to find somebody."))
