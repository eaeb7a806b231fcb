"""The demo's mailbox: every mail of the outbox, readable by anyone. It exists in the demo alone."""

import pyotp
from fastapi import APIRouter
from sqlmodel import col, select

from server.accounts.tables import Account
from server.core.database import Tx
from server.core.keys import Purpose
from server.core.outbox import OutboxMail
from shared.accounts import DemoMail

SHOWN = 100

router = APIRouter(prefix="/v1/demo")


@router.get("/mailbox")
def mailbox(tx: Tx) -> list[DemoMail]:
    """List the newest mails."""
    mails = tx.session.exec(
        select(OutboxMail).order_by(col(OutboxMail.created_at).desc()).limit(SHOWN)
    )
    told = [
        DemoMail(
            to=mail.to,
            subject=mail.subject,
            body=tx.services.keys.decrypt(Purpose.MAIL, mail.body),
            sent_at=mail.created_at,
        )
        for mail in mails
    ]
    # The newest mail stays first: it is what one came for.
    return told[:1] + _app_codes(tx) + told[1:]


def _app_codes(tx: Tx) -> list[DemoMail]:
    """Tell the codes that the authenticator apps of the demo's staff show now."""
    staff = tx.session.exec(
        select(Account).where(col(Account.staff).is_not(None), col(Account.app_secret).is_not(None))
    )
    return [
        DemoMail(
            to=account.email,
            subject="What your authenticator app shows now",
            body=pyotp.TOTP(
                tx.services.keys.decrypt(Purpose.APP_SECRET, account.app_secret or "")
            ).at(tx.now),
            sent_at=tx.now,
        )
        for account in staff
    ]
