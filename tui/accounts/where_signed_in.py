"""My Account, Where I am signed in."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from shared.accounts import SessionRow
from shared.values.days import write_received
from tui.accounts import api
from tui.accounts.section import Section
from tui.widgets.dialog import Action
from tui.widgets.header import Link


class Row(Vertical):
    """One place where the account is signed in."""

    def __init__(self, row: SessionRow) -> None:
        super().__init__(classes="card")
        self.row = row

    def compose(self) -> ComposeResult:
        """Lay out what is known of it."""
        here = " (here)" if self.row.current else ""
        yield Static(
            f"{self.row.device or 'A browser or device'}{here}\n"
            f"From {self.row.address or 'an unknown address'}\n"
            f"Signed in {write_received(self.row.signed_in_at)}\n"
            f"Last used {write_received(self.row.last_used_at)}",
            markup=False,
        )
        yield Link("Sign out", classes="end")


class SessionsSection(Section):
    """Lists the sessions; each, or all others at once, can be signed out."""

    def __init__(self) -> None:
        super().__init__(id="sessions")

    def compose(self) -> ComposeResult:
        """Lay out the list, and where this session is kept."""
        yield Static("", id="kept", classes="notice", markup=False)
        yield Vertical(id="rows")
        yield Action("Sign out everywhere else", id="end-others")

    async def shown(self) -> None:
        """Read the list again."""
        rows = await api.sessions(self.portal.client)
        words = f"This session: {self.portal.keychain.words}"
        self.query_one("#kept", Static).update(words)
        holder = self.query_one("#rows")
        await holder.remove_children()
        await holder.mount_all([Row(row) for row in rows])
        self.query_one("#end-others").display = len(rows) > 1

    @on(Link.Chosen, ".end")
    def _end(self, event: Link.Chosen) -> None:
        event.stop()
        row = event.link.query_ancestor(Row).row
        if row.current:
            self.portal.session.sign_out()
        else:
            self.call(self._end_one(row))

    async def _end_one(self, row: SessionRow) -> None:
        await api.end_session(self.portal.client, row.id)
        await self.shown()

    @on(Action.Pressed, "#end-others")
    def _end_others(self) -> None:
        self.call(self._end_all())

    async def _end_all(self) -> None:
        await api.end_other_sessions(self.portal.client)
        await self.shown()
