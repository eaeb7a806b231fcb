"""The `ssh` command: serve the client over SSH."""

from __future__ import annotations

import argparse
import asyncio

from server.app import open_services
from server.commands.command import CommandError, Parsers, open_existing, require_schema
from server.commands.serve import check_secret_key
from server.core.settings import Settings

NOT_INSTALLED = (
    "The SSH server is not installed. Install professional-portal with its extra: "
    "professional-portal[server,ssh]."
)
ALREADY_RUNNING = (
    "An SSH server with the same PORTAL_DATA, {}, is running. Stop it first; nothing was changed."
)


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser("ssh", help="serve the client over SSH; see docs/ssh.md")
    parser.add_argument(
        "--fingerprints", action="store_true", help="print the host key's fingerprint, and exit"
    )
    parser.set_defaults(run=run)


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Serve until the process is stopped; raises CommandError or WrongSecretKey."""
    try:
        from server.ssh.folders import AlreadyRunning
        from server.ssh.host_keys import UnusableHostKey, load_host_key
        from server.ssh.serving import serve
    except ModuleNotFoundError as error:
        if error.name != "asyncssh":
            raise
        raise CommandError(NOT_INSTALLED) from None
    if not options.fingerprints:
        with open_existing(settings) as engine:
            require_schema(engine)
    try:
        host_key = load_host_key(settings)
    except UnusableHostKey as error:
        raise CommandError(f"PORTAL_SSH_HOST_KEY_FILE: {error}") from None
    except OSError as error:
        raise CommandError(
            f"PORTAL_SSH_HOST_KEY_FILE: {error.filename}: {error.strerror}"
        ) from None
    print(f"Host key: {host_key.get_fingerprint()} ({host_key.get_algorithm()})", flush=True)
    if options.fingerprints:
        return
    check_secret_key(settings)
    services = open_services(settings)
    try:
        asyncio.run(serve(services, host_key))
    except AlreadyRunning:
        raise CommandError(ALREADY_RUNNING.format(settings.data)) from None
    except OSError as error:
        raise CommandError(
            f"PORTAL_SSH_PORT: {settings.ssh_host} port {settings.ssh_port}: {error.strerror}"
        ) from None
