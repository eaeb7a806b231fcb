"""The demo's mailbox: every mail of the outbox, readable by anyone. It exists in the demo alone."""

from fastapi import APIRouter
from sqlmodel import col, select

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
    return [
        DemoMail(
            to=mail.to,
            subject=mail.subject,
            body=tx.services.keys.decrypt(Purpose.MAIL, mail.body),
            sent_at=mail.created_at,
        )
        for mail in mails
    ]
