"""The `rotate-key` command, which moves a database to a new secret key."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from cryptography.fernet import InvalidToken
from pydantic import SecretStr
from sqlmodel import col, delete, or_, select, update

from server.accounts.account import delete_recovery_codes, notify_owner
from server.accounts.tables import Account, RecoveryCode, StoredSession
from server.app import open_services
from server.commands.command import CommandError, Parsers, open_existing, require_schema
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.keys import Keys, Purpose
from server.core.outbox import OutboxMail
from server.core.secret_key import add_key, current_key
from server.core.settings import Settings
from shared.accounts import SecondStep

BATCH = 200
NO_OLD_KEY = (
    "Set PORTAL_SECRET_KEY_OLD to the key before, or name a file that holds it with --old-file."
)

Row = TypeVar("Row", Account, OutboxMail)


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "rotate-key",
        help="change the secret key: the new one in PORTAL_SECRET_KEY, the old one in "
        "PORTAL_SECRET_KEY_OLD",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--old-file", type=Path, help="a file that holds the old key")
    source.add_argument("--lost", action="store_true", help="go on without the old key")
    parser.set_defaults(run=run)


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Change the secret key; raises CommandError or WrongSecretKey."""
    if options.old_file:
        key = SecretStr(options.old_file.read_text().strip())
        settings = settings.model_copy(update={"secret_key_old": key})
    if settings.secret_key_old is None and not options.lost:
        raise CommandError(NO_OLD_KEY)
    with open_existing(settings) as engine:
        require_schema(engine)
    new = Keys(settings.secret_key.get_secret_value())
    if options.lost:
        _start_without_old(open_services(settings.model_copy(update={"secret_key_old": None})), new)
        return
    _rotate(open_services(settings), new)


def _rotate(services: Services, new: Keys) -> None:
    """Encrypt everything with the new key, then make it the current one."""
    codes = 0
    if services.keys.check != new.check:
        codes = _in_batches(services, _list_code_owners, _end_recovery_codes)
    unreadable = _encrypt_all(services, new)
    with services.transaction() as tx:
        add_key(tx.session, new, tx.now)
        record(tx, Action.SECRET_KEY_CHANGED)
    print(
        f"The database is used with the new key. Recovery codes ended, and their owners emailed: "
        f"{codes}.\nRestart every server with both keys, run this command again, and a day later, "
        "when sessions and emailed links have expired, restart them without the old key."
    )
    if unreadable:
        print(f"Secrets and mails that neither key can read, left as they are: {unreadable}.")


def _encrypt_all(services: Services, new: Keys) -> int:
    """Encrypt app secrets and queued mail with the new key, and count what can't be read."""
    unreadable = 0

    def encrypt(text: str | None, purpose: Purpose) -> str | None:
        nonlocal unreadable
        try:
            return new.encrypt(purpose, services.keys.decrypt(purpose, text)) if text else text
        except InvalidToken:
            unreadable += 1
            return text

    def encrypt_mail(tx: Transaction, mail: OutboxMail) -> None:
        mail.body = encrypt(mail.body, Purpose.MAIL) or ""

    def encrypt_secrets(tx: Transaction, account: Account) -> None:
        account.app_secret = encrypt(account.app_secret, Purpose.APP_SECRET)
        account.app_pending = encrypt(account.app_pending, Purpose.APP_SECRET)

    _in_batches(services, _list_mails, encrypt_mail)
    _in_batches(services, _list_app_accounts, encrypt_secrets)
    return unreadable


def _in_batches(
    services: Services,
    list_rows: Callable[[Transaction, UUID], list[Row]],
    change: Callable[[Transaction, Row], None],
) -> int:
    """Change rows in order of their ids, each batch in its own transaction; return their number."""
    last, count = UUID(int=0), 0
    while True:
        with services.transaction() as tx:
            rows = list_rows(tx, last)
            for row in rows:
                change(tx, row)
                tx.session.add(row)
        if not rows:
            return count
        last, count = rows[-1].id, count + len(rows)


def _list_mails(tx: Transaction, after: UUID) -> list[OutboxMail]:
    query = select(OutboxMail).where(OutboxMail.body != "", OutboxMail.id > after)
    return list(tx.session.exec(query.order_by(col(OutboxMail.id)).limit(BATCH).with_for_update()))


def _list_app_accounts(tx: Transaction, after: UUID) -> list[Account]:
    has_secret = or_(col(Account.app_secret).is_not(None), col(Account.app_pending).is_not(None))
    query = select(Account).where(has_secret, Account.id > after)
    return list(tx.session.exec(query.order_by(col(Account.id)).limit(BATCH).with_for_update()))


def _list_code_owners(tx: Transaction, after: UUID) -> list[Account]:
    has_codes = col(Account.id).in_(select(RecoveryCode.account_id))
    query = select(Account).where(has_codes, Account.id > after)
    return list(tx.session.exec(query.order_by(col(Account.id)).limit(BATCH).with_for_update()))


def _end_recovery_codes(tx: Transaction, account: Account) -> None:
    """Delete recovery codes: only their keyed hashes are stored, so they can't be converted."""
    delete_recovery_codes(tx, account.id)
    notify_owner(tx, account, "Your recovery codes have ended. Make new ones under My Account")


def _start_without_old(services: Services, new: Keys) -> None:
    """Give up what only the lost key could read, and make the new key the current one."""
    with services.transaction() as tx:
        before = current_key(tx.session)
        if before is None or before.check == new.check:
            raise CommandError("The database is used with this key already: nothing was changed.")
        for table in (StoredSession, RecoveryCode):
            tx.session.exec(delete(table))
        tx.session.exec(
            update(Account)
            .where(col(Account.second_step) == SecondStep.APP)
            .values(second_step=SecondStep.NONE)
        )
        tx.session.exec(update(Account).values(app_secret=None, app_pending=None))
        unsent = update(OutboxMail).where(col(OutboxMail.sent_at).is_(None))
        tx.session.exec(unsent.values(given_up_at=tx.now, body=""))
        add_key(tx.session, new, tx.now)
        record(tx, Action.SECRET_KEY_CHANGED)
    print("The database is used with the new key. Everyone signs in and sets up again.")
