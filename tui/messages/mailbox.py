"""The demo's mailbox, which shows emails instead of sending them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import DataTable, Static

from shared.places import Place
from shared.values.days import format_time
from tui.core.errors import PortalError
from tui.messages import api
from tui.widgets.screen import PortalScreen

if TYPE_CHECKING:
    from shared.accounts import DemoMail

POLL_SECONDS = 2.0
LINK = re.compile(r"https?://\S+/(?:activate|reset)/\S+")
CODE = re.compile(r"\b\d{6}\b")


class DemoMailbox(PortalScreen):
    """Lists the demo's emails, with the text of the current one below."""

    LOCATION = "The demo's mailbox"
    LINKS: ClassVar[tuple[tuple[str, Place], ...]] = ()
    CSS_PATH = "messages.tcss"
    HELP_TEXT = (
        "The demo sends its emails only to this mailbox. Enter copies the code or the link of an "
        "email and goes back; paste it there with Ctrl+V."
    )

    def __init__(self) -> None:
        super().__init__()
        self._emails: list[DemoMail] = []

    def body(self) -> ComposeResult:
        """Lay out the list above the current email."""
        yield Static(
            "Enter copies the code or link of an email; paste it with Ctrl+V.", markup=False
        )
        yield DataTable[Text](cursor_type="row", cell_padding=1)
        with VerticalScroll(id="text"):
            yield Static("No email yet.", id="words", markup=False)

    def on_mount(self) -> None:
        """Add the columns and start polling for emails."""
        table = self.query_one(DataTable)
        for label, width in (("Sent", 5), ("Subject", 38), ("To", 25)):
            table.add_column(label, width=width)
        table.focus()
        self._check()
        self.set_interval(POLL_SECONDS, self._check)

    def _check(self) -> None:
        self.call(self._load(), on_error=self._on_error)

    def _on_error(self, error: PortalError) -> None:
        self.query_one("#words", Static).update(str(error))

    async def _load(self) -> None:
        emails = await api.list_demo_mail(self.portal.client)
        if emails == self._emails:
            return
        table = self.query_one(DataTable)
        index = self._new_index(emails, table.cursor_row)
        self._emails = emails
        table.clear()
        for mail in emails:
            cells = (format_time(mail.sent_at), mail.subject, mail.to)
            table.add_row(*map(Text, cells), height=None)
        table.move_cursor(row=index, animate=False)

    def _new_index(self, emails: list[DemoMail], index: int) -> int:
        """Return the new index of the current email, or of the newest if that was current."""
        if index >= len(self._emails) or index == newest_index(self._emails):
            return newest_index(emails)
        current = self._emails[index]
        matches = [
            position
            for position, mail in enumerate(emails)
            if (mail.to, mail.subject) == (current.to, current.subject)
        ]
        exact_matches = [
            position for position in matches if emails[position].sent_at == current.sent_at
        ]
        return next(iter(exact_matches or matches), 0)

    @on(DataTable.RowHighlighted)
    def _show(self, event: DataTable.RowHighlighted) -> None:
        if event.cursor_row < len(self._emails):
            self.query_one("#words", Static).update(self._emails[event.cursor_row].body)

    @on(DataTable.RowSelected)
    def _copy(self, event: DataTable.RowSelected) -> None:
        body = self._emails[event.cursor_row].body
        match = LINK.search(body) or CODE.search(body)
        if match:
            self.app.copy_to_clipboard(match[0])
            self.notify(f"Copied. Paste it with Ctrl+V: {match[0]}", markup=False)
        self.portal.navigation.leave()


def newest_index(emails: list[DemoMail]) -> int:
    """Return the index of the user's newest email, or 0 if there is none."""
    return next((index for index, mail in enumerate(emails) if mail.yours), 0)
