"""Finds one of many as one types: a box, and below it what was found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, OptionList

from tui.core.errors import PortalError
from tui.core.portal import Portal

FoundT = TypeVar("FoundT")


class Finder(Vertical, Generic[FoundT]):
    """Asks `find` for what the words typed find; Enter or a click chooses one."""

    DEFAULT_CSS = """
    Finder { height: auto; }
    Finder OptionList { height: auto; max-height: 6; padding: 0 1; background: $background; }
    Finder OptionList, Finder OptionList:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "to_list", "to the list", show=False)]

    @dataclass
    class Chose(Message):
        """One of what was found was chosen; the finder holds it as `chosen`."""

        finder: Finder[object]

    def __init__(
        self,
        find: Callable[[str], Awaitable[list[FoundT]]],
        write: Callable[[FoundT], str],
        placeholder: str,
    ) -> None:
        super().__init__()
        self.chosen: FoundT | None = None
        self._find = find
        self._write = write
        self._placeholder = placeholder
        self._found: list[FoundT] = []
        self._looking = False
        self._entered = False

    def compose(self) -> ComposeResult:
        """Lay out the box above what is found."""
        yield Input(placeholder=self._placeholder, compact=True, max_length=200)
        yield OptionList(markup=False)

    def on_mount(self) -> None:
        """Begin with what is found without words."""
        self.search("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.search(event.value.strip())

    def search(self, words: str) -> None:
        """Find by words."""
        self._looking, self._entered = True, False
        self.run_worker(self._look(words), group="find", exclusive=True, exit_on_error=False)

    def again(self) -> None:
        """Find anew what the words in the box find, as they may have been typed by now."""
        self.search(self.query_one(Input).value.strip())

    async def _look(self, words: str) -> None:
        try:
            self._found = await self._find(words)
        except PortalError as error:
            self._found = []
            cast("Portal", self.app).show_error(error)
        self._looking = False
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([self._write(one) for one in self._found])
        options.highlighted = 0 if self._found else None
        if not self._found:
            options.add_option("Nobody is found by these words.")
            options.disable_option_at_index(0)
        elif self._entered:
            self._choose(0)

    @on(Input.Submitted)
    def _take_first(self, event: Input.Submitted) -> None:
        event.stop()
        if self._looking:
            self._entered = True  # what is shown still answers the words before
        elif self._found:
            self._choose(0)

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._choose(event.option_index)

    def _choose(self, place: int) -> None:
        self.chosen = self._found[place]
        self.post_message(self.Chose(cast("Finder[object]", self)))

    def action_to_list(self) -> None:
        """Go from the box to what was found."""
        self.query_one(OptionList).focus()

    def begin_again(self) -> None:
        """Empty the box, for the next one to be found."""
        box = self.query_one(Input)
        box.value = ""
        box.focus()
