"""The About you section of My Account."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from shared.accounts import AboutYou, AccountOut
from tui.accounts import api
from tui.accounts.fields import check_about_fields, create_about_fields, read_about
from tui.accounts.section import Section
from tui.accounts.unsent import UnsentInput
from tui.widgets.dialog import Action, SecondaryAction
from tui.widgets.error_summary import ErrorSummary


class AboutYouSection(Section):
    """Edits the professional's name and telephone number."""

    SAVES = True

    def __init__(self, account: AccountOut) -> None:
        super().__init__(id="about-you")
        self._account = account

    def compose(self) -> ComposeResult:
        """Lay out the fields."""
        yield ErrorSummary()
        yield Static("", id="about-email", classes="notice", markup=False)
        yield from create_about_fields(self._account.about)
        with Horizontal(classes="actions"):
            yield Action("Save", id="save-about")
            yield SecondaryAction("Undo changes", id="undo-about")

    def on_mount(self) -> None:
        """Restore unsaved input."""
        self._unsent = UnsentInput(self.portal, "about", self.fields())

    async def refresh_section(self) -> None:
        """Show the present email address, which another section changes."""
        account = self.portal.session.account or self._account
        self.query_one("#about-email", Static).update(f"Email address: {account.email}")

    @on(Input.Changed)
    def _store_input(self) -> None:
        self._unsent.store()

    @on(Action.Pressed, "#undo-about")
    def _undo(self) -> None:
        self._unsent.undo()
        for field in self.fields():
            field.show_error("")
        self.show_errors([])

    @on(Action.Pressed, "#save-about")
    def save(self) -> None:
        """Check the fields and send them."""
        fields = self.fields()
        errors = check_about_fields(fields)
        self.show_errors(errors)
        if not errors:
            self.send(self._send(read_about(fields)))

    async def _send(self, about: AboutYou) -> None:
        self.portal.session.account = await api.save_about(self.portal.client, about)
        self._unsent.clear()
        self.notify("Saved.", markup=False)
