"""The `migrate` command."""

from __future__ import annotations

import argparse
import sys

from sqlalchemy import Engine
from sqlmodel import Session

from server.commands.command import CommandError, Parsers, confirm, require_supported
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
    parser.add_argument(
        "--to", metavar="REVISION", help="upgrade or downgrade to this one, such as 0024"
    )
    parser.add_argument("--yes", action="store_true", help="downgrade without asking")
    parser.set_defaults(run=run)


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Migrate the database, and say from where to where; raises CommandError."""
    engine = open_database(settings.database)
    try:
        _migrate(settings, engine, options)
    finally:
        engine.dispose()


def _migrate(settings: Settings, engine: Engine, options: argparse.Namespace) -> None:
    require_supported(engine)
    revisions = [revision for revision, _ in migrate.list_revisions()]
    if migrate.is_newer(engine):
        _leave(engine, revisions[-1], options)
        return
    target = options.to or revisions[-1]
    if target not in revisions:
        raise CommandError(
            f"There is no revision {target}. The revisions are {revisions[0]} to {revisions[-1]}."
        )
    current = migrate.current_revision(engine)
    if current is not None and revisions.index(target) < revisions.index(current):
        _go_back(engine, current, target, options)
        return
    before = migrate.upgrade(engine, target)
    if target == revisions[-1]:
        _store_key(settings, engine)
    if before == target:
        print(f"The database is already up to date, at revision {target}.")
    elif before is None:
        print(f"The database was empty, and is now at revision {target}.")
    else:
        print(f"The database was at revision {before}, and is now at {target}.")


def _leave(engine: Engine, newest: str, options: argparse.Namespace) -> None:
    """Leave a newer database that supports this version as it is; raises CommandError."""
    before = migrate.current_revision(engine)
    way_back = f"to go back, run `portal-server migrate --to {newest}` of the newer version"
    if options.to:
        raise CommandError(
            f"The database is at revision {before} of a newer version, which alone knows how to go "
            f"back. Nothing was changed: {way_back}."
        )
    print(
        f"The database is at revision {before} of a newer version, which supports this one. "
        f"Nothing was changed: {way_back}."
    )


def _go_back(engine: Engine, current: str, target: str, options: argparse.Namespace) -> None:
    revisions = migrate.list_revisions()
    names = [revision for revision, _ in revisions]
    removed = revisions[names.index(target) + 1 : names.index(current) + 1]
    undone = [f"  {revision}  {text}" for revision, text in removed]
    print("This undoes, with the data in what is removed:", *undone, sep="\n", file=sys.stderr)
    confirm(options, "Have you made a backup, and have all servers of this version been stopped?")
    try:
        migrate.downgrade(engine, target)
    except RuntimeError as error:  # a migration can't undo what it did without harm
        raise CommandError(str(error)) from None
    print(f"The database was at revision {current}, and is now at {target}.")


def _store_key(settings: Settings, engine: Engine) -> None:
    """Store the check value of the secret key, if the database has none."""
    with Session(engine) as session, session.begin():
        if current_key(session) is None:
            add_key(session, Keys(settings.secret_key.get_secret_value()), utc_now())
