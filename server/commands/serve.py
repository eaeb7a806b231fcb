"""The `serve` command."""

from __future__ import annotations

import argparse
import socket
import sys

import uvicorn
from fastapi import FastAPI

from server.app import create_app, open_services
from server.commands.command import (
    CommandError,
    Parsers,
    describe_database,
    open_existing,
    portal_version,
    require_forms,
    require_letters,
    require_schema,
)
from server.core.cores import AVAILABLE_CORES, share_one_core
from server.core.database import UnsafeDatabase, require_durable_commits
from server.core.logs import configure_logging
from server.core.metrics import share_figures
from server.core.protocol import KEEP_ALIVE_SECONDS, GuardedProtocol
from server.core.secret_key import add_key, current_key, order_keys
from server.core.settings import Settings, load_settings
from server.core.systemd import has_inherited_sockets, serve

WORKER_START_SECONDS = 60
"""uvicorn's default of 5 s would repeatedly kill workers that start slowly on a busy machine."""

NO_ANTIVIRUS = (
    "PORTAL_CLAMD is not set: documents are not scanned for viruses, and nobody can open them. Set "
    "it to the address of clamd, or set PORTAL_UNSCANNED=accept to let users open what was not "
    "scanned."
)


NO_RELAY = (
    "PORTAL_MAIL_HOST is not set: codes, links and notices could not be sent. Set it to the SMTP "
    "relay, or set PORTAL_MAIL=none to go without email: nobody can register, reset a password or "
    "use emailed codes then."
)
NO_MAIL = (
    "PORTAL_MAIL=none: no email is sent. Nobody can register, reset a password or use emailed "
    "codes; `portal-server staff add` prints the links of staff."
)


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser("serve", help="run the server until it is stopped")
    parser.add_argument(
        "--workers", type=int, help="processes (default: 1 on SQLite, one per core on PostgreSQL)"
    )
    parser.set_defaults(run=run)


def app_from_environment() -> FastAPI:
    """Create the app of one worker process."""
    settings = load_settings()
    configure_logging(settings.log)
    return create_app(open_services(settings))


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Run the server until it is stopped; raises CommandError or WrongSecretKey."""
    default_processes = _check(settings)
    processes = options.workers or default_processes
    address = (
        "systemd's socket" if has_inherited_sockets() else f"http://{settings.host}:{settings.port}"
    )
    print(
        f"Professional Portal {portal_version()} starts on {address}, "
        f"for links to {settings.public_url}. Database: {describe_database(settings.database)}.",
        flush=True,
    )
    if processes == 1:
        share_one_core()
        _serve(settings, processes)
    else:
        with share_figures():
            _serve(settings, processes)


def _serve(settings: Settings, processes: int) -> None:
    config = uvicorn.Config(
        "server.commands.serve:app_from_environment",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=processes,
        http=GuardedProtocol,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.drain_seconds,
        timeout_worker_healthcheck=WORKER_START_SECONDS,
        # The app itself reads X-Forwarded-For, from the proxies in the settings.
        proxy_headers=False,
        access_log=False,
        log_level="warning",
    )
    serve(config)


def _check(settings: Settings) -> int:
    """Check what the server needs, and return the default number of processes."""
    if settings.sends_mail and not settings.mail_host:
        raise CommandError(NO_RELAY)
    if not has_inherited_sockets():
        _check_address(settings)
    require_forms(settings)
    require_letters(settings)
    with open_existing(settings) as engine:
        try:
            require_durable_commits(engine)
        except UnsafeDatabase as error:
            raise CommandError(f"PORTAL_DATABASE_URL: {error}") from None
        require_schema(engine)
    if not settings.clamd and not settings.accepts_unscanned:
        print(NO_ANTIVIRUS, file=sys.stderr)
    if not settings.sends_mail:
        print(NO_MAIL, file=sys.stderr)
    check_secret_key(settings)
    # SQLite allows one writer at a time, so a second process would cost more than it gains.
    return 1 if engine.name == "sqlite" else len(AVAILABLE_CORES)


def _check_address(settings: Settings) -> None:
    """Check that the server can listen, because uvicorn would end with a traceback or a log."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((settings.host, settings.port))
            listener.listen()
    except OSError as error:
        raise CommandError(
            f"PORTAL_HOST, PORTAL_PORT: the server can't listen on {settings.host} port "
            f"{settings.port}: {error.strerror}. Choose an address of this machine, and a port "
            "that no other program uses."
        ) from None


def check_secret_key(settings: Settings) -> None:
    """Check that the database is used with this key; raises WrongSecretKey."""
    services = open_services(settings)
    with services.transaction() as tx:
        order_keys(tx.session, services.keys)
        if current_key(tx.session) is None:
            add_key(tx.session, services.keys, tx.now)
    services.close()
