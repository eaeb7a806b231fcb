"""The `serve` command."""

from __future__ import annotations

import argparse
import sys

import uvicorn
from fastapi import FastAPI

from server.app import create_app, open_services
from server.commands.command import CommandError, Parsers
from server.core import migrate
from server.core.cores import AVAILABLE_CORES, share_one_core
from server.core.database import UnsafeDatabase, open_database, require_durable_commits
from server.core.logs import configure_logging
from server.core.protocol import KEEP_ALIVE_SECONDS, GuardedProtocol
from server.core.secret_key import add_key, current_key, order_keys
from server.core.settings import Settings
from server.forms.catalogue import BadForm, catalogue

WORKER_START_SECONDS = 60
"""uvicorn's default of 5 s would repeatedly kill workers that start slowly on a busy machine."""

NO_ANTIVIRUS = (
    "PORTAL_CLAMD is not set: documents are not scanned for viruses, and nobody can open them. Set "
    "it to the address of clamd, or set PORTAL_UNSCANNED=accept to let users open what was not "
    "scanned."
)


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "serve", help="run the server; settings are read from PORTAL_... environment variables"
    )
    parser.add_argument(
        "--workers", type=int, help="processes (default: 1 on SQLite, one per core on PostgreSQL)"
    )
    parser.set_defaults(run=run)


def app_from_environment() -> FastAPI:
    """Create the app of one worker process."""
    configure_logging()
    return create_app(open_services(Settings()))


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Run the server until it is stopped; raises CommandError or WrongSecretKey."""
    default_processes = _check(settings)
    processes = options.workers or default_processes
    if processes == 1:
        share_one_core()
    uvicorn.run(
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


def _check(settings: Settings) -> int:
    """Check what the server needs, and return the default number of processes."""
    try:
        catalogue(settings.forms)
    except (BadForm, OSError) as error:
        raise CommandError(f"PORTAL_FORMS: {error}") from None
    engine = open_database(settings.database)
    try:
        require_durable_commits(engine)
    except UnsafeDatabase as error:
        raise CommandError(f"PORTAL_DATABASE_URL: {error}") from None
    if not migrate.is_up_to_date(engine):
        raise CommandError(
            "The database is empty or its schema version differs: run `portal-server migrate`."
        )
    engine.dispose()
    if not settings.clamd and not settings.accepts_unscanned:
        print(NO_ANTIVIRUS, file=sys.stderr)
    check_secret_key(settings)
    # SQLite allows one writer at a time, so a second process would cost more than it gains.
    return 1 if engine.name == "sqlite" else len(AVAILABLE_CORES)


def check_secret_key(settings: Settings) -> None:
    """Check that the database is used with this key; raises WrongSecretKey."""
    services = open_services(settings)
    with services.transaction() as tx:
        order_keys(tx.session, services.keys)
        if current_key(tx.session) is None:
            add_key(tx.session, services.keys, tx.now)
    services.close()
