"""The `staff` command, for accounts of the authority's own staff."""

from __future__ import annotations

import argparse

from server.app import open_services
from server.commands.command import CommandError, Parsers
from server.core.problems import PortalProblem
from server.core.settings import Settings
from server.desk.actions import give_up_all
from server.support.staff import StaffAccountError, add_staff, disable_staff
from shared.accounts import Staff


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    staff = commands.add_parser("staff", help="create or disable a staff account")
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
    print(f"Set the password with this link, which has also been emailed:\n{link}")


def disable_account(settings: Settings, options: argparse.Namespace) -> None:
    """Disable a staff account and remove it from its cases; raises CommandError."""
    try:
        with open_services(settings).transaction() as tx:
            account = disable_staff(tx, options.email)
            case_count = give_up_all(tx, account.id)
    except (StaffAccountError, PortalProblem) as error:
        raise CommandError(str(error)) from None
    print(
        f"{account.email} is signed out everywhere and can't sign in any more; `staff add` "
        f"restores access. Cases left for another officer to take on: {case_count}."
    )
