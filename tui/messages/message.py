"""The screen that shows a message."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from shared.messages import MessageOut
from shared.places import Place, PlaceKind, UnknownPlace, read_place
from shared.values.days import format_received
from tui.core.commands import command
from tui.messages import api
from tui.messages.message_list import MessageList
from tui.widgets.header import Link
from tui.widgets.screen import PortalScreen

UNKNOWN_PLACE = "This version of the program can't open it. Update the program, then open it again."


NEWEST, LAST = "This is the newest message.", "This is the last message of the list."
NOT_LISTED = "This message is not in the inbox. Open Messages to go from one to the next."
CHILD_HELP = "List the messages about this child."
SCROLLING = {
    "up": "scroll_up",
    "down": "scroll_down",
    "pageup": "page_up",
    "pagedown": "page_down",
    "home": "scroll_home",
    "end": "scroll_end",
}
"""Keys that always scroll the text, with the actions of its container."""


class ReadMessage(PortalScreen):
    """Shows a message and marks it as read; its link opens on top.

    The next message comes from `messages`, by default the inbox. `marked_read` contains the
    messages that the server has marked as read.
    """

    LOCATION = "Professional Portal › Messages"
    CSS_PATH = "messages.tcss"
    HELP_TEXT = (
        "Enter opens what the message is about; the arrow keys scroll. {back} goes back to your "
        "messages."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("message.next", "n", "step(1)", "next", "Open the next message of the list."),
        command("message.previous", "p", "step(-1)", "previous", "Open the message before."),
        command("message.child", "c", "child", "about this child", CHILD_HELP),
        *(
            command(f"message.{key}", key, f"scroll('{action}')", key, "Scroll.", show=False)
            for key, action in SCROLLING.items()
        ),
    ]

    def __init__(self, message: str, messages: MessageList | None = None) -> None:
        super().__init__()
        self.message = message
        self.marked_read: set[UUID] = set()
        self._list = messages or MessageList(api.INBOX)
        self._person: UUID | None = None

    def body(self) -> ComposeResult:
        """Lay out the subject, time and text."""
        yield Static("", id="subject", classes="title", markup=False)
        yield Static("", id="received", markup=False)
        with VerticalScroll(id="text"):
            yield Static("", id="words", markup=False)

    def on_mount(self) -> None:
        """Load the message."""
        self.query_one("#text").focus()
        self.call(self._load(), group="message")

    async def _load(self) -> None:
        message = await api.read_message(self.portal.client, self.message)
        await self._show(message)
        # In a separate group, so that opening the next message does not cancel it.
        self.call(self._mark_read(message.id), group=f"read {message.id}")

    async def _mark_read(self, message: UUID) -> None:
        await api.mark_read(self.portal.client, message)
        self.marked_read.add(message)

    async def _show(self, message: MessageOut) -> None:
        self._person = message.person if message.person_name else None
        text = self.query_one("#text", VerticalScroll)
        async with self.batch():
            self.query_one("#subject", Static).update(message.subject)
            self.query_one("#received", Static).update(received_text(message))
            self.query_one("#words", Static).update(message.body)
            text.scroll_home(animate=False)
            text.focus()
            await self.query("#place").remove()
            if message.place:
                place = _read_place(message.place)
                link = Link(message.place_label or "Open", place=place, id="place")
                await self.query_one("#body").mount(link)
                link.focus()
        self.refresh_bindings()

    def action_step(self, offset: int) -> None:
        """Open the next or previous message of the list."""
        self.call(self._step(offset), group="message")

    async def _step(self, offset: int) -> None:
        messages = self._list
        if not messages.rows:
            messages.replace(await api.list_messages(self.portal.client, messages.query))
        index = messages.index_of(UUID(self.message))
        if index is None:
            self.notify(NOT_LISTED, markup=False)
            return
        if index + offset == len(messages.rows) and messages.next:
            query = messages.query.model_copy(update={"cursor": messages.next})
            messages.append(await api.list_messages(self.portal.client, query))
        if 0 <= index + offset < len(messages.rows):
            self.message = str(messages.rows[index + offset].id)
            await self._load()
        else:
            self.notify(LAST if offset > 0 else NEWEST, markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the command for a child only if the message is about one."""
        return action != "child" or self._person is not None

    def action_child(self) -> None:
        """List the messages about this child."""
        if self._person is not None:
            self.portal.navigation.open_place(PlaceKind.PERSON_MESSAGES.of(self._person))

    def action_scroll(self, action: str) -> None:
        """Scroll the text."""
        getattr(self.query_one("#text", VerticalScroll), f"action_{action}")()

    @on(Link.Chosen, "#place")
    def _open(self, event: Link.Chosen) -> None:
        if event.link.place is None:
            self.notify(UNKNOWN_PLACE, severity="warning", timeout=8, markup=False)


def received_text(message: MessageOut) -> str:
    """Format when a message was received, and which child it is about."""
    about = f" · about {message.person_name}" if message.person_name else ""
    return f"Received {format_received(message.received_at)}{about}"


def _read_place(path: str) -> Place | None:
    """Parse the place of a message, or return None if this client does not know it."""
    try:
        return read_place(path)
    except UnknownPlace:
        return None
