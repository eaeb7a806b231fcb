"""The support desk's list of unsent emails."""

from __future__ import annotations

from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from shared.support import UnsentMail
from shared.values.days import format_datetime
from tui.accounts.account_screen import STYLES, AccountScreen
from tui.accounts.api import get_portal_info
from tui.support import api
from tui.widgets.header import Link
from tui.widgets.screen import SIGNED_IN_LINKS

NO_MAIL = "This portal sends no email: notices are left out, and what needs an email is refused."


class UnsentEmails(AccountScreen):
    """Lists unsent emails, which can be retried."""

    CSS_PATH = [STYLES, "support.tcss"]
    LOCATION = "Professional Portal › Support desk › Mail"
    LINKS = SIGNED_IN_LINKS
    HELP_TEXT = "Enter on an email sends it again at once. What an email says is not shown."

    def body(self) -> ComposeResult:
        """Lay out the list."""
        yield Static("", id="told", classes="notice", markup=False)
        yield Vertical(id="rows")

    def on_mount(self) -> None:
        """Load the list."""
        self.call(self._load())

    async def _load(self) -> None:
        emails = await api.list_unsent_emails(self.portal.client)
        text = f"{len(emails)} could not be sent. Enter sends one again."
        info = self.portal.info or await get_portal_info(self.portal.client)
        if not info.sends_mail:
            text = NO_MAIL
        elif not emails:
            text = "All emails were sent."
        self.query_one("#told", Static).update(text)
        container = self.query_one("#rows")
        await container.remove_children()
        links = [
            Link(_format_email(mail), value=mail.id, id=f"mail-{mail.id}", classes="mail")
            for mail in emails
        ]
        await container.mount_all(links)
        if links:
            links[0].focus()

    @on(Link.Chosen, ".mail")
    def _retry(self, event: Link.Chosen) -> None:
        event.stop()
        self.call(self._send(str(event.link.value)))

    async def _send(self, mail: str) -> None:
        await api.retry_email(self.portal.client, UUID(mail))
        self.notify("It is being sent again.", markup=False)
        await self._load()


def _format_email(mail: UnsentMail) -> str:
    attempts = f"{mail.attempts} tries" if mail.attempts != 1 else "1 try"
    given_up = ", then stopped" if mail.given_up else ""
    return (
        f"{mail.to} · {mail.subject}\n  {format_datetime(mail.created_at)} · {attempts}{given_up}"
    )
