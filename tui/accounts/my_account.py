"""My Account: its sections on the left, the chosen one beside them."""

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
from tui.widgets.screen import SIGNED_IN

SECTIONS = {
    "about-you": "About you",
    "work-details": "Work Details",
    "two-step": "Two step verification",
    "password": "Password",
    "sessions": "Where I am signed in",
}


class MyAccount(AccountScreen):
    """Everything about one's own account; a section stays as it was left while this is open."""

    WHERE = "Professional Portal › My Account"
    LINKS = SIGNED_IN
    HELP_TEXT = "Choose a section on the left with Tab and Enter."

    def __init__(self, section: str = "about-you") -> None:
        super().__init__()
        self._chosen = section if section in SECTIONS else "about-you"
        self._account: AccountOut | None = None

    def body(self) -> ComposeResult:
        """Lay out the sections' names, and room for one."""
        with Horizontal(id="my-account"):
            with Vertical(id="names"):
                for name, words in SECTIONS.items():
                    yield Link(words, value=name, id=f"to-{name}", classes="section")
                yield Link("Help and Support", place=Place(PlaceKind.HELP_AND_SUPPORT))
            with Vertical(id="section"):
                yield Static("", id="section-title", classes="title spaced", markup=False)
                yield Static("", id="away", classes="notice", markup=False)
                yield Action("Try again", id="again")

    def on_mount(self) -> None:
        """Begin at the section's name."""
        self._away("")
        self.query_one(f"#to-{self._chosen}").focus()

    @on(Action.Pressed, "#again")
    def _begin(self) -> None:
        self.call(self._load(), group="section", on_error=self._not_loaded)

    async def _load(self) -> None:
        if self._account is None:
            self._account = self.portal.session.account = await api.account(self.portal.client)
        self._away("")
        await self._show()

    def _not_loaded(self, error: PortalError) -> None:
        self._away(str(error))
        self.portal.show_error(error)

    def _away(self, words: str) -> None:
        self.query_one("#away", Static).update(words)
        self.query_one("#away").display = bool(words)
        self.query_one("#again").display = bool(words)

    def _made(self, name: str, account: AccountOut) -> Section:
        if name == "about-you":
            return AboutYouSection(account)
        if name == "work-details":
            return WorkSection(account)
        if name == "two-step":
            return TwoStepSection(account)
        return PasswordSection() if name == "password" else SessionsSection()

    async def _show(self) -> None:
        assert self._account is not None  # noqa: S101 - read first
        for name, words in SECTIONS.items():
            here = name == self._chosen
            self.query_one(f"#to-{name}", Link).update(f"▸ {words}" if here else f"  {words}")
        self.query_one("#section-title", Static).update(SECTIONS[self._chosen])
        if not self.query(f"#{self._chosen}"):
            made = self._made(self._chosen, self._account)
            await self.query_one("#section").mount(made)
        for section in self.query(Section):
            section.display = section.id == self._chosen
        await self.query_one(f"#{self._chosen}", Section).shown()

    @on(Link.Chosen, ".section")
    def _choose(self, event: Link.Chosen) -> None:
        event.stop()
        self._chosen = str(event.link.value)
        self._begin()

    def on_screen_resume(self) -> None:
        """Read the account, then show the section; on coming back bring it up to date."""
        self._begin()
