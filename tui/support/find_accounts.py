"""The support desk's search for accounts by email address."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from shared.places import Place, PlaceKind
from shared.support import STATE_LABELS, AccountState, FoundAccount
from tui.accounts.frame import STYLES, AccountScreen
from tui.support import api
from tui.widgets.dialog import Action
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.screen import SIGNED_IN_LINKS

SHORTEST = 3
TOO_SHORT = f"Enter at least {SHORTEST} letters of the email address."
NOBODY = "No account has an email address that begins like this."
WHAT = "You see accounts, and nothing about a child."


class SupportDesk(AccountScreen):
    """A search for accounts, with a link to unsent mail."""

    CSS_PATH = [STYLES, "support.tcss"]
    WHERE = "Professional Portal › Support desk"
    LINKS = SIGNED_IN_LINKS
    HELP_TEXT = "Type how the email begins and press Enter. Tab goes to what was found."

    def body(self) -> ComposeResult:
        """Lay out the search, its results, and the button for unsent mail."""
        yield Static(WHAT, classes="notice", markup=False)
        yield Field(
            "email",
            "Email address begins with",
            Input(max_length=254, compact=True),
            help_text="The email that the professional signs in with, or how it begins.",
        )
        yield Static("", id="found", classes="notice", markup=False)
        yield Vertical(id="rows")
        yield Action("Mail that could not be sent", id="mails")

    def on_mount(self) -> None:
        """Focus the search."""
        self.query_one(Field).focus_control()

    def on_screen_resume(self) -> None:
        """Search again on return, to show changes made elsewhere."""
        if len(self._typed) >= SHORTEST:
            self.call(self._find(focus=False))

    @property
    def _typed(self) -> str:
        return self.query_one(Field).value.strip()

    @on(Input.Submitted)
    def _search(self) -> None:
        short = len(self._typed) < SHORTEST
        self.query_one(Field).show_error(TOO_SHORT if short else "")
        if not short:
            self.call(self._find(focus=True))

    async def _find(self, *, focus: bool) -> None:
        accounts = await api.find(self.portal.client, self._typed)
        words = f"{len(accounts)} found" if accounts else NOBODY
        self.query_one("#found", Static).update(words)
        holder = self.query_one("#rows")
        await holder.remove_children()
        links = [Link(_row(account), place=_place(account)) for account in accounts]
        await holder.mount_all(links)
        if focus and links:
            links[0].focus()

    @on(Action.Pressed, "#mails")
    def _mails(self) -> None:
        self.portal.navigation.open_place(Place(PlaceKind.UNSENT_MAILS))


def _row(account: FoundAccount) -> str:
    name = f" · {account.name}" if account.name else ""
    return f"{account.email}{name} · {STATE_LABELS[account.state]}"


def _place(account: FoundAccount) -> Place:
    is_waiting = account.state is AccountState.NOT_ACTIVATED
    kind = PlaceKind.SUPPORT_REGISTRATION if is_waiting else PlaceKind.SUPPORT_ACCOUNT
    return kind.of(account.id)
