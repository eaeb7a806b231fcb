"""The `migrate` command."""

from __future__ import annotations

import argparse

from server.commands.command import Parsers
from server.core import migrate
from server.core.database import open_database
from server.core.settings import Settings


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "migrate", help="upgrade the database schema to this version, keeping its data"
    )
    parser.set_defaults(run=run)


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Upgrade the database schema."""
    migrate.upgrade(open_database(settings.database))
