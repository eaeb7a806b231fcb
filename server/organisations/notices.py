"""Notices to those who can confirm a membership that it waits for them."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlmodel import col, select

from server.accounts.tables import Account, WorkDetailsRow
from server.core.database import Services, Transaction
from server.core.repeat import repeat
from server.messages.service import send_message
from server.messages.tables import Message
from server.organisations.memberships import is_confirmed_member, undecided
from shared.accounts import Staff
from shared.places import Place, PlaceKind

CHECK_SECONDS = 60
SUBJECT = "Somebody asks to be confirmed"
COLLEAGUE_BODY = (
    "Somebody says that they work at your organisation. They see nothing of yours until a "
    "colleague confirms them. Look who it is under My Account › Colleagues."
)
OFFICER_BODY = (
    "Somebody says that they work at an organisation where nobody can confirm it yet. Until you "
    "do, they work alone."
)


async def run_membership_notices(services: Services) -> None:
    """Announce new memberships periodically until cancelled."""
    await repeat("announcing memberships", CHECK_SECONDS, partial(announce_memberships, services))


async def announce_memberships(services: Services) -> None:
    """Tell those who can confirm them about memberships that were not announced yet.

    Nobody gets a second notice before the first is read, however many people ask.
    """
    new = select(col(WorkDetailsRow.id)).where(
        col(WorkDetailsRow.announced_at).is_(None),
        col(WorkDetailsRow.removed_at).is_(None),
        *undecided(),
    )
    for membership in await services.read(lambda tx: list(tx.session.exec(new))):
        await services.write(partial(announce_membership, membership))


def announce_membership(membership: UUID, tx: Transaction) -> None:
    """Announce one membership, unless another server has done so."""
    work = tx.session.get_one(WorkDetailsRow, membership, with_for_update=True)
    if work.announced_at is not None:
        return
    work.announced_at = tx.now
    tx.session.add(work)
    if colleagues := _confirmed_members(tx, work):
        place = PlaceKind.ACCOUNT_SECTION.of("colleagues")
        _notify(tx, colleagues, COLLEAGUE_BODY, place, "Colleagues")
    else:
        place = Place(PlaceKind.MEMBERSHIPS)
        _notify(tx, _officers(tx), OFFICER_BODY, place, "Memberships to confirm")


def _confirmed_members(tx: Transaction, work: WorkDetailsRow) -> Sequence[UUID]:
    members = (
        select(Account.id)
        .join(WorkDetailsRow, col(WorkDetailsRow.account_id) == col(Account.id))
        .where(
            WorkDetailsRow.organisation_id == work.organisation_id,
            *is_confirmed_member(),
            col(Account.id) != work.account_id,
            col(Account.disabled_at).is_(None),
        )
        .distinct()
    )
    return tx.session.exec(members).all()


def _officers(tx: Transaction) -> Sequence[UUID]:
    officers = select(Account.id).where(
        Account.staff == Staff.OFFICER, col(Account.disabled_at).is_(None)
    )
    return tx.session.exec(officers).all()


def _notify(tx: Transaction, accounts: Sequence[UUID], body: str, place: Place, label: str) -> None:
    # Another server may be announcing another membership to the same people.
    recipients = select(Account.id).where(col(Account.id).in_(accounts)).order_by(col(Account.id))
    tx.session.exec(recipients.with_for_update(key_share=True)).all()
    unread = select(col(Message.account_id)).where(
        col(Message.account_id).in_(accounts),
        Message.subject == SUBJECT,
        col(Message.read_at).is_(None),
        col(Message.archived_at).is_(None),
    )
    for account in sorted(set(accounts) - set(tx.session.exec(unread).all())):
        send_message(
            tx, to_account=account, subject=SUBJECT, body=body, place=place, place_label=label
        )
