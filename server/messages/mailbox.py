"""The demo's mailbox: all mail in the outbox, readable by anyone."""

import pyotp
from fastapi import APIRouter
from sqlmodel import col, select

from server.accounts.actor import OptionalActor
from server.accounts.tables import Account
from server.core.keys import Purpose
from server.core.outbox import OutboxMail
from server.core.routing import TransactionRoute, Tx, polling
from shared.accounts import DemoMail

MAX_SHOWN = 100

router = APIRouter(prefix="/v1/demo", route_class=TransactionRoute)


@router.get("/mailbox")
@polling
def mailbox(tx: Tx, actor: OptionalActor) -> list[DemoMail]:
    """List the newest emails, preceded by the current code of the actor's app."""
    account = tx.session.get_one(Account, actor.account_id) if actor else None
    emails = tx.session.exec(
        select(OutboxMail).order_by(col(OutboxMail.created_at).desc()).limit(MAX_SHOWN)
    )
    rows = [
        DemoMail(
            to=mail.to,
            subject=mail.subject,
            body=tx.services.keys.decrypt(Purpose.MAIL, mail.body),
            sent_at=mail.created_at,
            yours=account is not None and mail.to == account.email,
        )
        for mail in emails
    ]
    return (
        [_app_code(tx, account)] if account and account.staff and account.app_secret else []
    ) + rows


def _app_code(tx: Tx, account: Account) -> DemoMail:
    secret = tx.services.keys.decrypt(Purpose.APP_SECRET, account.app_secret or "")
    return DemoMail(
        to=account.email,
        subject="Code of your authenticator app",
        body=pyotp.TOTP(secret).at(tx.now),
        sent_at=tx.now,
        yours=True,
    )
