"""The user's session, with its token in the keychain."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from textual.app import App
from textual.screen import Screen

from shared.places import Place, PlaceKind
from tui.accounts.session_watch import SessionWatch
from tui.core.client import Client
from tui.core.errors import PortalError, Refused, Unreachable, Untrusted
from tui.core.keychain import Keychain
from tui.forms.open_forms import OpenForms
from tui.leaving import UPLOAD_QUESTION, save_or_store
from tui.messages.news import MessagePoller
from tui.widgets.dialog import ChoiceDialog
from tui.widgets.screen import PortalScreen

if TYPE_CHECKING:
    from uuid import UUID

    from textual.timer import Timer

    from shared.accounts import AccountOut, SessionOut
    from tui.core.portal import Portal

UNSAVED_QUESTION = (
    "Sign out?",
    "Something that you typed is not saved, and would be lost.",
    (("stay", "Stay here"), ("leave", "Sign out without saving")),
)
SIGN_OUT_QUESTION = (
    "Sign out?",
    "To use the portal again, you will need to sign in.",
    (("stay", "Stay signed in"), ("leave", "Sign out")),
)
ANOTHERS_FILES = (
    "This connection has the files of the key's owner, so nobody else can sign in on it. To sign "
    "in as yourself, connect with your own key or without one."
)
NOT_SIGNED_IN = "Nobody signed in within {} minutes, so the portal was closed. Connect again."
REFUSED = 2
TOKEN = "session"  # noqa: S105 - a keychain entry's name
RETRY_SECONDS = 3.0
"""Retry interval for resuming while the server is unreachable."""


class Session:
    """The current session, if anyone is signed in."""

    def __init__(
        self,
        app: App[None],
        client: Client,
        keychain: Keychain,
        forms: OpenForms,
        poller: MessagePoller,
    ) -> None:
        self._app = app
        self._portal = cast("Portal", app)
        self._client = client
        self._keychain = keychain
        self._forms = forms
        self._poller = poller
        self.watch = SessionWatch(app)
        self.account: AccountOut | None = None
        self.only_account: UUID | None = None
        """The only account that may sign in, whose files this machine has, or None for any."""
        self.sign_in_seconds = 0
        """How long the program stays open while nobody is signed in; 0 is for ever."""
        self._sign_in_timer: Timer | None = None
        self.sign_in_email = ""
        self.unsent: dict[str, dict[str, str]] = {}
        self.school_values: dict[UUID, dict[str, str]] = {}
        self.is_ending = False
        """Whether the user is signing out; errors of pending requests are then ignored."""
        self.renewals = 0

    def limit_sign_in(self) -> None:
        """End the program unless somebody signs in within the limit, if there is one."""
        if self.sign_in_seconds and self._sign_in_timer is None:
            self._sign_in_timer = self._app.set_timer(self.sign_in_seconds, self._give_up)

    def _give_up(self) -> None:
        message = NOT_SIGNED_IN.format(max(1, self.sign_in_seconds // 60))
        self._app.exit(return_code=REFUSED, message=message)

    def begin_resume(self) -> None:
        """Start resuming the session in the keychain, unless the user has signed in."""
        if self._client.token is None:
            self._app.run_worker(self._resume(), group="resume", exit_on_error=False)

    async def _resume(self) -> None:
        """Resume the session in the keychain if it has not expired."""
        token = await self._keychain.get(TOKEN)
        if not token:
            return
        from shared.accounts import SessionOut
        from shared.problems import ProblemCode

        self._client.token = token
        try:
            session = await self._client.request("GET", "/v1/session", SessionOut)
        except PortalError as error:
            self._client.token = None
            if isinstance(error, Refused) and error.code is ProblemCode.SIGN_IN_REQUIRED:
                await self._keychain.delete(TOKEN)
            if isinstance(error, Unreachable | Untrusted):
                self._app.set_timer(RETRY_SECONDS, self.begin_resume)
            return
        if self._portal.navigation.is_at_start:  # still at the sign-in form
            self.start(session)
            if problems := await self._portal.check_settings():
                self._app.notify(problems, severity="warning", timeout=20, markup=False)

    def start(self, session: SessionOut) -> None:
        """Start using a new session, then ask for the code or show the home screen."""
        from shared.accounts import SessionState

        if session.token:
            self._client.token = session.token
        if session.state is SessionState.CODE_REQUIRED:
            from tui.accounts.code import EnterCode

            self._app.push_screen(EnterCode(session))
            return
        if self.renew(session):
            self._portal.navigation.start_at(Place(PlaceKind.HOME))

    def renew(self, session: SessionOut) -> bool:
        """Replace the session without leaving the current screen.

        Returns False, and ends the program, if the account may not use the files here.
        """
        if session.token:
            self._client.token = session.token
        account = session.account.id if session.account else None
        if self.only_account and account != self.only_account:
            self._app.run_worker(self._refuse(), group="sign-out", exit_on_error=False)
            return False
        self.account = session.account
        self.renewals += 1
        if self._sign_in_timer is not None:
            self._sign_in_timer.stop()
            self._sign_in_timer = None
        self.sign_in_email = ""
        self._forms.resume()
        self.watch.start(session.idle_minutes)
        self._poller.start()
        self._app.run_worker(self._store_token(), group="keychain", exit_on_error=False)
        return True

    async def _refuse(self) -> None:
        with suppress(PortalError):  # the session expires on the server
            await self._client.send("DELETE", "/v1/session")
        self._client.token = None
        self._app.exit(return_code=REFUSED, message=ANOTHERS_FILES)

    async def _store_token(self) -> None:
        if self._client.token:
            await self._keychain.set(TOKEN, self._client.token)

    def sign_in_again(self, reason: str) -> None:
        """Ask for the password on top of the current screen, which keeps its input."""
        from tui.accounts.sign_in_again import SignInAgain

        # One that is covered is not seen; it closes itself once the user has signed in above it.
        if not isinstance(self._app.screen, SignInAgain):
            email = self.account.email if self.account else ""
            self._app.push_screen(SignInAgain(email, reason))

    def sign_out(self, *, ask: bool = False) -> None:
        """Save or store input, end the session and show the sign-in form.

        Asks first if input would be lost. With `ask`, also asks if nothing would be, but not about
        the input of the current screen, which the user has already agreed to lose.
        """
        screen = self._app.screen if ask else None
        self._app.run_worker(
            self._sign_out(screen), group="sign-out", exclusive=True, exit_on_error=False
        )

    async def _sign_out(self, asking_screen: Screen[object] | None) -> None:
        is_safe = True
        if self._client.token and self.account:
            is_safe = await save_or_store(self._app, self._forms, confirmed_screen=asking_screen)
            is_safe = is_safe and not any(self.unsent.values())
        if not is_safe:
            self._app.push_screen(ChoiceDialog(*UNSAVED_QUESTION), self._on_answer)
        elif self._forms.uploading_names():
            self._app.push_screen(ChoiceDialog(*UPLOAD_QUESTION), self._on_answer)
        elif isinstance(asking_screen, PortalScreen) and not asking_screen.has_unsaved_input:
            self._app.push_screen(ChoiceDialog(*SIGN_OUT_QUESTION), self._on_answer)
        else:
            self.end()

    def _on_answer(self, answer: str | None) -> None:
        if answer == "leave":
            self.end()

    def end(self) -> None:
        """End the session and show the sign-in form, without saving or asking."""
        self.is_ending = True
        self._app.run_worker(self._end(), group="keychain", exit_on_error=False)

    async def _end(self) -> None:
        await self._forms.stop()
        try:
            if self._client.token:
                await self._client.send("DELETE", "/v1/session")
        except PortalError:
            pass  # the session is still cleared here, and expires on the server
        finally:
            self.is_ending = False
        self.clear()
        await self._keychain.delete(TOKEN)

    def clear(self) -> None:
        """Clear the session and show the sign-in form."""
        self._client.token = None
        self.account = None
        self.unsent.clear()
        self.school_values.clear()
        self.watch.stop()
        self._poller.stop()
        self.limit_sign_in()
        self._portal.navigation.start_at(Place(PlaceKind.SIGN_IN))
