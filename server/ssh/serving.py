"""The SSH server: listens, and ends every session when it is stopped."""

import asyncio
import signal
from contextlib import closing
from functools import partial
from weakref import WeakSet

import asyncssh

from server.accounts.ssh_keys import find_key
from server.core.database import Services
from server.core.repeat import repeat
from server.ssh.connection import KEY_GONE, STOPPED, Connection
from server.ssh.folders import Folders, only_server
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
SWEEP_SECONDS = 60
KEEPALIVE_SECONDS = 30


async def serve(services: Services, host_key: asyncssh.SSHKey) -> None:
    """Serve until SIGTERM or SIGINT; raises AlreadyRunning, or OSError without the port."""
    settings = services.settings
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    with closing(services), only_server(settings.data):
        folders = Folders(services)
        connections: WeakSet[Connection] = WeakSet()
        end_gone = partial(end_without_key, services, connections)
        acceptor = await listen(services, host_key, folders, connections)
        sweeps = [
            asyncio.create_task(repeat("ssh_folders", SWEEP_SECONDS, folders.sweep)),
            asyncio.create_task(repeat("ssh_keys", SWEEP_SECONDS, end_gone)),
        ]
        print(f"READY ssh://{settings.ssh_host}:{settings.ssh_port}", flush=True)
        await stopped.wait()
        for sweep in sweeps:
            sweep.cancel()
        acceptor.close()
        for connection in list(connections):
            connection.end(STOPPED)
        if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks, timeout=settings.drain_seconds)


async def end_without_key(services: Services, connections: WeakSet[Connection]) -> None:
    """End the connections whose key may not sign in any more."""
    for connection in list(connections):
        fingerprint = connection.fingerprint
        if fingerprint and not await services.read(partial(find_key, fingerprint=fingerprint)):
            connection.end(KEY_GONE)


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
