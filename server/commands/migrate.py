"""The `migrate` command."""

from __future__ import annotations

import argparse

from alembic.util import CommandError as UnknownRevision
from sqlalchemy import Engine
from sqlmodel import Session

from server.commands.command import CommandError, Parsers
from server.core import migrate
from server.core.database import open_database
from server.core.keys import Keys
from server.core.secret_key import add_key, current_key
from server.core.settings import Settings
from shared.values.days import utc_now

NEWER_DATABASE = (
    "The database was upgraded by a newer version, and nothing was changed. Use that version, or "
    "go back to this one: stop all servers, and run `portal-server migrate --down-to {}` with the "
    "newer version."
)


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "migrate", help="upgrade the database schema to this version, keeping its data"
    )
    parser.add_argument(
        "--down-to",
        metavar="REVISION",
        help="go back to the schema of an older version; what only newer versions hold is lost",
    )
    parser.set_defaults(run=run)


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Upgrade the database schema, and store the check value of the secret key if it has none.

    With a revision, downgrade to it. Raises CommandError if the database can't be migrated.
    """
    engine = open_database(settings.database)
    if options.down_to:
        return _downgrade(engine, options.down_to)
    try:
        migrate.upgrade(engine)
    except UnknownRevision:
        raise CommandError(NEWER_DATABASE.format(migrate.newest_revision())) from None
    keys = Keys(settings.secret_key.get_secret_value())
    with Session(engine) as session, session.begin():
        if current_key(session) is None:
            add_key(session, keys, utc_now())
    return None


def _downgrade(engine: Engine, revision: str) -> None:
    try:
        migrate.downgrade(engine, revision)
    except UnknownRevision:
        raise CommandError(
            f"There is no older revision {revision}, and nothing was changed: `portal-server "
            "migrate` of the version to go back to names its revision."
        ) from None
    except RuntimeError as error:
        raise CommandError(str(error)) from None
