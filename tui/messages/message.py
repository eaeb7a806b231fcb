"""The screen that shows a message."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from shared.places import Place, UnknownPlace, read_place
from shared.values.days import write_received
from tui.messages import api
from tui.widgets.header import Link
from tui.widgets.screen import PortalScreen

UNKNOWN_PLACE = "This version of the program can't open it. Update the program, then open it again."


class ReadMessage(PortalScreen):
    """Shows a message and marks it as read; its link opens on top.

    `is_marked_read` is whether the server has marked it as read.
    """

    WHERE = "Professional Portal › Messages"
    CSS_PATH = "messages.tcss"
    HELP_TEXT = "Enter opens what the message speaks of; Esc goes back to your messages."

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message = message
        self.is_marked_read = False

    def body(self) -> ComposeResult:
        """Lay out the subject, time and text."""
        yield Static("", id="subject", classes="title", markup=False)
        yield Static("", id="received", markup=False)
        with VerticalScroll(id="text"):
            yield Static("", id="words", markup=False)

    def on_mount(self) -> None:
        """Load the message."""
        self.query_one("#text").focus()
        self.call(self._load())

    async def _load(self) -> None:
        message = await api.open_message(self.portal.client, self.message)
        self.query_one("#subject", Static).update(message.subject)
        self.query_one("#received", Static).update(
            f"Received {write_received(message.received_at)}"
        )
        self.query_one("#words", Static).update(message.body)
        if message.place:
            link = Link(message.place_label or "Open", place=_read_place(message.place), id="place")
            await self.query_one("#body").mount(link)
            link.focus()
        await api.mark_read(self.portal.client, self.message)
        self.is_marked_read = True

    @on(Link.Chosen, "#place")
    def _open(self, event: Link.Chosen) -> None:
        if event.link.place is None:
            self.notify(UNKNOWN_PLACE, severity="warning", timeout=8, markup=False)


def _read_place(path: str) -> Place | None:
    """Parse a message's place; return None if this version does not know it."""
    try:
        return read_place(path)
    except UnknownPlace:
        return None
