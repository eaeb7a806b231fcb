"""The `person` command: export and erase what is held about a child."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from uuid import UUID

from server.app import open_services
from server.commands.command import CommandError, Parsers
from server.core.database import Services
from server.core.problems import PortalProblem
from server.core.settings import Settings
from server.documents.sweep import sweep
from server.people.service import find_records
from server.records.erasing_person import erase_person
from server.records.export import export_person, write_zip
from server.records.finding import find_children
from shared.values.days import format_day

NO_SUCH_CHILD = "There is no such child. Search with `person export --find`."
KEPT = (
    "Kept, because the law requires it: submitted forms with their documents, published "
    "documents, the case with its events, the child's details, and the audit log (ids only). "
    "--everything erases all but the audit log."
)
ERASED_ALL = "Kept: the audit log, which holds ids only."


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    person = commands.add_parser("person", help="export or erase what is held about a child")
    actions = person.add_subparsers(dest="action", required=True)
    export = actions.add_parser("export", help="write all that is held to a ZIP file")
    who = export.add_mutually_exclusive_group(required=True)
    who.add_argument("id", type=UUID, nargs="?", help="the child's id")
    who.add_argument("--find", metavar="TEXT", help="words of the details, UPN or NHS number")
    export.add_argument("--to", type=Path, metavar="FILE", help="default: person-ID.zip")
    export.set_defaults(run=export_to_file)
    erase = actions.add_parser("erase", help="erase what the law does not require to be kept")
    erase.add_argument("id", type=UUID, help="the child's id")
    erase.add_argument("--reason", required=True, help="stored; must not name the child")
    erase.add_argument("--everything", action="store_true", help="also what the law keeps")
    erase.add_argument("--confirm", metavar="NAME", default="", help="the child's full name")
    erase.set_defaults(run=erase_child)


def export_to_file(settings: Settings, options: argparse.Namespace) -> None:
    """Write an export of a child; raises CommandError."""
    services = open_services(settings)
    person_id = options.id or _find(services, options.find)
    path = options.to or Path(f"person-{person_id}.zip")
    check_new_file(path)
    try:
        with services.transaction() as tx:
            export = export_person(tx, person_id)
    except PortalProblem:
        raise CommandError(NO_SUCH_CHILD) from None
    write_zip(services, export, path)
    print(f"Written to {path}, which only you can read. It holds a child's data: keep it safe.")


def check_new_file(path: Path, option: str = " with --to") -> None:
    """Raise CommandError if a file exists already."""
    if path.exists():
        raise CommandError(f"{path} exists already. Name another file{option}.")


def _find(services: Services, text: str) -> UUID:
    with services.transaction() as tx:
        children = find_children(tx, text)
    if not children:
        raise CommandError(f"No child's details match {text}.")
    if len(children) > 1:
        lines = [f"{child.id}  {child.name}, born {format_day(child.born)}" for child in children]
        raise CommandError("\n".join(["Several children match. Name one by its id:", *lines]))
    return children[0].id


def erase_child(settings: Settings, options: argparse.Namespace) -> None:
    """Erase a child once the name is confirmed; raises CommandError."""
    services = open_services(settings)
    try:
        with services.transaction() as tx:
            person = find_records(tx, options.id)[0]
            _check_reason(options.reason, person.first_name, person.last_name, person.upn)
            name = person.name
            erasure = erase_person(tx, person.id, options.reason, everything=options.everything)
            summary = summarise(erasure.counts)
            if options.confirm != name:
                raise CommandError(
                    f"To be erased of {name}, born {format_day(person.born)}: {summary}.\n"
                    f"{ERASED_ALL if options.everything else KEPT}\n"
                    f'Nothing is erased yet. To erase it, add --confirm "{name}".'
                )
    except PortalProblem:
        raise CommandError(NO_SUCH_CHILD) from None
    delete_content(services)
    print(f"Erased: {summary}.\n{ERASED_ALL if options.everything else KEPT}")


def _check_reason(reason: str, *details: str) -> None:
    if any(detail and detail.casefold() in reason.casefold() for detail in details):
        raise CommandError("The reason is kept, so it must not name the child.")


def summarise(counts: dict[str, int]) -> str:
    """Return the number of rows by table, in words."""
    parts = [f"{name.replace('_', ' ')} {count}" for name, count in counts.items()]
    return ", ".join(parts) or "nothing"


def delete_content(services: Services) -> None:
    """Delete the stored content of deleted documents now."""
    asyncio.run(sweep(services))
