"""A closed list of options, of which typing finds one."""

from __future__ import annotations

import re

from textual.app import ComposeResult
from textual.events import Key
from textual.strip import Strip
from textual.widgets import Select
from textual.widgets._select import SelectCurrent, SelectOverlay

from tui.widgets.results import mark_option


class Options(SelectOverlay):
    """The open list: typing highlights the option that begins like it, or has a word that does.

    The highlighted option has the mark of the focus, as some terminals show no other sign of it.
    """

    DEFAULT_CSS = "Options > .option-list--option { padding: 0 1 0 2 !important; }"

    def render_line(self, y: int) -> Strip:
        """Render a line of the options, with the mark on the first line of the highlighted one."""
        return mark_option(self, y, super().render_line(y))

    def watch_has_focus(self, value: bool) -> None:
        """Keep what was typed while the list opened."""
        query = self._search_query if value else ""
        super().watch_has_focus(value)
        self._search_query = query

    def search(self, character: str) -> None:
        """Go to the option that is found with one more character; stay if none is.

        What finds nothing counts too, or its last letters would find another option.
        """
        self._search_query += character
        if (index := self._find_search_match(self._search_query)) is not None:
            self.select(index)

    async def _on_key(self, event: Key) -> None:
        if event.character is not None and event.is_printable:
            self._search_reset_timer.reset()
            event.stop()
            event.prevent_default()
            self.search(event.character)

    def _find_search_match(self, query: str) -> int | None:
        """Return the option in which a word begins with the query, nearest to its start."""
        begins_word = re.compile(rf"(?<!\w){re.escape(query)}", re.IGNORECASE)
        matches = [
            (match.start(), index)
            for index, option in enumerate(self.options)
            if (match := begins_word.search(str(option.prompt)))
        ]
        return min(matches)[1] if matches else None


class ChoiceList(Select[str]):
    """Textual's `Select`, which a letter opens and searches."""

    def compose(self) -> ComposeResult:
        """Lay out the current value and the list."""
        yield SelectCurrent(self.prompt)
        yield Options().data_bind(compact=Select.compact)

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Return whether a key opens and searches the list, so that it is no command."""
        return character is not None and character.isalnum()

    def on_key(self, event: Key) -> None:
        """Open the list at a letter, and search for it."""
        if self.check_consume_key(event.key, event.character) and event.character:
            event.stop()
            self.action_show_overlay()
            self.query_one(Options).search(event.character)
