"""The Help and Support screen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from shared.places import Place
from tui.accounts import api
from tui.accounts.account_screen import AccountScreen
from tui.widgets.screen import SIGNED_IN_LINKS, SIGNED_OUT_LINKS

TITLE = "If you are experiencing difficulties with the professional portal"


class HelpAndSupport(AccountScreen):
    """Contact details for the council's staff and external professionals."""

    LOCATION = "Professional Portal"

    @property
    def links(self) -> tuple[tuple[str, Place], ...]:
        """Links for users who are signed in or out."""
        return SIGNED_IN_LINKS if self.portal.session.account else SIGNED_OUT_LINKS

    def body(self) -> ComposeResult:
        """Lay out the headings above the contacts."""
        yield Static("Help and Support", classes="title spaced", markup=False)
        yield Static(TITLE, classes="notice", markup=False)
        yield Static("", id="contacts", markup=False)

    def on_mount(self) -> None:
        """Load the contacts."""
        self.call(self._show_contacts())

    async def _show_contacts(self) -> None:
        info = self.portal.info or await api.get_portal_info(self.portal.client)
        self.portal.info = info
        self.query_one("#contacts", Static).update(
            f"For staff and professionals based within {info.council}\n{info.contact_staff}\n\n"
            "For externally based professionals\n"
            f"Please drop us an email with your queries to {info.contact_email} for assistance."
        )
