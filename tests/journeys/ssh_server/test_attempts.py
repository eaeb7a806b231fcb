"""Attempts to get more out of the SSH server than the client and one's own files: each fails."""

import asyncio
import socket
import subprocess
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from server.accounts.tables import Account
from server.core import throttle
from server.core.database import Services
from server.core.throttle import ADDRESS, Operation, Source
from server.ssh.session import NO_COMMANDS, NO_TERMINAL, ONE_ONLY
from tests.journeys.ssh_server.conftest import (
    FOLDER_MB,
    UNAUTHENTICATED,
    KeyHolder,
    SshServer,
    make_key,
    openssh,
)
from tests.running import ServerProcess

SECRET = b"another person's file"
REFUSALS = (asyncssh.Error, asyncssh.ChannelListenError, OSError)
Attempt = Coroutine[Any, Any, object]


class Guest(asyncssh.SSHClient):
    """Comes without a key, as OpenSSH does when it has none."""

    has_tried = False
    reason: Exception | None = None
    """Why the server ended the connection."""

    def connection_lost(self, exc: Exception | None) -> None:
        self.reason = exc

    def kbdint_auth_requested(self) -> str | None:
        if self.has_tried:
            return None
        self.has_tried = True
        return ""

    def kbdint_challenge_received(self, *_: object) -> list[str]:
        return []


def connect(ssh_server: SshServer, *, address: str = "127.0.0.1", **options: Any) -> Any:
    """Return a connection of asyncssh, without a key by default."""
    return asyncssh.connect(
        "127.0.0.1",
        ssh_server.port,
        local_addr=(address, 0),
        known_hosts=None,
        config=None,
        agent_path=None,
        username=options.pop("username", "portal"),
        client_keys=options.pop("client_keys", None),
        client_factory=options.pop("client_factory", Guest),
        **options,
    )


async def is_refused(attempt: Attempt) -> bool:
    """Whether an attempt is refused by the server."""
    try:
        await attempt
    except REFUSALS:
        return True
    return False


async def output_of(connection: asyncssh.SSHClientConnection, **options: Any) -> tuple[str, int]:
    """Return what the server writes to a channel, and its exit code."""
    result = await connection.run(timeout=20, **options)
    return f"{result.stdout!s}{result.stderr!s}".strip(), result.exit_status or 0


async def test_only_the_client_is_served(
    ssh_server: SshServer, server: ServerProcess, holder: KeyHolder
) -> None:
    async with connect(ssh_server, **holder.options) as connection:
        for command in ("id", "/bin/sh", "scp -f /etc/passwd", "/usr/lib/openssh/sftp-server"):
            assert await output_of(connection, command=command) == (NO_COMMANDS, 2)
        assert await output_of(connection) == (NO_TERMINAL, 2)
        attempts: dict[str, Attempt] = {
            "subsystem": connection.run(subsystem="netconf"),
            "local forward": connection.open_connection("127.0.0.1", server.port),
            "remote forward": connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 22),
            "local socket": connection.open_unix_connection("/run/socket"),
            "remote socket": connection.forward_remote_path("/run/portal-test", "/run/socket"),
            "tunnel": connection.open_tun(),
            "X11": connection.run(x11_forwarding=True, term_type="xterm"),
        }
        refused = {name: await is_refused(attempt) for name, attempt in attempts.items()}
        assert refused == dict.fromkeys(refused, True)
    assert not ssh_server.clients()


async def test_odd_windows_and_second_sessions_do_no_harm(
    ssh_server: SshServer, holder: KeyHolder
) -> None:
    async with connect(ssh_server, **holder.options) as connection:
        process = await connection.create_process(term_type="xterm", term_size=(10_000, 10_000))
        for size in ((0, 0), (2**32 - 1, 2**32 - 1), (1, 1), (80, 24)):
            process.change_terminal_size(*size)
        await process.stdout.readuntil("Enter your")
        assert await output_of(connection, term_type="xterm") == (ONE_ONLY, 2)
        process.stdin.write("\x11")
        assert (await process.wait()).exit_status == 0


