"""A channel of a connection: the client in a terminal, or SFTP."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeAlias, cast
from uuid import UUID

import asyncssh
from asyncssh.channel import SSHChannel
from asyncssh.stream import SSHServerStreamSession

from server.accounts.ssh_keys import SshKey, is_signed_in, start_key_session
from server.core.database import Services
from server.core.origins import sign_origin
from server.ssh.files import FolderServer
from server.ssh.folders import Folders
from server.ssh.terminal import Terminal, client_command, client_environment

REFUSED = 2
NO_TERMINAL = "The portal needs a terminal; use ssh -t."
NO_COMMANDS = "The portal runs no commands. Connect without one."
ONE_ONLY = "This connection has a session already. Open another connection."
FILES_STAY = "Files there are deleted after {} hours without a session."
FILES_GO = "Files there are deleted when you leave."
FILES_LEFT = (
    "Files that you saved are on the portal's machine, and are deleted after {} hours without a "
    "session. Fetch them with sftp."
)
FILES_GONE = (
    "Files that you saved on the portal's machine were deleted. To fetch files with sftp, add an "
    "SSH key under My Account."
)

SFTP_VERSION = 3
"""The version that OpenSSH speaks, and for which `FolderServer` is written."""
CLIENT, SFTP = "client", "sftp"
ServerChannel: TypeAlias = "asyncssh.SSHServerChannel[bytes]"


@dataclass
class Guest:
    """Who uses a connection, and what of it is open."""

    services: Services
    folders: Folders
    address: str
    key: SshKey | None
    on_use: Callable[[], None]
    opened: set[str] = field(default_factory=set)
    channels: int = 0
    """How many channels are open."""

    @property
    def account(self) -> UUID | None:
        """The account of the key."""
        return self.key.account_id if self.key else None


class Session(SSHServerStreamSession[bytes]):
    """A channel, which is the client or, with a key, SFTP; nothing else is served."""

    def __init__(self, guest: Guest) -> None:
        super().__init__(self._run, self._serve_files, sftp_version=SFTP_VERSION)
        self._guest = guest

    def subsystem_requested(self, subsystem: str) -> bool:
        """Whether a subsystem is served."""
        guest = self._guest
        return subsystem == SFTP and guest.key is not None and SFTP not in guest.opened

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the channel no longer."""
        self._guest.channels -= 1
        super().connection_lost(exc)

    async def _run(
        self,
        stdin: asyncssh.SSHReader[bytes],
        stdout: asyncssh.SSHWriter[bytes],
        stderr: asyncssh.SSHWriter[bytes],
    ) -> None:
        channel = cast("ServerChannel", stdout.channel)
        if refusal := self._refusal(channel):
            stderr.write(f"{refusal}\r\n".encode())
            channel.exit(REFUSED)
            return
        self._guest.opened.add(CLIENT)
        self._guest.on_use()
        token = await self._start_key_session()
        account = self._guest.account if token else None
        code = await self._run_client(channel, stdin, stdout, token, account)
        hours = self._guest.services.settings.ssh_folder_hours
        text = FILES_LEFT.format(hours) if account else FILES_GONE
        stdout.write(f"\r\n{text}\r\n".encode())
        channel.exit(code)

    def _refusal(self, channel: ServerChannel) -> str:
        if channel.get_command() is not None:
            return NO_COMMANDS
        if CLIENT in self._guest.opened:
            return ONE_ONLY
        return "" if channel.get_terminal_type() else NO_TERMINAL

    async def _run_client(
        self,
        channel: ServerChannel,
        stdin: asyncssh.SSHReader[bytes],
        stdout: asyncssh.SSHWriter[bytes],
        token: str | None,
        account: UUID | None,
    ) -> int:
        guest = self._guest
        width, height, *_ = channel.get_terminal_size()
        environment = client_environment(
            channel.get_terminal_type() or "", channel.get_environment_bytes()
        )
        with guest.folders.use(account) as folder, Terminal(width, height) as terminal:
            handover = self._hand_over(token, account)
            command = client_command(guest.services.settings, folder, handover)
            return await terminal.run(command, environment, handover, stdin, stdout, guest.on_use)

    async def _start_key_session(self) -> str | None:
        """Return the token of a session of the key, or None; the key may be gone since."""
        guest = self._guest
        if guest.key is None:
            return None
        start = partial(start_key_session, fingerprint=guest.key.fingerprint, address=guest.address)
        return await guest.services.write(start)

    def _hand_over(self, token: str | None, account: UUID | None) -> int:
        """Return a pipe with the session and account of the key, the person's address and limits.

        Other accounts of the machine can read arguments, but no pipes.
        """
        guest, services = self._guest, self._guest.services
        hours = services.settings.ssh_folder_hours
        values = {"token": token, "account": str(account) if account else None}
        limits = {"quota": self._quota, "sign_in_seconds": services.settings.ssh_sign_in_seconds}
        note = FILES_STAY.format(hours) if account else FILES_GO
        until = services.clock() + timedelta(hours=services.settings.session_hours)
        origin = sign_origin(services.keys, guest.address, until)
        reader, writer = os.pipe()
        with os.fdopen(writer, "w") as pipe:
            json.dump({**values, "origin": origin, "note": note, **limits}, pipe)
        return reader

    @property
    def _quota(self) -> int:
        return self._guest.services.settings.ssh_folder_mb * 1024 * 1024

    def _serve_files(self, channel: "SSHChannel[bytes]") -> asyncssh.SFTPServer:
        guest = self._guest
        assert guest.key is not None  # noqa: S101 - checked by subsystem_requested
        guest.opened.add(SFTP)
        guest.on_use()
        folder = guest.folders.use(guest.account)
        return FolderServer(
            cast("ServerChannel", channel),
            folder,
            self._quota,
            partial(guest.services.read, partial(is_signed_in, fingerprint=guest.key.fingerprint)),
            guest.on_use,
        )
