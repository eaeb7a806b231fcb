"""The palette: commands and search results, filtered as the user types."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from shared.home import FIND_MAX_LENGTH
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.widgets.dialog import Dialog
from tui.widgets.headings import truncate
from tui.widgets.line_input import LineInput
from tui.widgets.results import ResultList

DEBOUNCE_SECONDS = 0.2
"""Seconds without a key press before the server is queried."""
MIN_WIDTH = 20
MARGINS = 4
"""Columns for the mark at the left, and for a scrollbar and a blank at the right."""
SEARCHING, NO_RESULTS = "Searching…", "Nothing is found by these words."


class PaletteItem(NamedTuple):
    """A command or search result: its text, a hint such as its keys, and its action."""

    text: str
    hint: str
    run: Callable[[], object]


Search = Callable[[str], Awaitable[list[PaletteItem]]]


class Palette(Dialog[None]):
    """Filters commands by the start of their words, with search results below them.

    Enter runs the highlighted item. If no command matches while a search is running, Enter waits
    for the first result, so that fast typing never runs an item of the previous list.
    """

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("palette.close", "escape", "close", "close", "Close and change nothing."),
        command("palette.up", "up", "move(-1)", "up", "Go up.", show=False),
        command("palette.down", "down", "move(1)", "down", "Go down.", show=False),
    ]

    def __init__(self, commands: Sequence[PaletteItem], search: Search | None) -> None:
        super().__init__()
        self._commands = commands
        self._search = search
        self._items: list[PaletteItem] = []
        self._search_text = ""
        self._searching = self._enter_pending = False

    def compose(self) -> ComposeResult:
        """Lay out the box above the items."""
        targets = "a child, a form, a message or a command" if self._search else "a command"
        with Vertical(classes="dialog"):
            yield LineInput(placeholder=f"Find {targets}", compact=True, max_length=FIND_MAX_LENGTH)
            items = ResultList(markup=False)
            items.can_focus = False
            yield items

    def on_mount(self) -> None:
        """Show every command."""
        self._show(list(self._commands))

    def on_resize(self) -> None:
        """Fit the items to the new width, once the list is laid out with it."""
        self.call_after_refresh(lambda: self._show(self._items))

    def on_key(self, event: Key) -> None:
        """Handle keys that arrive before the box is focused."""
        if event.key == "enter":
            event.stop()
            self._choose()
        elif event.is_printable and event.character:
            event.stop()
            self.query_one(Input).insert_text_at_cursor(event.character)

    @on(Input.Changed)
    def _on_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._filter()

    def _filter(self) -> None:
        """Filter the commands by the text in the box, and start a search."""
        words = self.query_one(Input).value.strip()
        if words == self._search_text:
            return
        self._search_text = words
        matching = [item for item in self._commands if _matches(item.text, words)]
        self._enter_pending = False
        self._searching = bool(words) and self._search is not None
        self._show(matching)
        if self._search is not None:
            work = self._add_results(words, matching)
            self.run_worker(work, group="find", exclusive=True, exit_on_error=False)

    async def _add_results(self, words: str, matching: list[PaletteItem]) -> None:
        if not words or self._search is None:
            return
        await asyncio.sleep(DEBOUNCE_SECONDS)
        note = NO_RESULTS
        try:
            results = await self._search(words)
        except PortalError as error:
            results, note = [], f"The search did not work: {error}"
        self._searching = False
        self._show([*matching, *results], note)
        if self._enter_pending and self._items:
            self._choose()

    def _show(self, items: list[PaletteItem], note: str = NO_RESULTS) -> None:
        """Show items, keeping the highlighted position."""
        self._items = items
        options = self.query_one(OptionList)
        highlighted = options.highlighted or 0
        width = max(options.size.width - MARGINS, MIN_WIDTH)
        options.clear_options()
        options.add_options([_format_item(item, width) for item in items])
        if self._searching:
            options.add_option(Option(SEARCHING, disabled=True))
        elif not items:
            options.add_option(Option(note, disabled=True))
        options.highlighted = min(highlighted, len(items) - 1) if items else None

    @on(Input.Submitted)
    def _on_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose()

    @on(OptionList.OptionSelected)
    def _on_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._run(event.option_index)

    def _choose(self) -> None:
        self._filter()  # in a burst, Enter arrives before Changed
        highlighted = self.query_one(OptionList).highlighted
        if highlighted is not None and self._items:
            self._run(highlighted)
        elif self._searching:
            self._enter_pending = True

    def _run(self, index: int) -> None:
        if self.is_current:
            self.dismiss(None)
            self.app.call_later(self._items[index].run)

    def action_move(self, offset: int) -> None:
        """Highlight the item above or below."""
        options = self.query_one(OptionList)
        if self._items:
            options.highlighted = max(
                0, min((options.highlighted or 0) + offset, len(self._items) - 1)
            )

    def action_close(self) -> None:
        """Close the palette."""
        self.dismiss(None)


def _matches(text: str, words: str) -> bool:
    parts = text.casefold().split()
    return all(any(part.startswith(word) for part in parts) for word in words.casefold().split())


def _format_item(item: PaletteItem, width: int) -> str:
    available = width - cell_len(item.hint) - 2
    if available < MIN_WIDTH:
        return truncate(f"{item.text}  {item.hint}", width)
    return f"{set_cell_size(truncate(item.text, available), available)}  {item.hint}"
