"""Reports to the support desk about mail that was given up on."""

from uuid import UUID

from sqlmodel import col, select

from server.accounts.tables import Account
from server.core.database import Transaction
from server.core.outbox import OutboxMail
from server.messages.service import MAIL_SUBJECT, send_message
from server.messages.tables import Message
from shared.accounts import Staff
from shared.places import Place, PlaceKind

SUBJECT = "Mail could not be sent"
BODY = (
    "At least one email could not be sent: its address was refused, or sending it failed for "
    "24 hours. Open the list to see which, and to send it again."
)


def report_unsent_mail(tx: Transaction, mail: OutboxMail) -> None:
    """Report given-up mail to every support account without an unread report.

    An email that announces a report is not reported, which prevents a loop.
    """
    support_accounts = tx.session.exec(
        select(Account).where(Account.staff == Staff.SUPPORT, col(Account.disabled_at).is_(None))
    ).all()
    if mail.subject == MAIL_SUBJECT and mail.to in {account.email for account in support_accounts}:
        return
    for account in support_accounts:
        if not _has_unread_report(tx, account.id):
            send_message(
                tx,
                to_account=account.id,
                subject=SUBJECT,
                body=BODY,
                place=Place(PlaceKind.UNSENT_EMAILS),
                place_label="Mail that could not be sent",
            )


def _has_unread_report(tx: Transaction, account: UUID) -> bool:
    report = select(Message.id).where(
        Message.account_id == account,
        Message.subject == SUBJECT,
        col(Message.read_at).is_(None),
        col(Message.archived_at).is_(None),
    )
    return tx.session.exec(report).first() is not None
