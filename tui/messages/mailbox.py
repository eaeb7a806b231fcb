"""The demo's mailbox, which shows codes and links without a mail server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import DataTable, Static

from shared.places import Place
from shared.values.days import write_clock
from tui.core.errors import PortalError
from tui.messages import api
from tui.widgets.screen import PortalScreen

if TYPE_CHECKING:
    from shared.accounts import DemoMail

EVERY = 2.0
LINK = re.compile(r"https?://\S+/(?:activate|reset)/\S+")
CODE = re.compile(r"\b\d{6}\b")


class DemoMailbox(PortalScreen):
    """Every mail of the demo, with the current one shown below the list."""

    WHERE = "The demo's mailbox"
    LINKS: ClassVar[tuple[tuple[str, Place], ...]] = ()
    CSS_PATH = "messages.tcss"
    HELP_TEXT = (
        "Emails of the demo go nowhere but here. Enter copies the code or the link of an email "
        "and goes back; paste it there with Ctrl+V."
    )

    def __init__(self) -> None:
        super().__init__()
        self._mails: list[DemoMail] = []

    def body(self) -> ComposeResult:
        """Lay out the list above the mail."""
        yield Static(
            "Enter copies the code or link of an email; paste it with Ctrl+V.", markup=False
        )
        yield DataTable[Text](cursor_type="row", cell_padding=1)
        with VerticalScroll(id="text"):
            yield Static("No email yet.", id="words", markup=False)

    def on_mount(self) -> None:
        """Check for mail now and at intervals."""
        table = self.query_one(DataTable)
        for words, width in (("Sent", 5), ("Subject", 38), ("To", 25)):
            table.add_column(words, width=width)
        table.focus()
        self._check()
        self.set_interval(EVERY, self._check)

    def _check(self) -> None:
        self.call(self._load(), on_error=self._not_loaded)

    def _not_loaded(self, error: PortalError) -> None:
        self.query_one("#words", Static).update(str(error))

    async def _load(self) -> None:
        mails = await api.demo_mail(self.portal.client)
        if mails == self._mails:
            return
        table = self.query_one(DataTable)
        place = self._place_among(mails, table.cursor_row)
        self._mails = mails
        table.clear()
        for mail in mails:
            cells = (write_clock(mail.sent_at), mail.subject, mail.to)
            table.add_row(*map(Text, cells), height=None)
        table.move_cursor(row=place, animate=False)

    def _place_among(self, mails: list[DemoMail], place: int) -> int:
        """Return the place of the current mail; a cursor at the newest follows the newest."""
        if place >= len(self._mails) or place == newest(self._mails):
            return newest(mails)
        current = self._mails[place]
        same = [
            n
            for n, mail in enumerate(mails)
            if (mail.to, mail.subject) == (current.to, current.subject)
        ]
        exact = [n for n in same if mails[n].sent_at == current.sent_at]
        return next(iter(exact or same), 0)

    @on(DataTable.RowHighlighted)
    def _show(self, event: DataTable.RowHighlighted) -> None:
        if event.cursor_row < len(self._mails):
            self.query_one("#words", Static).update(self._mails[event.cursor_row].body)

    @on(DataTable.RowSelected)
    def _copy(self, event: DataTable.RowSelected) -> None:
        body = self._mails[event.cursor_row].body
        match = LINK.search(body) or CODE.search(body)
        if match:
            self.app.copy_to_clipboard(match[0])
            self.notify(f"Copied. Paste it with Ctrl+V: {match[0]}", markup=False)
        self.portal.navigation.leave()


def newest(mails: list[DemoMail]) -> int:
    """Return the place of the newest mail to the user signing in, or of the newest."""
    return next((place for place, mail in enumerate(mails) if mail.yours), 0)
