"""The `portal-server` command line; each command is a module in `server.commands`."""

import argparse
import sys
from pathlib import Path

from obstore.exceptions import BaseError
from sqlalchemy.exc import SQLAlchemyError

from server.commands import (
    account,
    audit,
    backup,
    check,
    mail,
    migrate,
    organisations,
    outbox,
    people,
    person,
    report,
    restore,
    retention,
    rotate_key,
    sen2,
    serve,
    smoke,
    ssh,
    staff,
)
from server.commands import settings as settings_command
from server.commands.command import CommandError, require_supported, require_usable
from server.core.database import open_database
from server.core.logs import configure_logging
from server.core.migrate import DatabaseBusy, RestoreUnfinished
from server.core.secret_key import WrongSecretKey
from server.core.settings import Settings, load_settings
from server.core.settings_sources import InvalidSettings

EXIT_FAILURE = 2
NO_DATABASE = {"settings", "mail", "check", "restore"}
"""Commands that need no database, or say themselves what is wrong with it."""
MAY_BE_NEW = {"serve", "ssh", "migrate", "rotate-key"}
"""Commands that set up a database, or check or change its key themselves."""
COMMANDS = (
    serve,
    ssh,
    migrate,
    check,
    settings_command,
    mail,
    outbox,
    smoke,
    account,
    staff,
    organisations,
    people,
    person,
    audit,
    retention,
    sen2,
    report,
    rotate_key,
    backup,
    restore,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = build_parser().parse_args(arguments)
    try:
        if options.command == "demo":
            from server.demo.run import run

            run()
            return 0
        settings = load_settings()
        configure_logging(settings.log)
        _run_command(settings, options)
    except (InvalidSettings, CommandError) as error:
        print(error, file=sys.stderr)
        return EXIT_FAILURE
    return 0


def _run_command(settings: Settings, options: argparse.Namespace) -> None:
    """Run a command; what is wrong with the portal's surroundings becomes a CommandError."""
    try:
        if options.command not in NO_DATABASE and not getattr(options, "fingerprints", False):
            require_usable(settings, may_be_new=options.command in MAY_BE_NEW)
        options.run(settings, options)
    except (WrongSecretKey, RestoreUnfinished, DatabaseBusy) as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(_explain_file(settings, error)) from None
    except BaseError as error:
        raise CommandError(
            f"PORTAL_DOCUMENTS_URL: the store can't be used ({type(error).__name__}). Check the "
            "bucket, and the keys and endpoint in the AWS_... variables."
        ) from None
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise CommandError(
            "PORTAL_DATABASE_URL: PostgreSQL needs an extra: pip install "
            "'professional-portal[server,postgres]'."
        ) from None
    except SQLAlchemyError as error:
        raise CommandError(_explain_database(settings, error)) from None


def _explain_file(settings: Settings, error: OSError) -> str:
    if not error.filename:
        return f"The system reports: {error.strerror or error}."
    data, path = settings.data.absolute(), Path(str(error.filename)).absolute()
    label = "PORTAL_DATA: " if path == data or data in path.parents or path in data.parents else ""
    return (
        f"{label}{path} can't be used: {error.strerror}. Check that it exists and that the user "
        "of the portal may write there."
    )


def _explain_database(settings: Settings, error: SQLAlchemyError) -> str:
    try:
        require_supported(open_database(settings.database))
    except CommandError as newer:
        return str(newer)
    except SQLAlchemyError:
        pass  # the database can't be reached at all
    # The driver's first line says what is wrong; others repeat it, or show the statement.
    reason = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()[0]
    label = "PORTAL_DATABASE_URL" if settings.database_url else "PORTAL_DATA"
    return (
        f"{label}: the database can't be used: {reason.rstrip('.')}. Check that it exists and is "
        "writable, and that `portal-server migrate` has been run."
    )


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="portal-server", description="The Professional Portal server."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for module in COMMANDS:
        module.add_parser(commands)
    commands.add_parser("demo", help="run a demo server with made-up people until stdin closes")
    return parser
