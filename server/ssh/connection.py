"""A connection to the SSH server: who may sign in, and when it ends."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from time import monotonic

import asyncssh

from server.accounts.ssh_keys import SshKey, find_key
from server.core import throttle
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.problems import PortalProblem
from server.core.proxies import client_address
from server.core.throttle import Operation, Source
from server.ssh.folders import Folders
from server.ssh.limits import Limits, Owner
from server.ssh.session import Guest, Session

USER = "portal"
WRONG_USER = f"The user name is {USER}, as in {USER}@portal.example.\r\n"
MAX_KEYS = 10
"""Keys that a connection may offer; an agent offers all it has."""
MAX_CHANNELS = 2
TOO_MANY_CHANNELS = "This connection has the client and SFTP open already."
WINDOW_BYTES = 256 * 1024
"""Bytes that a channel takes before they are used."""
STOPPED = "The portal's SSH server was stopped. What you typed is saved."
LONG = "The session has lasted as long as it can. What you typed is saved. Connect again."
KEY_GONE = "The SSH key was removed, or its account was closed."
IDLE = "The connection was not used for a while. What you typed is saved."


class Connection(asyncssh.SSHServer):
    """A connection, which signs in by a key or comes without one to the sign-in form."""

    def __init__(self, services: Services, limits: Limits, folders: Folders) -> None:
        self._services, self._limits, self._folders = services, limits, folders
        self._address = ""
        self._is_waiting = self._has_begun = self._is_keyless = False
        self._key: SshKey | None = None
        self._keys_offered = 0
        self._owner: Owner | None = None
        self._guest: Guest | None = None
        self._used_at = monotonic()
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Admit the connection, or end it at once."""
        self._conn = conn
        self._address = client_address(conn.get_extra_info("peername")[0], (), ())
        self._is_waiting = self._limits.admit(self._address)
        if not self._is_waiting:
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a connection that tried to sign in, and did not, as a failure."""
        for task in self._tasks:
            task.cancel()
        if self._owner is not None:
            self._limits.end(self._owner)
        elif self._is_waiting:
            self._limits.forget(self._address)
            if self._has_begun:
                self._start(self._services.write(self._record_failure))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _record_failure(self, tx: Transaction) -> None:
        throttle.record_failure(tx, Operation.SSH, source=Source(self._address))
        record(tx, Action.SIGN_IN_REFUSED, address=self._address)

    async def begin_auth(self, username: str) -> bool:
        """Start signing in, which is always needed, unless there were too many failures."""
        source = Source(self._address)
        try:
            await self._services.read(lambda tx: throttle.check(tx, Operation.SSH, source=source))
        except PortalProblem as problem:
            detail = problem.problem.detail
            raise asyncssh.DisconnectError(asyncssh.DISC_TOO_MANY_CONNECTIONS, detail) from None
        self._has_begun = True
        if username != USER:
            self._conn.send_auth_banner(WRONG_USER)
        return True

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the key that signed in, if any."""
        return self._guest.key.fingerprint if self._guest and self._guest.key else None

    def end(self, reason: str) -> None:
        """End the connection."""
        self._conn.disconnect(asyncssh.DISC_BY_APPLICATION, reason)

    def public_key_auth_supported(self) -> bool:
        """Offer keys, which are tried before the sign-in form."""
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether a key may sign in; the client then proves that it has it.

        Only the first such key is accepted, so that no other is taken for the one that is proved.
        """
        self._keys_offered += 1
        if username != USER or self._is_keyless or self._keys_offered > MAX_KEYS:
            return False
        fingerprint = key.get_fingerprint()
        if self._key is None:
            self._key = await self._services.read(partial(find_key, fingerprint=fingerprint))
        return self._key is not None and self._key.fingerprint == fingerprint

    def kbdint_auth_supported(self) -> bool:
        """Offer a sign-in without questions: the portal's form asks for email and password."""
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> bool:
        """Let anybody come as far as the portal's form."""
        self._is_keyless, self._key = True, None
        return username == USER

    def auth_completed(self) -> None:
        """Count a session of the key's account, or of the address if there is no key.

        One too many is ended at once.
        """
        self._limits.forget(self._address)
        self._is_waiting = False
        owner: Owner = self._key.account_id if self._key else self._address
        if refusal := self._limits.start(owner):
            self._conn.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, refusal)
            return
        self._owner = owner
        self._guest = Guest(self._services, self._folders, self._address, self._key, self._use)
        self._use()
        self._start(self._end_when_idle(self._guest))

    def _use(self) -> None:
        self._used_at = monotonic()

    async def _end_when_idle(self, guest: Guest) -> None:
        settings = self._services.settings
        ends_at = monotonic() + settings.session_hours * 3600
        while True:
            limit = settings.ssh_idle_minutes * 60 if guest.opened else settings.ssh_login_seconds
            remaining = self._used_at + limit - monotonic()
            if remaining <= 0:
                return self.end(IDLE)
            if (hours_left := ends_at - monotonic()) <= 0:
                return self.end(LONG)
            await asyncio.sleep(min(remaining, hours_left))

    def session_requested(
        self,
    ) -> "tuple[asyncssh.SSHServerChannel[bytes], asyncssh.SSHServerSession[bytes]]":
        """Open a channel for the client or for SFTP, and no more than these at once."""
        if self._guest is None or self._guest.channels >= MAX_CHANNELS:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, TOO_MANY_CHANNELS)
        self._guest.channels += 1
        channel = self._conn.create_server_channel(encoding=None, window=WINDOW_BYTES)
        return channel, Session(self._guest)
