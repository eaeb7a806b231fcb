"""The `migrate` command."""

from __future__ import annotations

import argparse

from sqlmodel import Session

from server.commands.command import Parsers
from server.core import migrate
from server.core.database import open_database
from server.core.keys import Keys
from server.core.secret_key import add_key, current_key
from server.core.settings import Settings
from shared.values.days import utc_now


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "migrate", help="upgrade the database schema to this version, keeping its data"
    )
    parser.set_defaults(run=run)


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Upgrade the database schema, and store the check value of the secret key if it has none.

    Raises RestoreUnfinished.
    """
    engine = open_database(settings.database)
    try:
        migrate.require_restored(engine)
        migrate.upgrade(engine)
        keys = Keys(settings.secret_key.get_secret_value())
        with Session(engine) as session, session.begin():
            if current_key(session) is None:
                add_key(session, keys, utc_now())
    finally:
        engine.dispose()
