"""The `account` command: help, close, export and erase."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

from server.accounts.registration import find_account
from server.accounts.tables import Account
from server.app import open_services
from server.commands.command import CommandError, Parsers
from server.commands.person import check_new_file, delete_content, summarise
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.passwords import hash_password
from server.core.problems import PortalProblem
from server.core.settings import Settings
from server.records.erasing_account import erase_account
from server.records.export import export_account, write_zip
from server.records.leaving import UnfinishedForm, close_account
from server.support.service import reset_throttle

KEPT = (
    "Kept under 'Former user': what was submitted, with the work details and documents in it, "
    "drafts shared with a colleague, and the audit log (ids and network addresses)."
)


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    account = commands.add_parser("account", help="unlock, close, export or erase an account")
    actions = account.add_subparsers(dest="action", required=True)
    unlock = actions.add_parser("unlock", help="clear failed sign-in attempts")
    unlock.add_argument("email")
    unlock.set_defaults(run=unlock_account)
    close = actions.add_parser("close", help="close the account of a professional who has left")
    close.add_argument("email")
    close.set_defaults(run=close_professional)
    export = actions.add_parser("export", help="write all that is held to a ZIP file")
    export.add_argument("email")
    export.add_argument("--to", type=Path, metavar="FILE", help="default: account-ID.zip")
    export.set_defaults(run=export_to_file)
    erase = actions.add_parser("erase", help="erase an account, after closing it")
    erase.add_argument("email")
    erase.add_argument("--reason", required=True, help="stored; must not name the person")
    erase.add_argument("--confirm", metavar="EMAIL", default="", help="the email once more")
    erase.set_defaults(run=erase_and_close)


def unlock_account(settings: Settings, options: argparse.Namespace) -> None:
    """Clear the failed sign-in attempts of an account; raises CommandError."""
    with open_services(settings).transaction() as tx:
        account = _require_account(tx, options.email)
        reset_throttle(tx, options.email, account)
        record(tx, Action.ACCOUNT_UNLOCKED, account=account.id)
    print(f"{account.email} can try again now.")


def _require_account(tx: Transaction, email: str) -> Account:
    account = find_account(tx, email.strip().lower())
    if account is None:
        raise CommandError(f"No account has the address {email}. Nothing was changed.")
    return account


def close_professional(settings: Settings, options: argparse.Namespace) -> None:
    """Close a professional's account, and print the unfinished forms; raises CommandError."""
    with open_services(settings).transaction() as tx:
        account = _require_account(tx, options.email)
        try:
            forms = close_account(tx, account)
        except PortalProblem as error:
            raise CommandError(str(error)) from None
    print(f"{account.email} is signed out everywhere and can't sign in any more.")
    _print_forms(forms)


def _print_forms(forms: list[UnfinishedForm]) -> None:
    if forms:
        print("Not finished, for someone else to finish:")
    for form in forms:
        how = "an officer can pass it on" if form.with_authority else "never submitted"
        print(f"  {form.title} for {form.child} ({how})")


def export_to_file(settings: Settings, options: argparse.Namespace) -> None:
    """Write an export of an account; raises CommandError."""
    services = open_services(settings)
    with services.transaction() as tx:
        account = _require_account(tx, options.email)
        path = options.to or Path(f"account-{account.id}.zip")
        check_new_file(path)
        export = export_account(tx, account)
    write_zip(services, export, path)
    print(f"Written to {path}, which only you can read.")


def erase_and_close(settings: Settings, options: argparse.Namespace) -> None:
    """Close and erase an account once its email is confirmed; raises CommandError."""
    services = open_services(settings)
    password_hash = hash_password(secrets.token_urlsafe(32))
    with services.transaction() as tx:
        account = _require_account(tx, options.email)
        details = (account.email, account.first_name, account.last_name)
        if any(detail.casefold() in options.reason.casefold() for detail in details):
            raise CommandError("The reason is kept, so it must not name the person.")
        if account.staff is None:
            close_account(tx, account)
        elif account.disabled_at is None:
            raise CommandError(
                f"{account.email} is a staff account. First run `portal-server staff disable`."
            )
        email = account.email
        summary = summarise(erase_account(tx, account, options.reason, password_hash).counts)
        if options.confirm.strip().lower() != email:
            raise CommandError(
                f"To be erased of {email}: {summary}.\n{KEPT}\n"
                f"Nothing is erased yet. To erase it, add --confirm {email}."
            )
    delete_content(services)
    print(f"Erased: {summary}.\n{KEPT}")