def test_public_key_alone_does_not_sign_in(
    ssh_server: SshServer, holder: KeyHolder, tmp_path: Path
) -> None:
    pretended = tmp_path / "pretended"
    make_key(pretended)
    Path(f"{pretended}.pub").write_bytes(Path(f"{holder.key}.pub").read_bytes())
    errors = [
        subprocess.run(
            [*openssh("ssh", ssh_server, "-s", key=key), "sftp"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=30,
        ).stderr
        for key in (holder.key, pretended)
    ]
    assert [b"subsystem request failed" in error for error in errors] == [False, True]


async def test_without_a_known_key_there_are_no_files(
    ssh_server: SshServer, holder: KeyHolder, services: Services, tmp_path: Path
) -> None:
    make_key(tmp_path / "unknown")
    async with connect(ssh_server) as connection:
        assert await is_refused(connection.start_sftp_client())
    unknown = [str(tmp_path / "unknown")]
    only_key = {"preferred_auth": "publickey"}
    assert await is_refused(connect(ssh_server, client_keys=unknown, **only_key))
    assert await is_refused(connect(ssh_server, username="root", **holder.options))
    assert await is_refused(connect(ssh_server, username="root"))
    assert await is_refused(connect(ssh_server, password="portal", preferred_auth="password"))
    with services.transaction() as tx:
        tx.session.get_one(Account, holder.someone.id).disabled_at = tx.now
    assert await is_refused(connect(ssh_server, **holder.options, **only_key))


async def test_sftp_reaches_nothing_outside_of_the_folder(
    ssh_server: SshServer, key_holder: Callable[[], KeyHolder], services: Services
) -> None:
    holder, victim = key_holder(), key_holder()
    holder.sign_in(services)
    victim.folder.mkdir(0o700)
    (victim.folder / "secret.txt").write_bytes(SECRET)
    async with connect(ssh_server, **holder.options) as connection:
        sftp = await connection.start_sftp_client()
        async with sftp.open("own.txt", "wb") as file:
            await file.write(b"own")
        async with sftp.open("other.txt", "wb") as file:
            await file.write(b"other")
        for name, target in (("link", victim.folder / "secret.txt"), ("folder", victim.folder)):
            (holder.folder / name).symlink_to(target)
        big = b"x" * (FOLDER_MB * 1024 * 1024 + 1)
        secret = f"accounts/{victim.someone.id}/secret.txt"
        attempts: dict[str, Attempt] = {
            "above": read(sftp, f"../{victim.someone.id}/secret.txt"),
            "far above": read(sftp, f"../../../../../../../../{victim.folder}/secret.txt"),
            "absolute": read(sftp, str(victim.folder / "secret.txt")),
            "data": read(sftp, f"../../{secret}"),
            "system": read(sftp, "/etc/passwd"),
            "process": read(sftp, "/proc/self/environ"),
            "link": read(sftp, "link"),
            "linked folder": read(sftp, "folder/secret.txt"),
            "list linked folder": sftp.listdir("folder"),
            "list above": sftp.listdir(f"../{victim.someone.id}"),
            "write link": write(sftp, "link", b"x"),
            "write above": write(sftp, f"../{victim.someone.id}/secret.txt", b"x"),
            "remove link": sftp.remove("link"),
            "rename over": sftp.posix_rename("own.txt", "other.txt"),
            "rename above": sftp.rename("own.txt", f"../{victim.someone.id}/own.txt"),
            "rename link": sftp.rename("folder", "renamed"),
            "make link": sftp.symlink("/etc", "etc"),
            "make hard link": sftp.link("own.txt", "hard"),
            "read link": sftp.readlink("link"),
            "folder": sftp.mkdir("new"),
            "mode": sftp.chmod("own.txt", 0o777),
            "owner": sftp.chown("own.txt", 0, 0),
            "size": sftp.truncate("own.txt", 2**40),
            "disk": sftp.statvfs("."),
            "quota": write(sftp, "big", big),
            "sparse": write(sftp, "sparse", b"x", 2**40),
            "files at once": open_many(sftp),
        }
        refused = {name: await is_refused(attempt) for name, attempt in attempts.items()}
        assert refused == dict.fromkeys(attempts, True)
        assert await read(sftp, "own.txt") == b"own"
        assert await read(sftp, "../../own.txt") == b"own"
        assert await sftp.realpath("../..") == "/"
    assert [file.name for file in victim.folder.iterdir()] == ["secret.txt"]
    assert (victim.folder / "secret.txt").read_bytes() == SECRET


async def read(sftp: asyncssh.SFTPClient, path: str) -> bytes:
    async with sftp.open(path, "rb") as file:
        content = await file.read()
    assert isinstance(content, bytes)
    return content


async def write(sftp: asyncssh.SFTPClient, path: str, content: bytes, offset: int = 0) -> None:
    async with sftp.open(path, asyncssh.FXF_WRITE | asyncssh.FXF_CREAT, encoding=None) as file:
        await file.write(content, offset)


async def open_many(sftp: asyncssh.SFTPClient) -> None:
    async with AsyncExitStack() as stack:
        for number in range(20):
            await stack.enter_async_context(sftp.open(f"file{number}", "wb"))


async def test_sessions_of_an_account_are_limited(ssh_server: SshServer, holder: KeyHolder) -> None:
    connections = [await connect(ssh_server, **holder.options) for _ in range(4)]
    client = Guest()
    refused = await connect(ssh_server, client_factory=lambda: client, **holder.options)
    await refused.wait_closed()
    assert "You have 4 sessions" in str(client.reason)
    for connection in connections:
        connection.close()
        await connection.wait_closed()
    async with connect(ssh_server, **holder.options) as connection:
        await connection.start_sftp_client()


async def test_silent_connections_neither_keep_others_out_nor_stay(
    ssh_server: SshServer, holder: KeyHolder
) -> None:
    idle = await connect(ssh_server, address="127.0.0.4", **holder.options)
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(("127.0.0.1", ssh_server.port), 30))
            for _ in range(200)
        ]
        first_bytes = [connection.recv(1) for connection in connections]
        assert len([byte for byte in first_bytes if byte]) == UNAUTHENTICATED // 2
        for connection in connections:
            if first_bytes.pop(0):
                connection.send(b"SSH-2.0-")  # and never the rest
        async with connect(ssh_server, address="127.0.0.3", **holder.options) as other:
            await other.start_sftp_client()
        for connection in connections:
            while connection.recv(1000):
                pass
    await idle.wait_closed()  # it opened nothing


