"""What a screen may ask of the app that shows it: screens know this, and not the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from shared.accounts import AccountOut, PortalInfo, SessionOut
    from shared.messages import MessagesPage
    from shared.places import Place
    from tui.core.client import Client
    from tui.core.errors import PortalError
    from tui.core.keychain import Keychain


class PortalNavigation(Protocol):
    """The way from place to place, as screens see it."""

    def open_place(self, place: Place) -> None:
        """Go to a place, keeping the one before to come back to."""
        ...

    def start_at(self, place: Place) -> None:
        """Go to a place and forget the way there."""
        ...

    def leave(self) -> None:
        """Go back to the place before."""
        ...


class PortalSession(Protocol):
    """Who is signed in, as screens see it."""

    account: AccountOut | None
    unsent: dict[str, dict[str, str]]
    """What was typed into a form and not sent when it was left, in memory only, by form."""
    school_values: dict[UUID, dict[str, str]]
    """Answers that a school's file offers for the forms of a child, in memory only, by child."""

    def take(self, session: SessionOut) -> None:
        """Take a session that was begun: keep its token, and go on to the code or home."""
        ...

    def renew(self, session: SessionOut) -> None:
        """Take a session that is signed in, and stay where the user is."""
        ...

    def sign_in_again(self, why: str) -> None:
        """Ask for the password on top of the work, which stays as it is."""
        ...

    def sign_out(self) -> None:
        """End the session and go to the sign-in form."""
        ...


class Portal(Protocol):
    """The app, as screens see it."""

    client: Client
    keychain: Keychain
    info: PortalInfo | None

    @property
    def navigation(self) -> PortalNavigation:
        """The way from place to place."""
        ...

    @property
    def session(self) -> PortalSession:
        """Who is signed in."""
        ...

    def when_painted(self, begin: Callable[[], None]) -> None:
        """Begin something slow once the first form stands on the terminal."""
        ...

    def saw_messages(self, page: MessagesPage) -> None:
        """Note the newest messages that were shown: a later one is told of as new."""
        ...

    def save_document(self, document: UUID, name: str) -> None:
        """Ask where to save a copy of a document, and save it there."""
        ...

    def pick_school_file(self, then: Callable[[Path], None]) -> None:
        """Ask for a file of the school's system, and go on with it if one is chosen."""
        ...

    def show_error(self, error: PortalError) -> None:
        """Tell an error that no field of the screen can tell; a lost session signs in in place."""
        ...
