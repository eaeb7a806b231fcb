"""The `portal-server` command line; each command is a module in `server.commands`."""

import argparse
import re
import sys

from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import OperationalError, ProgrammingError

from server.commands import (
    account,
    audit,
    migrate,
    organisations,
    person,
    retention,
    rotate_key,
    serve,
    ssh,
    staff,
)
from server.commands.command import CommandError
from server.core.logs import configure_logging
from server.core.secret_key import WrongSecretKey
from server.core.settings import Settings

EXIT_FAILURE = 2
COMMANDS = (
    serve,
    ssh,
    migrate,
    account,
    staff,
    organisations,
    person,
    audit,
    retention,
    rotate_key,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = _build_parser().parse_args(arguments)
    configure_logging()
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
    return _run_command(settings, options)


def _run_command(settings: Settings, options: argparse.Namespace) -> int:
    try:
        options.run(settings, options)
    except (CommandError, WrongSecretKey) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"PORTAL_DATA: {error.filename}: {error.strerror}", file=sys.stderr)
    except (OperationalError, ProgrammingError) as error:
        print(
            f"PORTAL_DATABASE_URL: the database can't be used: {error.orig}\n"
            "Check that it exists and is writable, and that `portal-server migrate` has been run.",
            file=sys.stderr,
        )
    else:
        return 0
    return EXIT_FAILURE


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="portal-server", description="The Professional Portal server."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for module in COMMANDS:
        module.add_parser(commands)
    commands.add_parser("demo", help="run a demo server with made-up people until stdin closes")
    return parser
