"""The Where I am signed in section of My Account."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from shared.accounts import SessionRow
from shared.values.days import format_datetime
from tui.accounts import api
from tui.accounts.section import Section
from tui.widgets.dialog import Action, SecondaryAction
from tui.widgets.header import Link


class SessionCard(Vertical):
    """A card for one session of the account."""

    def __init__(self, row: SessionRow) -> None:
        super().__init__(classes="card")
        self.row = row

    def compose(self) -> ComposeResult:
        """Lay out the session's details."""
        here = " (here)" if self.row.current else ""
        yield Static(
            f"{self.row.device or 'A browser or device'}{here}\n"
            f"From {self.row.address or 'an unknown address'}\n"
            f"Signed in {format_datetime(self.row.signed_in_at)}\n"
            f"Last used {format_datetime(self.row.last_used_at)}",
            markup=False,
        )
        yield Link("Sign out", classes="end")


class SessionsSection(Section):
    """Lists the sessions, which can be ended one by one or all at once."""

    def __init__(self) -> None:
        super().__init__(id="sessions")

    def compose(self) -> ComposeResult:
        """Lay out the list below a note on where this session's token is stored."""
        yield Static("", id="kept", classes="notice", markup=False)
        yield Vertical(id="rows")
        yield SecondaryAction("Sign out everywhere else", id="end-others")

    async def refresh_section(self) -> None:
        """Reload the list."""
        rows = await api.list_sessions(self.portal.client)
        text = f"This session: {self.portal.keychain.description}"
        self.query_one("#kept", Static).update(text)
        container = self.query_one("#rows")
        await container.remove_children()
        await container.mount_all([SessionCard(row) for row in rows])
        self.query_one("#end-others").display = len(rows) > 1

    @on(Link.Chosen, ".end")
    def _on_end(self, event: Link.Chosen) -> None:
        event.stop()
        row = event.link.query_ancestor(SessionCard).row
        if row.current:
            self.portal.session.sign_out()
        else:
            self.call(self._end_session(row))

    async def _end_session(self, row: SessionRow) -> None:
        await api.end_session(self.portal.client, row.id)
        await self.refresh_section()

    @on(Action.Pressed, "#end-others")
    def _on_end_others(self) -> None:
        self.call(self._end_other_sessions())

    async def _end_other_sessions(self) -> None:
        await api.end_other_sessions(self.portal.client)
        await self.refresh_section()
