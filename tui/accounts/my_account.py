"""The My Account screen: a menu of sections beside the selected one."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.accounts import AccountOut, SecondStep
from shared.places import Place, PlaceKind
from tui.accounts import api
from tui.accounts.about_you import AboutYouSection
from tui.accounts.account_screen import AccountScreen
from tui.accounts.close import CloseSection
from tui.accounts.colleagues import ColleaguesSection
from tui.accounts.email_address import EmailSection
from tui.accounts.password import PasswordSection
from tui.accounts.section import ProviderSection, Section
from tui.accounts.ssh_keys import SshKeysSection
from tui.accounts.two_step import TwoStepSection
from tui.accounts.where_signed_in import SessionsSection
from tui.accounts.work_details import WorkSection
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.widgets.dialog import Action
from tui.widgets.focus_marker import CURRENT_CLASS
from tui.widgets.header import Link
from tui.widgets.screen import SIGNED_IN_LINKS

SECTIONS = {
    "about-you": "About you",
    "work-details": "Work Details",
    "colleagues": "Colleagues",
    "two-step": "Two step verification",
    "password": "Password",
    "email": "Email address",
    "ssh-keys": "SSH keys",
    "sessions": "Where I am signed in",
    "close": "Close my account",
}
STAFF_HIDDEN: tuple[str, ...] = ("colleagues",)


class SectionMenu(Vertical):
    """The menu of sections."""

    BINDINGS: ClassVar[list[BindingType]] = [
        command("menu.up", "up", "move(-1)", "up", "Go to the section above.", show=False),
        command("menu.down", "down", "move(1)", "down", "Go to the section below.", show=False),
    ]

    def action_move(self, offset: int) -> None:
        """Focus the entry above or below, stopping at either end."""
        entries = list(self.query(Link))
        index = next((i for i, entry in enumerate(entries) if entry.has_focus), 0) + offset
        entries[max(0, min(index, len(entries) - 1))].focus()


class MyAccount(AccountScreen):
    """The user's account; sections keep their input while the screen is open."""

    LOCATION = "Professional Portal › My Account"
    LINKS = SIGNED_IN_LINKS
    HELP_TEXT = (
        "{menu.up} and {menu.down} move in the menu on the left; Enter opens a section and goes "
        "into it. "
        "{account.save} saves the section."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("account.save", "ctrl+s", "save", "save", "Save the section."),
    ]

    def __init__(self, section: str = "") -> None:
        super().__init__()
        self._selected = section if section in SECTIONS else "about-you"
        self._leads_into_section = section in SECTIONS
        self._account: AccountOut | None = None

    @property
    def _sections(self) -> dict[str, str]:
        """The sections by name.

        Staff have no organisation, and so no colleagues to confirm. SSH keys are of no use to who
        signs in by a provider, or where the portal is not served over SSH.
        """
        account, info = self.portal.session.account, self.portal.info
        hidden = STAFF_HIDDEN if account and account.staff else ()
        is_provided = account is not None and account.second_step is SecondStep.PROVIDER
        if is_provided or info is None or not info.ssh_address:
            hidden += ("ssh-keys",)
        return {name: text for name, text in SECTIONS.items() if name not in hidden}

    def body(self) -> ComposeResult:
        """Lay out the menu and an area for the selected section."""
        with Horizontal(id="my-account"):
            with SectionMenu(id="names"):
                for name, text in self._sections.items():
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
        self._open()

    def _open(self, entry: Link | None = None) -> None:
        """Show the selected section, and focus its first field if `entry` still has the focus."""
        self.call(self._load(entry), group="section", on_error=self._on_load_error)

    async def _load(self, entry: Link | None) -> None:
        if self._account is None:
            self._account = self.portal.session.account = await api.get_account(self.portal.client)
        self._show_unavailable("")
        section = await self._show_section()
        self.refresh_bindings()
        if entry is not None and entry.has_focus:
            section.focus_first()

    def _on_load_error(self, error: PortalError) -> None:
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
        if name == "colleagues":
            return ColleaguesSection()
        if name in {"two-step", "password", "email"} and account.second_step is SecondStep.PROVIDER:
            return ProviderSection(name)
        if name == "two-step":
            return TwoStepSection(account)
        if name == "email":
            return EmailSection(account)
        if name == "ssh-keys":
            return SshKeysSection(self.portal.info.ssh_address if self.portal.info else "")
        if name == "close":
            return CloseSection(account)
        return PasswordSection() if name == "password" else SessionsSection()

    async def _show_section(self) -> Section:
        assert self._account is not None  # noqa: S101 - loaded by the caller
        for name in self._sections:
            selected = name == self._selected
            self.query_one(f"#to-{name}").set_class(selected, CURRENT_CLASS)
        self.query_one("#section-title", Static).update(SECTIONS[self._selected])
        if not self.query(f"#{self._selected}"):
            new_section = self._create_section(self._selected, self._account)
            await self.query_one("#section").mount(new_section)
        for section in self.query(Section):
            section.display = section.id == self._selected
        selected_section = self.query_one(f"#{self._selected}", Section)
        await selected_section.refresh_section()
        return selected_section

    @on(Link.Chosen, ".section")
    def _select(self, event: Link.Chosen) -> None:
        event.stop()
        self._selected = str(event.link.value)
        self._open(event.link)

    def on_screen_resume(self) -> None:
        """Load the account if needed, refresh the section, and go into one that was asked for."""
        entry = self.query_one(f"#to-{self._selected}", Link) if self._leads_into_section else None
        self._leads_into_section = False
        self._open(entry)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable saving in sections that can be saved."""
        if action == "save":
            return any(section.SAVES for section in self.query(Section) if section.display)
        return super().check_action(action, parameters)

    def action_save(self) -> None:
        """Save the selected section."""
        self.query_one(f"#{self._selected}", Section).save()
