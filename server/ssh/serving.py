"""The SSH server: listens, and ends every session when it is stopped."""

import asyncio
import signal
from contextlib import closing
from weakref import WeakSet

import asyncssh

from server.core.database import Services
from server.ssh.connection import Connection
from server.ssh.folders import Folders
from server.ssh.limits import Limits

SIGNATURES = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-256",
    "rsa-sha2-512",
)
"""Signatures of keys that an account can have; none with SHA-1."""
KEEPALIVE_SECONDS = 30


async def serve(services: Services, host_key: asyncssh.SSHKey) -> None:
    """Serve until SIGTERM or SIGINT; raises OSError if the port can't be used."""
    settings = services.settings
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    folders = Folders(services)
    with closing(services):
        connections: WeakSet[Connection] = WeakSet()
        acceptor = await listen(services, host_key, folders, connections)
        sweeps = asyncio.create_task(folders.run_sweeps())
        print(f"READY ssh://{settings.ssh_host}:{settings.ssh_port}", flush=True)
        await stopped.wait()
        sweeps.cancel()
        acceptor.close()
        for connection in list(connections):
            connection.end()
        if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks, timeout=settings.drain_seconds)


async def listen(
    services: Services,
    host_key: asyncssh.SSHKey,
    folders: Folders,
    connections: WeakSet[Connection],
) -> asyncssh.SSHAcceptor:
    """Listen for connections, without forwarding of any kind."""
    settings, limits = services.settings, Limits(services.settings)
    asyncssh.set_log_level("WARNING")

    def make_connection() -> Connection:
        connection = Connection(services, limits, folders)
        connections.add(connection)
        return connection

    return await asyncssh.listen(
        settings.ssh_host,
        settings.ssh_port,
        server_factory=make_connection,
        server_host_keys=[host_key],
        server_version="Portal",
        login_timeout=settings.ssh_login_seconds,
        keepalive_interval=KEEPALIVE_SECONDS,
        signature_algs=SIGNATURES,
        compression_algs=None,
        password_auth=False,
        host_based_auth=False,
        gss_host=None,
        agent_forwarding=False,
        x11_forwarding=False,
        allow_scp=False,
        line_editor=False,
        encoding=None,
    )
