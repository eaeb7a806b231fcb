"""The `account` command, for people who can't sign in."""

from __future__ import annotations

import argparse

from server.accounts.registration import find_account
from server.app import open_services
from server.commands.command import Parsers
from server.core.audit import Action, record
from server.core.settings import Settings
from server.support.service import reset_throttle


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    account = commands.add_parser("account", help="help someone who can't sign in")
    actions = account.add_subparsers(dest="action", required=True)
    unlock = actions.add_parser("unlock", help="clear failed sign-in attempts")
    unlock.add_argument("email")
    unlock.set_defaults(run=unlock_account)


def unlock_account(settings: Settings, options: argparse.Namespace) -> None:
    """Clear the failed sign-in attempts of an email, whether or not it has an account."""
    services = open_services(settings)
    with services.transaction() as tx:
        account = find_account(tx, options.email.strip().lower())
        reset_throttle(tx, options.email, account)
        record(tx, Action.ACCOUNT_UNLOCKED, account=account.id if account else None)
