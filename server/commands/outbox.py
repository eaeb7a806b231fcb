"""The `outbox` command: emails that are not sent yet or were given up on."""

from __future__ import annotations

import argparse
from contextlib import closing
from uuid import UUID

from sqlmodel import col, select

from server.app import open_services
from server.commands.command import CommandError, Parsers
from server.commands.mail import NO_RELAY
from server.core.audit import Action, record
from server.core.outbox import OutboxMail, retry_mail
from server.core.settings import Settings
from shared.values.days import format_datetime


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    outbox = commands.add_parser("outbox", help="list or retry emails that are not sent")
    actions = outbox.add_subparsers(dest="action", required=True)
    show = actions.add_parser("list", help="show the emails that wait or were given up on")
    show.set_defaults(run=show_unsent)
    retry = actions.add_parser("retry", help="send emails again now, by a running server")
    which = retry.add_mutually_exclusive_group(required=True)
    which.add_argument("id", type=UUID, nargs="?", help="as `outbox list` shows it")
    which.add_argument("--all", action="store_true", help="all that were given up on")
    retry.set_defaults(run=retry_unsent)


def show_unsent(settings: Settings, options: argparse.Namespace) -> None:
    """Print the unsent emails, oldest first, without their bodies."""
    query = select(OutboxMail).where(col(OutboxMail.sent_at).is_(None))
    with closing(open_services(settings)) as services, services.transaction(writes=False) as tx:
        emails = tx.session.exec(query.order_by(col(OutboxMail.created_at))).all()
    for mail in emails:
        state = "given up" if mail.given_up_at else f"next try {format_datetime(mail.next_try_at)}"
        print(
            f"{mail.id}  {format_datetime(mail.created_at)}  {mail.to}  {mail.subject}  "
            f"(tries: {mail.attempts}, {state})"
        )
    given_up = sum(mail.given_up_at is not None for mail in emails)
    print(f"Waiting: {len(emails) - given_up}. Given up: {given_up}.")


def retry_unsent(settings: Settings, options: argparse.Namespace) -> None:
    """Queue unsent emails again; raises CommandError."""
    if not settings.sends_mail:
        raise CommandError(NO_RELAY)
    given_up = select(OutboxMail.id).where(
        col(OutboxMail.sent_at).is_(None), col(OutboxMail.given_up_at).is_not(None)
    )
    with closing(open_services(settings)) as services, services.transaction() as tx:
        ids = list(tx.session.exec(given_up)) if options.all else [options.id]
        for id in ids:
            if not retry_mail(tx, id):
                raise CommandError(f"There is no unsent email {id}. See `outbox list`.")
            record(tx, Action.MAIL_SENT_AGAIN, subject=id)
    print(f"To be sent again now by a running server: {len(ids)}.")
