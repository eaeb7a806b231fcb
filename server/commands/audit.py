"""The `audit` command: verify and export the audit log."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from server.app import open_services
from server.commands.command import CommandError, Parsers
from server.core.audit import Action, events_about, record
from server.core.database import Services, Transaction
from server.core.problems import PortalProblem
from server.core.seals import AUDIT, RUN, load_shown
from server.core.settings import Settings
from server.core.verification import Head, newest_head, verify
from server.people.service import find_records
from shared.values.days import LONDON

BATCH_SIZE = 1_000


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    audit = commands.add_parser("audit", help="verify or export the audit log")
    actions = audit.add_subparsers(dest="action", required=True)
    check = actions.add_parser(
        "verify", help="find entries that were changed, deleted or added by other means"
    )
    which = check.add_mutually_exclusive_group()
    which.add_argument(
        "--head", action="store_true", help="print the newest signed head, to keep it elsewhere"
    )
    which.add_argument(
        "--expect", metavar="HEAD", help="compare the log with a head kept elsewhere"
    )
    check.set_defaults(run=verify_log)
    export = actions.add_parser("export", help="print entries as JSON lines; this is audited")
    export.add_argument("--person", type=UUID, metavar="ID", help="only about this child")
    for name, words in (("--since", "from this day on"), ("--until", "up to and with this day")):
        export.add_argument(name, type=date.fromisoformat, metavar="YYYY-MM-DD", help=words)
    export.set_defaults(run=export_log)


def verify_log(settings: Settings, options: argparse.Namespace) -> None:
    """Verify the log, or print its newest head; raises CommandError."""
    with open_services(settings).transaction(writes=False) as tx:
        if options.head:
            head = newest_head(tx)
            if head is None:
                raise CommandError("There is no head yet. The server signs one each day.")
            print(head)
            return
        try:
            expected = Head.parse(options.expect) if options.expect else None
        except ValueError:
            raise CommandError("--expect: this is not what `audit verify --head` prints.") from None
        if problems := verify(tx, expected):
            raise CommandError("\n".join(problems))
    print("The audit log is as the portal wrote it.")


def export_log(settings: Settings, options: argparse.Namespace) -> None:
    """Print entries, oldest first; raises CommandError."""
    services = open_services(settings)
    with services.transaction() as tx:
        people = _find_ids(tx, options.person) if options.person else []
        record(tx, Action.AUDIT_LOG_EXPORTED, subject=options.person, person=options.person)
    last = 0
    while lines := _read_lines(services, people, options, last):
        for line in lines:
            print(json.dumps(line))
        last = lines[-1]["id"]


def _find_ids(tx: Transaction, person: UUID) -> list[UUID]:
    try:
        return [row.id for row in find_records(tx, person)]
    except PortalProblem:
        raise CommandError("There is no child with this id.") from None


def _read_lines(
    services: Services, people: Sequence[UUID], options: argparse.Namespace, after: int
) -> list[dict[str, Any]]:
    query = (
        select(AUDIT, RUN.c.times, RUN.c.last_at)
        .join(RUN, RUN.c.event_id == AUDIT.c.id, isouter=True)
        .where(AUDIT.c.id > after)
        .order_by(AUDIT.c.id)
        .limit(BATCH_SIZE)
    )
    if people:
        query = query.where(AUDIT.c.id.in_(events_about(people)))
    if options.since:
        query = query.where(AUDIT.c.at >= _start_of(options.since))
    if options.until:
        query = query.where(AUDIT.c.at < _start_of(options.until + timedelta(days=1)))
    with services.transaction(writes=False) as tx:
        return _build_lines(tx, tx.connection.execute(query).all(), people)


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)


def _build_lines(
    tx: Transaction, rows: Sequence[Row[*tuple[Any, ...]]], people: Sequence[UUID]
) -> list[dict[str, Any]]:
    """Build the lines; the export of one child names no other children."""
    shown = load_shown(tx, [row.id for row in rows])
    return [
        {
            **{name: _plain(value) for name, value in row._mapping.items()},
            "shown": [str(id) for id in shown.get(row.id, ()) if not people or id in people],
        }
        for row in rows
    ]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
