"""The line on top of every screen: where you are, and what you can leave to."""

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
    """Words that lead somewhere: chosen by Enter or a click.

    A link leads to its `place`, or stands for a `value` that the screen with the link knows.
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
        """Choose by mouse."""
        self.action_choose()

    def action_choose(self) -> None:
        """Tell that the link was chosen."""
        self.post_message(self.Chosen(self))


class Where(Static):
    """Where you are, as `Cases › Ivo Quill › Publish`: its beginning goes where room is short."""

    def __init__(self, where: str) -> None:
        super().__init__(where, id="where", markup=False)
        self._where = where

    def say(self, where: str) -> None:
        """Say another place."""
        self._where = where
        self.on_resize()

    def on_resize(self) -> None:
        """Say as much as there is room for."""
        parts = self._where.split(BETWEEN)
        while len(parts) > 1 and cell_len(BETWEEN.join(parts)) > self.size.width > 0:
            del parts[0]
        self.update(BETWEEN.join(parts))


class Header(Horizontal):
    """Where you are on the left; links on the right, with the work's state before them."""

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

    def say_where(self, where: str) -> None:
        """Change where the line says you are."""
        self.query_one(Where).say(where)

    def say_state(self, state: str) -> None:
        """Say how the work stands, as `✓ Saved 10:42`; what stands there already costs nothing."""
        line = self.query_one("#state", Static)
        if str(line.content) != state:
            line.update(state)
