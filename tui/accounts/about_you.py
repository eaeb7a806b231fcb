"""My Account, About you."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from shared.accounts import AboutYou, AccountOut
from tui.accounts import api
from tui.accounts.fields import about_fields, check_about_fields, read_about
from tui.accounts.section import Section
from tui.accounts.unsent import Unsent
from tui.widgets.dialog import Action
from tui.widgets.error_summary import ErrorSummary


class AboutYouSection(Section):
    """Who the professional is, as families read it."""

    def __init__(self, account: AccountOut) -> None:
        super().__init__(id="about-you")
        self._account = account

    def compose(self) -> ComposeResult:
        """Lay out the questions."""
        yield ErrorSummary()
        yield Static(f"Email address: {self._account.email}", classes="notice", markup=False)
        yield from about_fields(self._account.about)
        with Horizontal(classes="actions"):
            yield Action("Save", id="save-about")
            yield Action("Undo changes", id="undo-about")

    def on_mount(self) -> None:
        """Put back what was typed and not saved."""
        self._unsent = Unsent(self.portal, "about", self.fields())

    @on(Input.Changed)
    def _keep(self) -> None:
        self._unsent.keep()

    @on(Action.Pressed, "#undo-about")
    def _undo(self) -> None:
        self._unsent.undo()
        for field in self.fields():
            field.show_error("")
        self.show_errors([])

    @on(Action.Pressed, "#save-about")
    def _save(self) -> None:
        fields = self.fields()
        errors = check_about_fields(fields)
        self.show_errors(errors)
        if not errors:
            self.call(self._send(read_about(fields)), self.refused)

    async def _send(self, about: AboutYou) -> None:
        self.portal.session.account = await api.save_about(self.portal.client, about)
        self._unsent.sent()
        self.notify("Saved.", markup=False)
