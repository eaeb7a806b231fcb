"""The support desk's search for accounts."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from shared.health import State
from shared.places import Place, PlaceKind
from shared.support import STATE_LABELS, STATE_SIGNS, AccountRow, AccountState, ScanningOut
from tui.accounts.account_screen import STYLES, AccountScreen
from tui.support import api
from tui.widgets.dialog import Action
from tui.widgets.field import Field, SearchField
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput
from tui.widgets.screen import SIGNED_IN_LINKS
from tui.widgets.states import coloured_content

MIN_LENGTH = 3
TOO_SHORT = f"Enter at least {MIN_LENGTH} letters of the email address."
NO_MATCH = "No account has an email address that begins like this."
INTRO = "You see accounts, and nothing about a child."


class SupportDesk(AccountScreen):
    """Searches accounts by email address, and links to the unsent emails."""

    CSS_PATH = [STYLES, "support.tcss"]
    LOCATION = "Professional Portal › Support desk"
    LINKS = SIGNED_IN_LINKS
    HELP_TEXT = "Type how the email begins and press Enter. {next} goes to what was found."

    def body(self) -> ComposeResult:
        """Lay out the search, the results and the button for unsent emails."""
        yield Static(INTRO, classes="notice", markup=False)
        yield SearchField(
            "email",
            "Email address begins with",
            LineInput(max_length=254, compact=True),
            help_text="The email that the professional signs in with, or how it begins.",
        )
        yield Static("", id="found", classes="notice", markup=False)
        yield Vertical(id="rows")
        yield Action("Mail that could not be sent", id="mails")
        yield Static("", id="scanning", classes="notice", markup=False)

    def on_mount(self) -> None:
        """Focus the search field."""
        self.query_one(Field).focus_control()

    async def _show_scanning(self) -> None:
        scanning = await api.read_scanning(self.portal.client)
        self.query_one("#scanning", Static).update(coloured_content(_format_scanning(scanning)))

    def on_screen_resume(self) -> None:
        """Repeat the search on return, to show changes made elsewhere."""
        self.call(self._show_scanning(), group="scanning")
        if len(self._search_text) >= MIN_LENGTH:
            self.call(self._find(focus=False))

    @property
    def _search_text(self) -> str:
        return self.query_one(Field).value.strip()

    @on(Input.Submitted)
    def _search(self) -> None:
        is_too_short = len(self._search_text) < MIN_LENGTH
        self.query_one(Field).show_error(TOO_SHORT if is_too_short else "")
        if not is_too_short:
            self.call(self._find(focus=True))

    async def _find(self, *, focus: bool) -> None:
        accounts = await api.find_accounts(self.portal.client, self._search_text)
        text = f"{len(accounts)} found" if accounts else NO_MATCH
        self.query_one("#found", Static).update(text)
        container = self.query_one("#rows")
        await container.remove_children()
        links = [
            Link(_format_account(account), place=_account_place(account)) for account in accounts
        ]
        await container.mount_all(links)
        if focus and links:
            links[0].focus()

    @on(Action.Pressed, "#mails")
    def _open_unsent_emails(self) -> None:
        self.portal.navigation.open_place(Place(PlaceKind.UNSENT_EMAILS))


def _format_account(account: AccountRow) -> str:
    name = f" · {account.name}" if account.name else ""
    return f"{account.email}{name} · {STATE_SIGNS[account.state]} {STATE_LABELS[account.state]}"


def _format_scanning(scanning: ScanningOut) -> str:
    """Format the state of the antivirus, and the numbers of documents that wait or are held."""
    match scanning.scanner:
        case State.OK:
            state = "Antivirus: working."
        case State.FAILING:
            state = "! Antivirus: not working. Documents wait until it is back."
        case _ if scanning.accepts_unscanned:
            state = "Antivirus: none."
        case _:
            state = "Antivirus: not known yet."
    if scanning.accepts_unscanned:
        state += " Documents that were not scanned can be opened."
    return f"{state} Not scanned: {scanning.waiting}. Held because of a virus: {scanning.held}."


def _account_place(account: AccountRow) -> Place:
    is_waiting = account.state is AccountState.NOT_ACTIVATED
    kind = PlaceKind.SUPPORT_REGISTRATION if is_waiting else PlaceKind.SUPPORT_ACCOUNT
    return kind.of(account.id)
