"""Protocols for the app, so that screens do not depend on its implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from shared.accounts import AccountOut, PortalInfo, SessionOut
    from shared.messages import MessagesPage
    from shared.places import Place
    from tui.core.attention import Attention
    from tui.core.client import Client
    from tui.core.errors import PortalError
    from tui.core.keychain import Keychain


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
    unsent: dict[str, dict[str, str]]
    """Unsent input of forms that were left, by form; held in memory only."""
    school_values: dict[UUID, dict[str, str]]
    """Answers that a school's file offers for the forms of a child, in memory only, by child."""

    def start(self, session: SessionOut) -> None:
        """Start using a new session, then ask for the code or show the home screen."""
        ...

    def renew(self, session: SessionOut) -> None:
        """Replace the session without leaving the current screen."""
        ...

    def sign_in_again(self, reason: str) -> None:
        """Ask for the password on top of the current screen, keeping its input."""
        ...

    def sign_out(self, *, asked: bool = False) -> None:
        """Save or store input, end the session and go to the sign-in form.

        `asked` is whether the current screen has asked about its own input already.
        """
        ...


class Portal(Protocol):
    """The app, as screens see it."""

    client: Client
    keychain: Keychain
    info: PortalInfo | None
    attention: Attention

    @property
    def navigation(self) -> PortalNavigation:
        """The app's navigation."""
        ...

    @property
    def session(self) -> PortalSession:
        """The user's session."""
        ...

    def after_first_paint(self, callback: Callable[[], None]) -> None:
        """Call back after the first paint; used to defer slow work such as imports."""
        ...

    async def check_settings(self) -> str:
        """Return a notice about settings without effect, or ''."""
        ...

    def with_keys(self, text: str) -> str:
        """Replace each command in braces, such as `{form.save}`, by the key it has now."""
        ...

    def mark_messages_seen(self, page: MessagesPage) -> None:
        """Record the newest messages shown, so that only later ones count as new."""
        ...

    def save_document(self, document: UUID, name: str) -> None:
        """Ask where to save a copy of a document, then save it."""
        ...

    def pick_school_file(self, then: Callable[[Path], None]) -> None:
        """Ask for a file of the school's system, and call back if one is chosen."""
        ...

    def show_error(self, error: PortalError) -> None:
        """Show an error that belongs to no field; if the session has ended, ask to sign in."""
        ...
