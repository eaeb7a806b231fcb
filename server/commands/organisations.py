"""The `organisations` command, for the list of organisations and their email domains."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.accounts.registration import find_account
from server.app import open_services
from server.commands.command import CommandError, Parsers
from server.core.database import Transaction
from server.core.problems import PortalProblem
from server.core.settings import Settings
from server.organisations.domains import (
    OrganisationError,
    add_domain,
    add_organisation,
    describe_organisations,
    find_organisation,
    remove_domain,
)
from server.organisations.importing import (
    BadLine,
    Counts,
    MissingColumns,
    School,
    decode,
    import_schools,
    read_schools,
)
from server.organisations.memberships import end_all_memberships

BATCH_SIZE = 500
"""Schools imported in one transaction, so that a running server waits for a moment only."""


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "organisations", help="list the organisations and the email domains that confirm members"
    )
    actions = parser.add_subparsers(dest="action", required=True)
    file = actions.add_parser(
        "import", help="add, update and close schools from a file of Get Information About Schools"
    )
    file.add_argument("file", type=Path)
    file.set_defaults(run=import_file)
    add = actions.add_parser("add", help="add an organisation that is not in the register")
    add.add_argument("name")
    add.add_argument(
        "--setting", action="store_true", help="it is a place of education, to be consulted"
    )
    add.add_argument("--domain", dest="domains", action="append", default=[])
    add.set_defaults(run=add_to_list)
    show = actions.add_parser("list", help="show the organisations with these words in their name")
    show.add_argument("text", nargs="?", default="")
    show.set_defaults(run=show_list)
    end = actions.add_parser("end", help="end the confirmed memberships of a professional")
    end.add_argument("email")
    end.set_defaults(run=end_memberships)
    domain = actions.add_parser("domain", help="list or remove an email domain")
    changes = domain.add_subparsers(dest="change", required=True)
    for name, run, text in (
        ("add", list_domain, "confirm everybody whose email is at the domain"),
        ("remove", unlist_domain, "confirm nobody by the domain, also those it confirmed before"),
    ):
        change = changes.add_parser(name, help=text)
        change.add_argument("organisation", help="its URN, id or name")
        change.add_argument("domain")
        change.set_defaults(run=run)


@contextmanager
def _transaction(settings: Settings) -> Iterator[Transaction]:
    try:
        with open_services(settings).transaction() as tx:
            yield tx
    except OrganisationError as error:
        raise CommandError(str(error)) from None
    except PortalProblem:
        raise CommandError("The domain is not valid: use one like school.example.") from None


def import_file(settings: Settings, options: argparse.Namespace) -> None:
    """Import a file of the register in small transactions; raises CommandError."""
    counts = Counts()
    schools: list[School] = []
    try:
        for row in read_schools(decode(options.file.read_bytes())):
            if isinstance(row, BadLine):
                counts.bad_lines.append(row)
            else:
                schools.append(row)
    except MissingColumns as error:
        raise CommandError(f"{error} Nothing was changed.") from None
    except OSError as error:
        raise CommandError(f"{options.file}: {error.strerror}") from None
    services = open_services(settings)
    for start in range(0, len(schools), BATCH_SIZE):
        with services.transaction() as tx:
            import_schools(tx, schools[start : start + BATCH_SIZE], counts)
    for bad in counts.bad_lines:
        print(f"Line {bad.line}: {bad.reason} Left out.", file=sys.stderr)
    print(
        f"Added: {counts.added}. Updated: {counts.updated}. Closed: {counts.closed}. "
        f"Unchanged: {counts.unchanged}. Bad lines: {len(counts.bad_lines)}."
    )


def add_to_list(settings: Settings, options: argparse.Namespace) -> None:
    """Add an organisation with its domains, or domains to a known one; raises CommandError."""
    with _transaction(settings) as tx:
        organisation = add_organisation(tx, options.name, is_setting=options.setting)
        confirmed = sum(add_domain(tx, organisation, domain) for domain in options.domains)
    print(f"{organisation.name} is listed: {organisation.id}. Members confirmed: {confirmed}.")


def list_domain(settings: Settings, options: argparse.Namespace) -> None:
    """List a domain of an organisation and confirm its members; raises CommandError."""
    with _transaction(settings) as tx:
        organisation = find_organisation(tx, options.organisation)
        confirmed = add_domain(tx, organisation, options.domain)
    print(f"Listed for {organisation.name}. Members confirmed: {confirmed}.")


def unlist_domain(settings: Settings, options: argparse.Namespace) -> None:
    """Remove a domain of an organisation; raises CommandError."""
    with _transaction(settings) as tx:
        organisation = find_organisation(tx, options.organisation)
        ended = remove_domain(tx, organisation, options.domain)
    print(f"Removed from {organisation.name}. Members not confirmed any more: {ended}.")


def end_memberships(settings: Settings, options: argparse.Namespace) -> None:
    """End the confirmed memberships of a professional; raises CommandError."""
    with _transaction(settings) as tx:
        account = find_account(tx, options.email.strip().lower())
        if account is None:
            raise CommandError(f"Nobody has an account with the address {options.email}.")
        ended = end_all_memberships(tx, account.id)
    print(f"Memberships of {options.email} ended: {ended}.")


def show_list(settings: Settings, options: argparse.Namespace) -> None:
    """Print the organisations that match a text."""
    with _transaction(settings) as tx:
        lines = describe_organisations(tx, options.text)
    print("\n".join(lines) or "No organisation is found.")
