"""A search box with results that update while typing."""

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

from shared.organisations import MIN_SEARCH_LENGTH
from tui.core.errors import PortalError
from tui.core.portal import Portal
from tui.widgets.line_input import LineInput
from tui.widgets.results import ResultList

ItemT = TypeVar("ItemT")
NOBODY = "Nobody is found by these words."
TO_TYPE = "Type to find somebody."
"""What stands for an empty search without results, if results are people."""


class Finder(Vertical, Generic[ItemT]):
    """A search box that calls `find`; Enter or a click chooses a result."""

    DEFAULT_CSS = "Finder { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "to_list", "to the list", show=False)]

    @dataclass
    class Chosen(Message):
        """Posted when a result is chosen; it is available as `finder.choice`."""

        finder: Finder[object]

    def __init__(
        self,
        find: Callable[[str], Awaitable[list[ItemT]]],
        format_item: Callable[[ItemT], str],
        placeholder: str,
        nothing: str = NOBODY,
        too_short: str = "",
    ) -> None:
        super().__init__()
        self.choice: ItemT | None = None
        self._find = find
        self._format = format_item
        self._placeholder = placeholder
        self._nothing, self._too_short = nothing, too_short or nothing
        self._results: list[ItemT] = []
        self._searching = False
        self._enter_pending = False

    def compose(self) -> ComposeResult:
        """Lay out the box above the results."""
        yield LineInput(placeholder=self._placeholder, compact=True, max_length=200)
        options = ResultList(markup=False)
        options.can_focus = False  # until it has results
        yield options

    def on_mount(self) -> None:
        """Show the results of an empty search."""
        self.search("")

    @on(Input.Changed)
    def _on_typed(self, event: Input.Changed) -> None:
        event.stop()
        self.search(event.value.strip())

    def search(self, text: str) -> None:
        """Search for text, replacing any search in progress."""
        self._searching, self._enter_pending = True, False
        self.query_one(OptionList).display = True
        self.run_worker(self._search(text), group="find", exclusive=True, exit_on_error=False)

    def search_again(self) -> None:
        """Repeat the search for the text in the box."""
        self.search(self.query_one(Input).value.strip())

    async def _search(self, text: str) -> None:
        try:
            self._results = await self._find(text)
        except PortalError as error:
            self._results = []
            cast("Portal", self.app).show_error(error)
        self._searching = False
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([self._format(item) for item in self._results])
        options.highlighted = 0 if self._results else None
        options.can_focus = bool(self._results)
        if not self._results:
            is_short = len(text) < MIN_SEARCH_LENGTH
            nothing = self._too_short if is_short else self._nothing
            if not text and nothing == NOBODY:
                nothing = TO_TYPE
            options.add_option(cast("Portal", self.app).with_keys(nothing))
            options.disable_option_at_index(0)
        elif self._enter_pending:
            self._choose(0)

    @on(Input.Submitted)
    def _choose_first(self, event: Input.Submitted) -> None:
        event.stop()
        if self._searching:
            self._enter_pending = True  # the list still shows the previous results
        elif not self.query_one(OptionList).display:
            self.query_one(OptionList).display = True
        elif self._results:
            self._choose(0)

    @on(OptionList.OptionSelected)
    def _on_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._choose(event.option_index)

    def _choose(self, index: int) -> None:
        self.choose(self._results[index])

    def action_to_list(self) -> None:
        """Move from the box to the results."""
        options = self.query_one(OptionList)
        options.display = True
        if options.can_focus:
            options.focus()

    def close_list(self) -> None:
        """Hide the results until the next search."""
        self.query_one(OptionList).display = False

    def choose(self, item: ItemT) -> None:
        """Choose an item that need not be among the results."""
        self.choice = item
        self.post_message(self.Chosen(cast("Finder[object]", self)))

    def reset(self) -> None:
        """Clear the box for the next search."""
        box = self.query_one(Input)
        box.value = ""
        box.focus()
