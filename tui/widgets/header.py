"""The top line of every screen: the location, the save state and links."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

from shared.places import Place
from tui.widgets.focus_marker import FocusMarker
from tui.widgets.states import coloured_content

SEPARATOR = " › "
MARGIN = 2
"""Columns between the parts of the header, as in the stylesheet."""


class Link(FocusMarker, Static, can_focus=True):
    """Text that is activated with Enter or a click.

    A link opens its `place`, or passes a `value` to its screen.
    """

    BINDINGS = [Binding("enter,space", "choose", "choose", show=False)]

    class Chosen(Message):
        """Posted when the link is chosen."""

        def __init__(self, link: Link) -> None:
            super().__init__()
            self.link = link

        @property
        def control(self) -> Link:
            """The link, for `@on` selectors."""
            return self.link

    def __init__(
        self,
        text: str,
        *,
        place: Place | None = None,
        value: object = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(coloured_content(text), id=id, classes=classes)
        self.text = text
        self.place = place
        self.value = value

    def on_click(self) -> None:
        """Choose the link on a click."""
        self.action_choose()

    def action_choose(self) -> None:
        """Post `Chosen`."""
        self.post_message(self.Chosen(self))


class Location(Static):
    """The current location, such as `Cases › Ivo Quill › Publish`, truncated on the left.

    If it begins with the name of a `child`, it is truncated on the right instead.
    """

    def __init__(self, location: str) -> None:
        super().__init__(location, id="where", markup=False)
        self._location = location
        self.child = ""

    def show(self, location: str, child: str = "") -> None:
        """Show another location."""
        self._location, self.child = location, child
        self.on_resize()

    def on_resize(self) -> None:
        """Show as much of the location as fits."""
        parts = self._location.split(SEPARATOR)
        while len(parts) > 1 and cell_len(SEPARATOR.join(parts)) > self.size.width > 0:
            del parts[-1 if self.child else 0]
        if (text := SEPARATOR.join(parts)) != str(self.content):
            self.update(text)


class Header(Horizontal):
    """The header line: the location on the left, the save state and links on the right.

    If the name of a child does not fit, the links are hidden, then the state is shortened.
    """

    def __init__(self, location: str, links: tuple[tuple[str, Place], ...]) -> None:
        super().__init__()
        self._location = location
        self._links = links
        self._state = self._short_state = ""

    def compose(self) -> ComposeResult:
        """Lay out the location, the state and the links."""
        yield Location(self._location)
        yield Static("", id="state", markup=False)
        for text, place in self._links:
            yield Link(text, place=place)

    def set_location(self, location: str, child: str = "") -> None:
        """Show another location; `child` is the name it begins with, if any."""
        self.query_one(Location).show(location, child)
        self._fit()

    def show_state(self, state: str, short: str = "") -> None:
        """Show a state such as `✓ Saved 10:42`, or its short form if it does not fit."""
        self._state, self._short_state = state, short or state
        self._fit()

    def on_resize(self) -> None:
        """Make room for the child's name."""
        self._fit()

    def _fit(self) -> None:
        """Show the state and the links that fit, redrawing only what changed."""
        child, links = self.query_one(Location).child, list(self.query(Link))
        available = self.size.width - cell_len(child) - MARGIN
        links_width = sum(cell_len(link.text) + MARGIN for link in links)
        has_links = not child or cell_len(self._state) + links_width <= available
        is_short = not has_links and cell_len(self._state) > available
        for link in links:
            if link.display != has_links:
                link.display = has_links
        state, line = self._short_state if is_short else self._state, self.query_one("#state")
        if isinstance(line, Static) and str(line.content) != state:
            line.update(coloured_content(state))
