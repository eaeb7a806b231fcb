"""The top line of every screen: the current location and links elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

from shared.places import Place

BETWEEN = " › "


class Link(Static, can_focus=True):
    """A line of text that Enter or a click chooses.

    A link opens its `place`, or carries a `value` that its screen interprets.
    """

    BINDINGS = [Binding("enter,space", "choose", "choose", show=False)]

    @dataclass
    class Chosen(Message):
        """The link was chosen."""

        link: Link

        @property
        def control(self) -> Link:
            """The link, for `@on` selectors."""
            return self.link

    def __init__(
        self,
        words: str,
        *,
        place: Place | None = None,
        value: object = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(words, id=id, classes=classes, markup=False)
        self.words = words
        self.place = place
        self.value = value

    def on_click(self) -> None:
        """Choose the link by mouse."""
        self.action_choose()

    def action_choose(self) -> None:
        """Post that the link was chosen."""
        self.post_message(self.Chosen(self))


class Where(Static):
    """The current location, as `Cases › Ivo Quill › Publish`, cut from the left."""

    def __init__(self, where: str) -> None:
        super().__init__(where, id="where", markup=False)
        self._where = where

    def show(self, where: str) -> None:
        """Show another location."""
        self._where = where
        self.on_resize()

    def on_resize(self) -> None:
        """Show as much of the location as fits."""
        parts = self._where.split(BETWEEN)
        while len(parts) > 1 and cell_len(BETWEEN.join(parts)) > self.size.width > 0:
            del parts[0]
        self.update(BETWEEN.join(parts))


class Header(Horizontal):
    """The location on the left; the save state and links on the right."""

    def __init__(self, where: str, links: tuple[tuple[str, Place], ...]) -> None:
        super().__init__()
        self._where = where
        self._links = links

    def compose(self) -> ComposeResult:
        """Lay out the line."""
        yield Where(self._where)
        yield Static("", id="state", markup=False)
        for words, place in self._links:
            yield Link(words, place=place)

    def set_location(self, where: str) -> None:
        """Show another location."""
        self.query_one(Where).show(where)

    def show_state(self, state: str) -> None:
        """Show the state of the work, as `✓ Saved 10:42`, redrawing only on a change."""
        line = self.query_one("#state", Static)
        if str(line.content) != state:
            line.update(state)
