"""The outbox: emails queued in a transaction and sent after its commit.

A worker claims an email by moving its next attempt to the end of a lease. No transaction is open
while the relay answers, no two workers send the same email at once, and the emails of a killed
worker are due again when the lease ends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, IntEnum, auto
from functools import partial
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Index, and_, or_, text
from sqlmodel import Field, SQLModel, col, select, update

from server.core.database import Transaction
from server.core.keys import Purpose
from server.core.moments import CLOCK_SKEW
from server.core.problems import PortalProblem
from server.core.settings import Settings
from shared.problems import ProblemCode

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
"""Longer than sending an email can take, so that no lease ends during an attempt."""
FIRST_RETRY_DELAY = timedelta(seconds=15)
MAX_RETRY_DELAY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)


class Priority(IntEnum):
    """Priority of an email; the lowest number is sent first."""

    CODE = 0
    """A verification code: the user waits for it at the sign-in form."""
    LINK = 1
    """An activation or reset link: less urgent than a code."""
    ORDINARY = 2


NO_MAILBOX = "@portal.invalid"
"""Ends the addresses that the portal itself makes up, of former accounts for example."""

UNSENT = text("sent_at IS NULL")


class OutboxMail(SQLModel, table=True):
    """An email to send; its body is encrypted, and deleted once it is sent."""

    __tablename__ = "outbox_mail"
    # Sent emails stay in the table, and the worker's query must not scan them.
    __table_args__ = (
        Index(
            "ix_outbox_mail_unsent",
            "given_up_at",
            "priority",
            "next_try_at",
            sqlite_where=UNSENT,
            postgresql_where=UNSENT,
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    to: str
    subject: str
    body: str
    created_at: datetime
    priority: int = Priority.ORDINARY
    attempts: int = 0
    next_try_at: datetime
    sent_at: datetime | None = None
    given_up_at: datetime | None = None


class Result(Enum):
    """Result of an attempt to send an email."""

    SENT = auto()
    FAILED = auto()
    REFUSED = auto()
    """The relay refused the recipient permanently."""
    INTERRUPTED = auto()
    """The server stopped before the relay answered."""


@dataclass(frozen=True)
class Outcome:
    """A claimed email and the result of sending it."""

    mail: OutboxMail
    result: Result


OnGiveUp = Callable[[Transaction, OutboxMail], None]
"""Called in the transaction that marks an email as given up on."""


def require_mail(settings: Settings) -> None:
    """Raise NOT_ALLOWED if the portal sends no email, for what can't be done without one."""
    if not settings.sends_mail:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "This portal sends no email, so this can't be done here. Nothing was changed. Contact "
            f"{settings.contact_email}.",
        )


def post_mail(
    tx: Transaction,
    *,
    to: str | None,
    subject: str,
    body: str,
    priority: Priority = Priority.ORDINARY,
) -> None:
    """Add an email to the outbox; it is sent once the transaction is committed.

    An email to None is never sent. It takes as long as one that is. If the portal sends no email,
    notices are left out, and codes and links raise NOT_ALLOWED.
    """
    settings = tx.services.settings
    if to and to.endswith(NO_MAILBOX):
        to = None
    if priority is not Priority.ORDINARY:
        require_mail(settings)
    if not settings.sends_mail:
        return
    encrypted = tx.services.keys.encrypt(Purpose.MAIL, body)
    tx.session.add(
        OutboxMail(
            to=to or "",
            subject=subject,
            body=encrypted if to else "",
            created_at=tx.now,
            priority=priority,
            next_try_at=tx.now,
            sent_at=None if to else tx.now,
        )
    )
    tx.after_commit.append(tx.services.mail_posted.set)


def retry_mail(tx: Transaction, mail: UUID) -> bool:
    """Make an unsent email due now, also one given up on; return whether there is one."""
    row = tx.session.get(OutboxMail, mail, with_for_update=True)
    if row is None or row.sent_at is not None:
        return False
    if row.given_up_at is not None:
        row.created_at = tx.now  # restarts the retry period
    row.given_up_at = None
    row.next_try_at = tx.now
    tx.session.add(row)
    return True


def due_mail(tx: Transaction, *, slots: int, ordinary_slots: int) -> list[OutboxMail]:
    """List the emails to send now, by priority and age.

    At most `slots` emails, of which at most `ordinary_slots` are not verification codes. In a
    write transaction the rows are locked, and rows locked by another worker are skipped.
    """
    query = (
        select(OutboxMail)
        .where(
            col(OutboxMail.sent_at).is_(None),
            col(OutboxMail.given_up_at).is_(None),
            or_(
                col(OutboxMail.next_try_at) <= tx.now,
                # Times that were stored while the clock was ahead; no delay is as long.
                and_(
                    col(OutboxMail.attempts) == 0,
                    col(OutboxMail.next_try_at) > tx.now + LEASE + CLOCK_SKEW,
                ),
                col(OutboxMail.next_try_at) > tx.now + MAX_RETRY_DELAY + CLOCK_SKEW,
            ),
        )
        .order_by(col(OutboxMail.priority), col(OutboxMail.next_try_at))
        .limit(slots)
    )
    emails = tx.session.exec(query.with_for_update(skip_locked=True) if tx.writes else query).all()
    urgent = [mail for mail in emails if mail.priority == Priority.CODE]
    return urgent + [mail for mail in emails if mail.priority != Priority.CODE][:ordinary_slots]


def claim_mail(tx: Transaction, *, slots: int, ordinary_slots: int) -> list[OutboxMail]:
    """Lease the due emails to the caller, which must send them at once."""
    emails = due_mail(tx, slots=slots, ordinary_slots=ordinary_slots)
    for mail in emails:
        mail.next_try_at = tx.now + LEASE
        mail.created_at = min(mail.created_at, tx.now)  # the clock may have been ahead
        tx.session.add(mail)
    return emails


def record_outcomes(tx: Transaction, outcomes: Sequence[Outcome], on_give_up: OnGiveUp) -> None:
    """Record outcomes of claimed emails; if a lease was lost, only a success is recorded."""
    for outcome in outcomes:
        mail = outcome.mail
        update_mail = update(OutboxMail).where(col(OutboxMail.id) == mail.id)
        if outcome.result is Result.SENT:
            tx.session.exec(update_mail.values(sent_at=tx.now, given_up_at=None, body=""))
            continue
        update_leased = update_mail.where(
            col(OutboxMail.next_try_at) == mail.next_try_at, col(OutboxMail.sent_at).is_(None)
        )
        if outcome.result is Result.INTERRUPTED:
            tx.session.exec(update_leased.values(next_try_at=tx.now))
            continue
        is_final = outcome.result is Result.REFUSED or tx.now - mail.created_at > GIVE_UP_AFTER
        result = tx.session.exec(
            update_leased.values(
                attempts=mail.attempts + 1,
                next_try_at=tx.now + min(FIRST_RETRY_DELAY * 2**mail.attempts, MAX_RETRY_DELAY),
                given_up_at=tx.now if is_final else None,
            )
        )
        if is_final and result.rowcount:
            on_give_up(tx, mail)
            tx.after_commit.append(partial(log.warning, "mail_given_up", mail=str(mail.id)))
