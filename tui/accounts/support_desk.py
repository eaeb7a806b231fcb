"""The support desk: accounts found by email, and mail that could not be sent."""

from __future__ import annotations

from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from shared.support import STATE_LABELS, AccountState, FoundAccount, UnsentMail
from shared.values.days import write_received
from tui.accounts import support_api as api
from tui.accounts.frame import AccountScreen
from tui.widgets.dialog import Action
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.screen import SIGNED_IN

SHORTEST = 3
TOO_SHORT = f"Enter at least {SHORTEST} letters of the email address."
NOBODY = "No account has an email address that begins like this."
WHAT = "You see accounts, and nothing about a child."


class SupportDesk(AccountScreen):
    """Finds accounts, and leads to what could not be sent."""

    WHERE = "Professional Portal › Support desk"
    LINKS = SIGNED_IN
    HELP_TEXT = "Type how the email begins and press Enter. Tab goes to what was found."

    def body(self) -> ComposeResult:
        """Lay out the search, what was found, and the way to unsent mail."""
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
        """Begin with the search."""
        self.query_one(Field).focus_control()

    def on_screen_resume(self) -> None:
        """Look again on coming back: what was done there shows here."""
        if len(self._typed) >= SHORTEST:
            self.call(self._find(focus=False))

    @property
    def _typed(self) -> str:
        return self.query_one(Field).value.strip()

    @on(Input.Submitted)
    def _search(self) -> None:
        short = len(self._typed) < SHORTEST
        self.query_one(Field).say_error(TOO_SHORT if short else "")
        if not short:
            self.call(self._find(focus=True))

    async def _find(self, *, focus: bool) -> None:
        found = await api.find(self.portal.client, self._typed)
        words = f"{len(found)} found" if found else NOBODY
        self.query_one("#found", Static).update(words)
        holder = self.query_one("#rows")
        await holder.remove_children()
        links = [Link(_row(one), place=_place(one)) for one in found]
        await holder.mount_all(links)
        if focus and links:
            links[0].focus()

    @on(Action.Pressed, "#mails")
    def _mails(self) -> None:
        self.portal.open_place("support/mails")


def _row(one: FoundAccount) -> str:
    name = f" · {one.name}" if one.name else ""
    return f"{one.email}{name} · {STATE_LABELS[one.state]}"


def _place(one: FoundAccount) -> str:
    kind = "registrations" if one.state is AccountState.NOT_ACTIVATED else "accounts"
    return f"support/{kind}/{one.id}"


class UnsentMails(AccountScreen):
    """Mail that could not be sent: to whom, about what, how often it was tried."""

    WHERE = "Professional Portal › Support desk › Mail"
    LINKS = SIGNED_IN
    HELP_TEXT = "Enter on a mail tries it again at once. What a mail says is not shown."

    def body(self) -> ComposeResult:
        """Lay out the list."""
        yield Static("", id="told", classes="notice", markup=False)
        yield Vertical(id="rows")

    def on_mount(self) -> None:
        """Read the list."""
        self.call(self._read())

    async def _read(self) -> None:
        mails = await api.mails(self.portal.client)
        told = f"{len(mails)} could not be sent. Enter tries one again."
        self.query_one("#told", Static).update(told if mails else "All mail was sent.")
        holder = self.query_one("#rows")
        await holder.remove_children()
        links = [Link(_mail(mail), id=f"mail-{mail.id}", classes="mail") for mail in mails]
        await holder.mount_all(links)
        if links:
            links[0].focus()

    @on(Link.Chosen, ".mail")
    def _again(self, event: Link.Chosen) -> None:
        event.stop()
        self.call(self._send(str(event.link.id).removeprefix("mail-")))

    async def _send(self, mail: str) -> None:
        await api.send_mail_again(self.portal.client, UUID(mail))
        self.notify("It is tried again now.", markup=False)
        await self._read()


def _mail(mail: UnsentMail) -> str:
    tries = f"{mail.attempts} tries" if mail.attempts != 1 else "1 try"
    given_up = ", given up" if mail.given_up else ""
    return f"{mail.to} · {mail.subject}\n  {write_received(mail.created_at)} · {tries}{given_up}"
