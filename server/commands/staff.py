"""The `staff` command, for accounts of the authority's own staff."""

from __future__ import annotations

import argparse

from server.app import open_services
from server.commands.command import CommandError, Parsers
from server.core.problems import PortalProblem
from server.core.settings import Settings
from server.support.staff import (
    StaffAccountError,
    add_staff,
    disable_staff,
    find_staff,
    set_right,
)
from shared.accounts import Staff


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    staff = commands.add_parser("staff", help="create, disable or entitle a staff account")
    actions = staff.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="create the account and print a link to set its password")
    add.add_argument("email")
    add.add_argument("--as", dest="kind", choices=[kind.value for kind in Staff], required=True)
    add.add_argument("--first-name", required=True)
    add.add_argument("--last-name", required=True)
    add.add_argument("--phone", required=True)
    add.set_defaults(run=add_account)
    disable = actions.add_parser(
        "disable", help="end its sessions, block sign-in and remove it from its cases"
    )
    disable.add_argument("email")
    disable.set_defaults(run=disable_account)
    for name, granted, text in (
        ("grant", True, "let an officer manage staff accounts"),
        ("revoke", False, "take the right to manage staff accounts away"),
    ):
        right = actions.add_parser(name, help=text)
        right.add_argument("email")
        right.set_defaults(run=change_right, granted=granted)


def add_account(settings: Settings, options: argparse.Namespace) -> None:
    """Create a staff account, or restore its access; raises CommandError."""
    try:
        with open_services(settings).transaction() as tx:
            link = add_staff(
                tx,
                options.email,
                Staff(options.kind),
                options.first_name,
                options.last_name,
                options.phone,
            )
    except (StaffAccountError, PortalProblem) as error:
        raise CommandError(str(error)) from None
    sent = "which has also been emailed" if settings.sends_mail else "which is not emailed"
    print(f"Set the password with this link, {sent}:\n{link}")


def disable_account(settings: Settings, options: argparse.Namespace) -> None:
    """Disable a staff account and remove it from its cases; raises CommandError."""
    try:
        with open_services(settings).transaction() as tx:
            account = find_staff(tx, options.email)
            case_count = disable_staff(tx, account)
    except (StaffAccountError, PortalProblem) as error:
        raise CommandError(str(error)) from None
    print(
        f"{account.email} is signed out everywhere and can't sign in any more; `staff add` "
        f"restores access. Cases left for another officer to take on: {case_count}."
    )


def change_right(settings: Settings, options: argparse.Namespace) -> None:
    """Give or take the right to manage staff accounts; raises CommandError."""
    try:
        with open_services(settings).transaction() as tx:
            account = find_staff(tx, options.email)
            set_right(tx, account, granted=options.granted)
    except (StaffAccountError, PortalProblem) as error:
        raise CommandError(str(error)) from None
    verb = "may" if options.granted else "may not"
    print(f"{account.email} {verb} manage staff accounts.")
