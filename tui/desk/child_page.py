"""What the pages that begin a case share: finding or adding the child, and sending."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Static

from shared.desk import CaseOut, KnownChild
from shared.places import PlaceKind
from shared.problems import FieldError
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.desk import api
from tui.desk.add_child import AddChild, child_text
from tui.desk.dialog import check_required
from tui.desk.send_errors import show_send_error
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.finder import Finder
from tui.widgets.focus_marker import CURRENT_MARK
from tui.widgets.screen import SEND_LINKS, PortalScreen

NO_CHILD = "Choose the child: type a name, then press Enter."
NOBODY_FOUND = "Nobody is found by these words. {child.add} adds a new child."
ADD_CHILD = command("child.add", "f5", "add_child", "new child", "Add a child who is not found.")


class ChildPage(PortalScreen):
    """A page that asks for a child first; subclasses bind `ADD_CHILD` after what sends it."""

    CSS_PATH = "paper.tcss"
    LOCATION = "Cases"
    LINKS = SEND_LINKS
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
            text = f"{CURRENT_MARK}{child_text(self._finder.choice)}"
            self.query_one("#chosen", Static).update(text)
            self._finder.close_list()
            self.query_one("#field-person", Field).clear_error()
            self.query_one(self.NEXT_FIELD, Field).focus_control()

    def errors(self) -> list[FieldError]:
        """Check that a child is chosen; subclasses check their fields too."""
        return check_required("person", "x" if self._finder.choice else "", NO_CHILD)

    async def send_for(self, child: KnownChild) -> CaseOut:
        """Send what is entered for the child, and return the case."""
        raise NotImplementedError

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Send what is entered, or show the errors."""
        errors = self.errors()
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, "")
        if not errors:
            self.send(self._send(), self._on_send_error)

    async def _send(self) -> None:
        child = self._finder.choice
        if child is None:
            return
        case = await self.send_for(child)
        self.finish()
        self.portal.navigation.open_place(PlaceKind.CASE.of(case.id))

    def _on_send_error(self, error: PortalError) -> None:
        show_send_error(self, error)

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Leave, asking first if something was typed."""
        super().action_back()

    def action_add_child(self) -> None:
        """Add a child, and choose it."""

        def on_added(child: KnownChild | None) -> None:
            if child is not None:
                self._finder.choose(child)

        self.app.push_screen(AddChild(), on_added)
