"""The outbox: mails written in the transaction of what they tell of, and sent afterwards."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Field, SQLModel

from server.core.database import Transaction
from server.core.keys import Purpose


class OutboxMail(SQLModel, table=True):
    """A mail to send; its body is encrypted, and dropped once it is sent."""

    __tablename__ = "outbox_mail"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    to: str
    subject: str
    body: str
    created_at: datetime
    attempts: int = 0
    next_try_at: datetime = Field(index=True)
    sent_at: datetime | None = None
    given_up_at: datetime | None = None


def post_mail(tx: Transaction, *, to: str, subject: str, body: str) -> None:
    """Put a mail into the outbox; it leaves after the transaction is committed."""
    tx.session.add(
        OutboxMail(
            to=to,
            subject=subject,
            body=tx.services.keys.encrypt(Purpose.MAIL, body),
            created_at=tx.now,
            next_try_at=tx.now,
        )
    )
