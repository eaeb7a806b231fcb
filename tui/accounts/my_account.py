"""The My Account screen: a menu of sections beside the selected one."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.accounts import AccountOut
from shared.places import Place, PlaceKind
from tui.accounts import api
from tui.accounts.about_you import AboutYouSection
from tui.accounts.frame import AccountScreen
from tui.accounts.password import PasswordSection
from tui.accounts.section import Section
from tui.accounts.two_step import TwoStepSection
from tui.accounts.where_signed_in import SessionsSection
from tui.accounts.work_details import WorkSection
from tui.core.errors import PortalError
from tui.widgets.dialog import Action
from tui.widgets.header import Link
from tui.widgets.marked import MARKED
from tui.widgets.screen import SIGNED_IN_LINKS

SECTIONS = {
    "about-you": "About you",
    "work-details": "Work Details",
    "two-step": "Two step verification",
    "password": "Password",
    "sessions": "Where I am signed in",
}


class MyAccount(AccountScreen):
    """The user's own account; sections keep their input while the screen is open."""

    WHERE = "Professional Portal › My Account"
    LINKS = SIGNED_IN_LINKS
    HELP_TEXT = "Choose a section on the left with Tab and Enter."

    def __init__(self, section: str = "about-you") -> None:
        super().__init__()
        self._selected = section if section in SECTIONS else "about-you"
        self._account: AccountOut | None = None

    def body(self) -> ComposeResult:
        """Lay out the menu and an area for the selected section."""
        with Horizontal(id="my-account"):
            with Vertical(id="names"):
                for name, text in SECTIONS.items():
                    yield Link(text, value=name, id=f"to-{name}", classes="section")
                yield Link("Help and Support", place=Place(PlaceKind.HELP_AND_SUPPORT))
            with Vertical(id="section"):
                yield Static("", id="section-title", classes="title spaced", markup=False)
                yield Static("", id="away", classes="notice", markup=False)
                yield Action("Try again", id="again")

    def on_mount(self) -> None:
        """Focus the selected section in the menu."""
        self._show_unavailable("")
        self.query_one(f"#to-{self._selected}").focus()

    @on(Action.Pressed, "#again")
    def _reload(self) -> None:
        self.call(self._load(), group="section", on_error=self._not_loaded)

    async def _load(self) -> None:
        if self._account is None:
            self._account = self.portal.session.account = await api.get_account(self.portal.client)
        self._show_unavailable("")
        await self._show_section()

    def _not_loaded(self, error: PortalError) -> None:
        self._show_unavailable(str(error))
        self.portal.show_error(error)

    def _show_unavailable(self, text: str) -> None:
        self.query_one("#away", Static).update(text)
        self.query_one("#away").display = bool(text)
        self.query_one("#again").display = bool(text)

    def _create_section(self, name: str, account: AccountOut) -> Section:
        if name == "about-you":
            return AboutYouSection(account)
        if name == "work-details":
            return WorkSection(account)
        if name == "two-step":
            return TwoStepSection(account)
        return PasswordSection() if name == "password" else SessionsSection()

    async def _show_section(self) -> None:
        assert self._account is not None  # noqa: S101 - loaded before
        for name in SECTIONS:
            selected = name == self._selected
            self.query_one(f"#to-{name}").set_class(selected, MARKED)
        self.query_one("#section-title", Static).update(SECTIONS[self._selected])
        if not self.query(f"#{self._selected}"):
            created = self._create_section(self._selected, self._account)
            await self.query_one("#section").mount(created)
        for section in self.query(Section):
            section.display = section.id == self._selected
        await self.query_one(f"#{self._selected}", Section).refresh_section()

    @on(Link.Chosen, ".section")
    def _select(self, event: Link.Chosen) -> None:
        event.stop()
        self._selected = str(event.link.value)
        self._reload()

    def on_screen_resume(self) -> None:
        """Load the account if needed, and refresh the section."""
        self._reload()
