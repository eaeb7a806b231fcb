"""The SSH server in the tests' own process, and people with keys."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakSet

import asyncssh
import pytest
from sqlmodel import col, update

from server.accounts.ssh_keys import start_key_session
from server.accounts.tables import StoredSession
from server.core.database import Services
from server.ssh.connection import Connection
from server.ssh.folders import Folders
from server.ssh.serving import listen
from shared.accounts import SessionState
from tests.parts import Someone
from tests.running import find_free_port
from tests.server.steps import ok


@dataclass
class Ssh:
    """The SSH server, with what it has open."""

    services: Services
    folders: Folders
    connections: WeakSet[Connection]

    def connect(self, **options: Any) -> Any:
        """Return a connection of asyncssh."""
        port = self.services.settings.ssh_port
        fixed = {"known_hosts": None, "config": None, "agent_path": None, "username": "portal"}
        return asyncssh.connect("127.0.0.1", port, **fixed, **options)


@pytest.fixture
async def ssh(services: Services) -> AsyncIterator[Ssh]:
    services.settings.ssh_port = find_free_port()
    folders, connections = Folders(services), WeakSet[Connection]()
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    acceptor = await listen(services, host_key, folders, connections)
    yield Ssh(services, folders, connections)
    acceptor.close()
    await acceptor.wait_closed()


@dataclass
class Key:
    """A key of someone."""

    owner: Someone
    id: UUID
    private: asyncssh.SSHKey

    @property
    def options(self) -> dict[str, Any]:
        """Options of a connection."""
        return {"client_keys": [self.private]}

    def sign_in(self, services: Services) -> None:
        """Begin a session by the key, and complete its second step."""
        with services.transaction() as tx:
            start_key_session(tx, self.private.get_fingerprint(), "192.0.2.1")
            mine = col(StoredSession.ssh_key_id) == self.id
            tx.session.exec(update(StoredSession).where(mine).values(state=SessionState.SIGNED_IN))


def add_key(owner: Someone) -> Key:
    """Add a key to an account."""
    key, private = uuid4(), asyncssh.generate_private_key("ssh-ed25519")
    line = private.export_public_key().decode()
    ok(owner.put(f"/v1/account/ssh-keys/{key}", json={"line": line}))
    return Key(owner, key, private)


@pytest.fixture
def key(me: Someone) -> Key:
    return add_key(me)
