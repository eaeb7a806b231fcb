"""The `people` command: import children from a file."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO
from uuid import UUID

from server.accounts.registration import find_account
from server.app import open_services
from server.commands.command import CommandError, Parsers
from server.core.database import Services
from server.core.settings import Settings
from server.people.import_file import BadFile, BadRow, ChildRow, read_header, read_rows
from server.people.importing import Outcome, Plan, apply_plan, plan_import
from shared.accounts import Staff
from shared.values.days import london_day

NOT_UTF_8 = "{} is not in UTF-8: save it as CSV UTF-8. Nothing was changed."
DRY_RUN = "Nothing was changed: this was a dry run."
STOPPED_DRY = "Stopped before the end of the file. Nothing was changed."
STOPPED = (
    "Stopped before the end of the file. What is listed above was done, and stays. Import the file "
    "again for the rest: it does nothing twice."
)


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    people = commands.add_parser("people", help="import children from a file")
    actions = people.add_subparsers(dest="action", required=True)
    file = actions.add_parser("import", help="add and update children from a CSV file in UTF-8")
    file.add_argument("file", type=Path)
    file.add_argument("--officer", required=True, metavar="EMAIL", help="in whose name it is done")
    file.add_argument("--dry-run", action="store_true", help="only list what it would do")
    file.add_argument("--leave-out-bad", action="store_true", help="import the other rows")
    file.set_defaults(run=import_file)


def import_file(settings: Settings, options: argparse.Namespace) -> None:
    """Import children, once every row is checked; raises CommandError."""
    services = open_services(settings)
    officer = _find_officer(services, options.officer)
    with _open(options.file) as file:
        header = read_header(file)
        today = london_day(services.clock())
        read = partial(read_rows, file, header, today)
        plan = plan_import(services, read())
        _report_bad_rows(plan, leave_out=options.leave_out_bad)
        for text in header.unused:
            print(f"The column {text} is not used.", file=sys.stderr)
        _apply(services, read, plan, officer, dry=options.dry_run)
    for school in sorted(plan.unlisted_schools):
        print(f"Not in the list of organisations: {school}")
    print(describe_counts(plan.counts))
    if options.dry_run:
        print(DRY_RUN)


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    """Open a file to be read twice; what is wrong with it becomes a CommandError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if not file.seekable():
                raise CommandError(f"{path} is read twice: save it as a file first.")
            yield file
    except BadFile as error:
        raise CommandError(f"{error} Nothing was changed.") from None
    except UnicodeDecodeError:
        raise CommandError(NOT_UTF_8.format(path)) from None


def _find_officer(services: Services, email: str) -> UUID:
    with services.transaction(writes=False) as tx:
        account = find_account(tx, email.strip().lower())
    if account is None or account.staff != Staff.OFFICER or account.disabled_at is not None:
        raise CommandError(f"No officer can sign in with the address {email}: see `staff add`.")
    return account.id


def _report_bad_rows(plan: Plan, *, leave_out: bool) -> None:
    bad = {line: item.text for line, item in plan.decisions.items() if item.outcome is Outcome.BAD}
    for line, reason in sorted(bad.items()):
        print(f"Line {line}: {reason}", file=sys.stderr)
    if bad and not leave_out:
        raise CommandError(
            f"Bad rows: {len(bad)}. Nothing was changed. Correct them, or add --leave-out-bad to "
            "import the others."
        )


def _apply(
    services: Services,
    read: Callable[[], Iterator[ChildRow | BadRow]],
    plan: Plan,
    officer: UUID,
    *,
    dry: bool,
) -> None:
    is_complete = False
    try:
        for lines in apply_plan(services, read(), plan, officer, dry=dry):
            for line in lines:
                print(line)
        is_complete = True
    except KeyboardInterrupt:
        raise CommandError("It was interrupted.") from None
    finally:
        if not is_complete:
            print(STOPPED_DRY if dry else STOPPED, file=sys.stderr)


def describe_counts(counts: Counter[Outcome]) -> str:
    """Return the number of rows by outcome, in words."""
    return " ".join(f"{outcome.capitalize()}: {counts[outcome]}." for outcome in Outcome)
