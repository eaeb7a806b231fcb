"""The `portal-server` command: serve, migrate, manage accounts, run the demo."""

import argparse
import logging
import os
import re
import sys

import structlog
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import OperationalError, ProgrammingError

from server.accounts.registration import find_account
from server.app import create_app, open_services
from server.core import migrate
from server.core.audit import Action, record
from server.core.cores import AVAILABLE_CORES, share_one_core
from server.core.database import Transaction, UnsafeDatabase, open_database, require_durable_commits
from server.core.problems import PortalProblem
from server.core.protocol import KEEP_ALIVE_SECONDS, GuardedProtocol
from server.core.settings import Settings
from server.desk.actions import give_up_all
from server.forms.catalogue import BadForm, catalogue
from server.support.service import reset_throttle
from server.support.staff import StaffAccountError, add_staff, disable_staff
from shared.accounts import Staff

EXIT_FAILURE = 2
WORKER_START_SECONDS = 60
"""uvicorn's default of 5 s would repeatedly kill workers that start slowly on a busy machine."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = _build_parser().parse_args(arguments)
    _configure_logging()
    if options.command == "demo":
        from server.demo.run import run

        run()
        return 0
    try:
        settings = Settings()
    except ValidationError as error:
        for details in error.errors():
            name = "_".join(str(part) for part in details["loc"]).upper()
            print(f"PORTAL_{name}: {details['msg']}", file=sys.stderr)
        return EXIT_FAILURE
    except SettingsError as error:
        field = re.findall(r'field "(\w+)"', str(error))
        print(f"PORTAL_{''.join(field).upper()}: not valid JSON", file=sys.stderr)
        return EXIT_FAILURE
    try:
        return _run_command(settings, options)
    except OSError as error:
        print(f"PORTAL_DATA: {error.filename}: {error.strerror}", file=sys.stderr)
    except (OperationalError, ProgrammingError) as error:
        print(
            f"PORTAL_DATABASE_URL: the database can't be used: {error.orig}\n"
            "Check that it exists and is writable, and that `portal-server migrate` has been run.",
            file=sys.stderr,
        )
    return EXIT_FAILURE


def _run_command(settings: Settings, options: argparse.Namespace) -> int:
    if options.command == "migrate":
        migrate.upgrade(open_database(settings.database))
        return 0
    if options.command == "account":
        return _unlock_account(settings, options.email)
    if options.command == "staff":
        return _run_staff_command(settings, options)
    return _serve(settings, options.workers)


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="portal-server", description="The Professional Portal server."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve", help="run the server; settings are read from PORTAL_... environment variables"
    )
    serve.add_argument(
        "--workers", type=int, help="processes (default: 1 on SQLite, one per core on PostgreSQL)"
    )
    commands.add_parser(
        "migrate", help="upgrade the database schema to this version, keeping its data"
    )
    account = commands.add_parser("account", help="help someone who can't sign in")
    account.add_argument("action", choices=["unlock"], help="unlock: clear failed sign-in attempts")
    account.add_argument("email")
    staff = commands.add_parser("staff", help="create or disable a staff account")
    actions = staff.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="create the account and print a link to set its password")
    add.add_argument("email")
    add.add_argument("--as", dest="kind", choices=[kind.value for kind in Staff], required=True)
    add.add_argument("--first-name", required=True)
    add.add_argument("--last-name", required=True)
    add.add_argument("--phone", required=True)
    disable = actions.add_parser(
        "disable", help="end its sessions, block sign-in and remove it from its cases"
    )
    disable.add_argument("email")
    commands.add_parser("demo", help="run a demo server with made-up people until stdin closes")
    return parser


def _configure_logging() -> None:
    """Configure logging to stderr, with one line of JSON per event."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[os.environ.get("PORTAL_LOG", "WARNING").upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def app_from_environment() -> FastAPI:
    """Create the app of one worker process."""
    _configure_logging()
    return create_app(open_services(Settings()))


def _serve(settings: Settings, workers: int | None) -> int:
    try:
        catalogue(settings.forms)
    except (BadForm, OSError) as error:
        print(f"PORTAL_FORMS: {error}", file=sys.stderr)
        return EXIT_FAILURE
    engine = open_database(settings.database)
    try:
        require_durable_commits(engine)
    except UnsafeDatabase as error:
        print(f"PORTAL_DATABASE_URL: {error}", file=sys.stderr)
        return EXIT_FAILURE
    if not migrate.is_up_to_date(engine):
        print(
            "The database is empty or its schema version differs: run `portal-server migrate`.",
            file=sys.stderr,
        )
        return EXIT_FAILURE
    # SQLite allows one writer at a time, so a second process would cost more than it gains.
    processes = workers or (1 if engine.name == "sqlite" else len(AVAILABLE_CORES))
    if processes == 1:
        share_one_core()
    engine.dispose()
    uvicorn.run(
        "server.cli:app_from_environment",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=processes,
        http=GuardedProtocol,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.drain_seconds,
        timeout_worker_healthcheck=WORKER_START_SECONDS,
        access_log=False,
        log_level="warning",
    )
    return 0


def _run_staff_command(settings: Settings, options: argparse.Namespace) -> int:
    run_action = _add_staff if options.action == "add" else _disable_staff
    try:
        with open_services(settings).transaction() as tx:
            output = run_action(tx, options)
    except (StaffAccountError, PortalProblem) as error:
        print(error, file=sys.stderr)
        return EXIT_FAILURE
    print(output)
    return 0


def _add_staff(tx: Transaction, options: argparse.Namespace) -> str:
    link = add_staff(
        tx,
        options.email,
        Staff(options.kind),
        options.first_name,
        options.last_name,
        options.phone,
    )
    return f"Set the password with this link, which has also been emailed:\n{link}"


def _disable_staff(tx: Transaction, options: argparse.Namespace) -> str:
    account = disable_staff(tx, options.email)
    case_count = give_up_all(tx, account.id)
    return (
        f"{account.email} is signed out everywhere and can't sign in any more; `staff add` "
        f"restores access. Cases left for another officer to take on: {case_count}."
    )


def _unlock_account(settings: Settings, email: str) -> int:
    services = open_services(settings)
    with services.transaction() as tx:
        account = find_account(tx, email.strip().lower())
        reset_throttle(tx, email, account)
        record(tx, Action.ACCOUNT_UNLOCKED, account=account.id if account else None)
    return 0
