"""The `sen2` command: check and export the yearly return about children with plans."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from server.app import open_services
from server.commands.command import CommandError, Parsers
from server.commands.person import check_new_file
from server.core.audit import Action, record_shown
from server.core.database import Services
from server.core.settings import Settings
from server.placements.sen2.file import schema_errors
from server.placements.sen2.producing import Return, produce
from server.records.export import new_file

EXIT_PROBLEMS = 1
SHOWN_ERRORS = 5


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    sen2 = commands.add_parser("sen2", help="check or export the yearly SEN2 return")
    actions = sen2.add_subparsers(dest="action", required=True)
    check = actions.add_parser(
        "check",
        help="list what would fail, by case; this is audited, and exits with 1 if anything would",
    )
    check.set_defaults(run=check_return)
    export = actions.add_parser("export", help="write the XML file; this is audited")
    export.add_argument("file", type=Path, metavar="FILE")
    export.set_defaults(run=export_return)
    for action in (check, export):
        action.add_argument(
            "--census", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD"
        )


def check_return(settings: Settings, options: argparse.Namespace) -> None:
    """Print each problem with its case and where to put it right; exits with 1 if there are any."""
    services = open_services(settings)
    with services.transaction(writes=False) as tx:
        result = produce(tx, options.census)
    _record(services, Action.SEN2_CHECKED, result)
    for problem in result.problems:
        print(f"{problem.reference}  {problem.what}  → {problem.where}")
    children = _count(len(result.children), "child", "children")
    if not result.problems:
        print(f"Nothing would fail: {children}.")
        return
    print(f"{_count(len(result.problems), 'problem', 'problems')} in the return of {children}.")
    raise SystemExit(EXIT_PROBLEMS)


def _record(services: Services, action: Action, result: Return) -> None:
    """Record in the audit log whose details were read."""
    people = (child.cases[-1].record.person.id for child in result.children)
    with services.transaction() as tx:
        record_shown(tx, action, people, account=None, address="")


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def export_return(settings: Settings, options: argparse.Namespace) -> None:
    """Write the file if it is valid by the schema; raises CommandError."""
    check_new_file(options.file, "")
    services = open_services(settings)
    with services.transaction(writes=False) as tx:
        result = produce(tx, options.census)
    content = result.content
    errors = schema_errors(content)
    # Before the file, so that there is never a file without its line in the audit log.
    _record(services, Action.SEN2_CHECKED if errors else Action.SEN2_EXPORTED, result)
    if errors:
        more = f"\n... and {len(errors) - SHOWN_ERRORS} more" * (len(errors) > SHOWN_ERRORS)
        raise CommandError(
            "The file would not be valid, so it was not written. `portal-server sen2 check` "
            "says what is wrong with which case.\n" + "\n".join(errors[:SHOWN_ERRORS]) + more
        )
    with new_file(options.file) as file:
        file.write(content)
    children = _count(len(result.children), "child", "children")
    print(f"{options.file} holds {children}, and only you can read it: keep it safe.")
    if result.problems:
        problems = _count(len(result.problems), "problem", "problems")
        print(f"It is valid, but {problems} would be queried: see `portal-server sen2 check`.")
