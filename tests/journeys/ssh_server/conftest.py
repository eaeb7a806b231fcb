"""`portal-server ssh` beside the module's server, and people with keys."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import asyncssh
import psutil
import pytest
from sqlmodel import col, update

from server.accounts.ssh_keys import start_key_session
from server.accounts.tables import StoredSession
from server.core.database import Services
from shared.accounts import SessionState
from tests.journeys.terminal import Terminal
from tests.parts import Factory, Someone
from tests.running import BIN, ServerProcess, find_free_port
from tests.server.steps import ok

LOGIN_SECONDS = 5
UNAUTHENTICATED = 20
FOLDER_MB = 1
ENV = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "NO_COLOR": "1", "PATH": "/usr/bin:/bin"}


class SshServer:
    """`portal-server ssh` as a process, with the data of a server."""

    def __init__(self, server: ServerProcess, log: IO[bytes], **settings: str) -> None:
        self.port, self.folder = find_free_port(), server.folder / "ssh"
        self.env = {
            **server.env,
            "PORTAL_SSH_PORT": str(self.port),
            "PORTAL_SSH_LOGIN_SECONDS": str(LOGIN_SECONDS),
            "PORTAL_SSH_UNAUTHENTICATED": str(UNAUTHENTICATED),
            "PORTAL_SSH_FOLDER_MB": str(FOLDER_MB),
            **settings,
        }
        command = [str(BIN / "portal-server"), "ssh"]
        self.process = subprocess.Popen(
            command, env=self.env, stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()
        assert self.process.stdout.readline().startswith("READY")

    def clients(self) -> list[psutil.Process]:
        """Return the running clients."""
        return list(psutil.Process(self.process.pid).children())

    def stop(self) -> int:
        """Send SIGTERM, and return the exit code."""
        self.process.terminate()
        return self.process.wait(30)


@pytest.fixture(scope="module")
def ssh_server(server: ServerProcess) -> Iterator[SshServer]:
    log = server.folder / "ssh.log"
    with log.open("wb") as file:
        process = SshServer(server, file)
        yield process
        assert process.stop() == 0
    assert log.read_text() == ""


@dataclass
class KeyHolder:
    """Someone with a registered key."""

    someone: Someone
    key: Path
    folder: Path

    @property
    def options(self) -> dict[str, Any]:
        """Options of an asyncssh client."""
        return {"client_keys": [str(self.key)]}

    def sign_in(self, services: Services) -> None:
        """Begin a session by the key, and complete its second step."""
        fingerprint = asyncssh.read_public_key(f"{self.key}.pub").get_fingerprint()
        with services.transaction() as tx:
            start_key_session(tx, fingerprint, "192.0.2.1")
            mine = col(StoredSession.account_id) == self.someone.id
            tx.session.exec(update(StoredSession).where(mine).values(state=SessionState.SIGNED_IN))


def make_key(file: Path) -> str:
    """Write a pair of keys, and return the line of the public one."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment="jo@laptop")
    key.write_private_key(file)
    file.chmod(0o600)
    key.write_public_key(f"{file}.pub")
    return key.export_public_key().decode()


@pytest.fixture
def key_holder(someone: Factory, ssh_server: SshServer, tmp_path: Path) -> Callable[[], KeyHolder]:
    """Factory of people with a key."""

    def make() -> KeyHolder:
        me = someone(f"{uuid4().hex}@osierbeck.example")
        file = tmp_path / me.id.hex
        line = make_key(file)
        ok(me.put(f"/v1/account/ssh-keys/{uuid4()}", json={"line": line}))
        return KeyHolder(me, file, ssh_server.folder / "accounts" / str(me.id))

    return make


@pytest.fixture
def holder(key_holder: Callable[[], KeyHolder]) -> KeyHolder:
    return key_holder()


def openssh(
    program: str, ssh_server: SshServer, *options: str, key: Path | None = None
) -> list[str]:
    """Return the command of OpenSSH's client for the SSH server."""
    settings = {
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": "/dev/null",
        "LogLevel": "ERROR",
        "IdentityAgent": "none",
        "IdentitiesOnly": "yes",
        "Port": str(ssh_server.port),
        **({"IdentityFile": str(key)} if key else {"PubkeyAuthentication": "no"}),
    }
    pairs = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    return [program, "-F", "/dev/null", *pairs, *options, "portal@127.0.0.1"]


@pytest.fixture
def terminal(ssh_server: SshServer, home: Path) -> Iterator[Callable[..., Terminal]]:
    """Function that starts the portal over SSH in a terminal."""
    terminals: list[Terminal] = []

    def start(*options: str, key: Path | None = None) -> Terminal:
        command = openssh("ssh", ssh_server, "-t", *options, key=key)
        terminals.append(Terminal(command, env=ENV, cwd=home))
        return terminals[-1]

    yield start
    for started in terminals:
        if started.process.poll() is None:
            started.kill()
