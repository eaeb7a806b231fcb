"""Protocols of the app, so that screens do not depend on its implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from textual.screen import Screen

    from shared.accounts import AccountOut, PortalInfo, SessionOut
    from shared.messages import MessagesPage
    from shared.places import Place
    from tui.core.client import Client
    from tui.core.desktop_notifier import DesktopNotifier
    from tui.core.errors import PortalError
    from tui.core.keychain import Keychain


ResultT = TypeVar("ResultT")


class PortalNavigation(Protocol):
    """Navigation, as screens see it."""

    def open_place(self, place: Place) -> None:
        """Open a place on top of the current one."""
        ...

    @property
    def is_at_start(self) -> bool:
        """Whether only the first place is open."""
        ...

    def start_at(self, place: Place) -> None:
        """Open a place and clear the history."""
        ...

    def leave(self) -> None:
        """Go back to the previous place."""
        ...


class PortalSession(Protocol):
    """The user's session, as screens see it."""

    account: AccountOut | None
    renewals: int
    """How often the user has signed in since the program started."""
    sign_in_email: str
    """Email address to fill in at the sign-in form, of who just registered for example."""
    unsent: dict[str, dict[str, str]]
    """Unsent input by form, in memory only."""
    school_values: dict[UUID, dict[str, str]]
    """Answers from a school's file by child, in memory only."""

    def start(self, session: SessionOut) -> None:
        """Start using a new session, then ask for the code or show the home screen."""
        ...

    def renew(self, session: SessionOut) -> None:
        """Replace the session without leaving the current screen."""
        ...

    def sign_in_again(self, reason: str) -> None:
        """Ask for the password on top of the current screen, which keeps its input."""
        ...

    def sign_out(self, *, ask: bool = False) -> None:
        """Save or store input, end the session and show the sign-in form.

        Asks first if input would be lost. With `ask`, also asks if nothing would be, but not about
        the input of the current screen, which the user has already agreed to lose.
        """
        ...

    def end(self) -> None:
        """End the session and show the sign-in form, without saving or asking."""
        ...


class Portal(Protocol):
    """The app, as screens see it."""

    client: Client
    keychain: Keychain
    info: PortalInfo | None
    notifier: DesktopNotifier

    @property
    def navigation(self) -> PortalNavigation:
        """Navigation between places."""
        ...

    @property
    def session(self) -> PortalSession:
        """The user's session."""
        ...

    def has_typed_since(self, time: float) -> bool:
        """Return whether the user has typed since a time of the event loop, or a key waits."""
        ...

    def after_first_paint(self, callback: Callable[[], None]) -> None:
        """Run a callback after the first paint; used to defer slow work such as imports."""
        ...

    async def check_settings(self) -> str:
        """Return a notice about ignored settings, or ''."""
        ...

    def with_keys(self, text: str) -> str:
        """Replace each command in braces, such as `{form.save}`, with its current key."""
        ...

    def mark_messages_seen(self, page: MessagesPage) -> None:
        """Record the newest messages shown, so that only later ones count as new."""
        ...

    async def ask(self, dialog: Screen[ResultT], *, anyway: bool = False) -> ResultT | None:
        """Show a dialog and return its answer; only in a worker.

        None if the worker's screen is no longer on top, unless it is to be shown `anyway`.
        """
        ...

    def save_document(self, document: UUID, name: str) -> None:
        """Ask where to save a copy of a document, then save it."""
        ...

    def pick_school_file(self, then: Callable[[Path], None]) -> None:
        """Ask for a school's file, and call `then` with the chosen file."""
        ...

    def show_error(self, error: PortalError) -> None:
        """Show an error unrelated to any field, or ask to sign in if the session has ended."""
        ...