async def test_client_that_nobody_signs_in_to_ends_although_it_is_used(
    server: ServerProcess, tmp_path: Path
) -> None:
    """A connection without a key would otherwise stay for the idle time."""
    database = f"sqlite:///{server.folder / 'portal.db'}"
    settings = {"PORTAL_DATA": str(tmp_path), "PORTAL_DATABASE_URL": database}
    with (tmp_path / "log").open("wb") as log:
        ssh_server = SshServer(server, log, **settings, PORTAL_SSH_SIGN_IN_SECONDS="2")
    async with connect(ssh_server) as connection:
        process = await connection.create_process(term_type="xterm", term_size=(200, 50))
        process.stdin.write("somebody@osierbeck.example")
        async with asyncio.timeout(60):
            output = await process.stdout.read()
        assert (await process.wait()).exit_status == 2
    assert "Nobody signed in within" in output
    assert not ssh_server.clients()
    assert ssh_server.stop() == 0


async def test_too_many_failures_of_an_address_are_held_up(
    ssh_server: SshServer, holder: KeyHolder, services: Services
) -> None:
    address = "127.0.0.9"
    for _ in range(ADDRESS.free + 2):
        with services.transaction() as tx:
            throttle.record_failure(tx, Operation.SSH, source=Source(address))
    with pytest.raises(asyncssh.DisconnectError, match="There were too many tries"):
        await connect(ssh_server, address=address, **holder.options)
    async with connect(ssh_server, **holder.options):
        pass
