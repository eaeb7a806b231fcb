"""What the pages that begin a case share: finding the child, or adding a new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Static

from shared.desk import KnownChild
from tui.core.commands import command
from tui.desk import api
from tui.desk.add_child import AddChild, child_text
from tui.widgets.field import Field
from tui.widgets.finder import Finder
from tui.widgets.screen import PortalScreen

NO_CHILD = "Choose the child: type a name, then press Enter."
NOBODY_FOUND = "Nobody is found by these words. {child.add} adds a new child."
ADD_CHILD = command("child.add", "f5", "add_child", "new child", "Add a child who is not found.")


class ChildPage(PortalScreen):
    """A page that asks for a child first; subclasses bind `ADD_CHILD` after what sends it."""

    AUTO_FOCUS = "Finder Input"
    NEXT_FIELD: ClassVar[str]
    """The selector of the field that follows the child."""

    def __init__(self) -> None:
        super().__init__()
        self._finder = Finder(
            self._find, child_text, "Name, date of birth or address", NOBODY_FOUND
        )

    def _child_fields(self) -> Iterator[Widget]:
        """Return the search and the chosen child."""
        yield Field("person", "Child or young person", self._finder, required=True)
        yield Static("Nobody is chosen yet.", id="chosen", markup=False)

    async def _find(self, query: str) -> list[KnownChild]:
        return await api.find_people(self.portal.client, query)

    @on(Finder.Chosen)
    def _on_chosen(self) -> None:
        if self._finder.choice:
            text = f"▸ {child_text(self._finder.choice)}"
            self.query_one("#chosen", Static).update(text)
            self._finder.close_list()
            self.query_one("#field-person", Field).clear_error()
            self.query_one(self.NEXT_FIELD, Field).focus_control()

    def action_add_child(self) -> None:
        """Add a child, and choose it."""

        def on_added(child: KnownChild | None) -> None:
            if child is not None:
                self._finder.choose(child)

        self.app.push_screen(AddChild(), on_added)
