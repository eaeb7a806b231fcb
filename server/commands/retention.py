"""The `retention` command: delete records whose period has ended, and show the periods."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import closing

from server.app import open_services
from server.commands.command import CommandError, Parsers
from server.commands.person import delete_content
from server.core.settings import Settings
from server.records.kinds import KINDS
from server.records.retention import RetentionBusy, apply_now, count_due


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    retention = commands.add_parser("retention", help="delete records whose period has ended")
    actions = retention.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="delete them now; the server does it once a day")
    run.add_argument("--dry-run", action="store_true", help="only count them")
    run.set_defaults(run=delete_records)
    show = actions.add_parser("show", help="show the periods in force")
    show.set_defaults(run=show_periods)


def delete_records(settings: Settings, options: argparse.Namespace) -> None:
    """Delete or count due records; raises CommandError."""
    with closing(open_services(settings)) as services:
        if options.dry_run:
            counts = asyncio.run(count_due(services))
        else:
            try:
                counts = asyncio.run(apply_now(services))
            except RetentionBusy:
                raise CommandError(
                    "Another process is deleting records. Try again later."
                ) from None
            delete_content(services)
    print("To be deleted now:" if options.dry_run else "Deleted today:")
    for kind in KINDS:
        print(f"{counts.get(kind.name, 0):8}  {kind.label}")


def show_periods(settings: Settings, options: argparse.Namespace) -> None:
    """Print the period of each kind of record."""
    for kind in KINDS:
        print(f"{kind.period(settings.retention):18}  {kind.label}")
    print(f"{'1 day':18}  Saves of answers, to recognise retries")
