"""A form that lies with someone, given to another professional by an officer."""

from uuid import UUID

from sqlmodel import select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.database import Transaction
from server.core.problems import not_found
from server.forms.filling import require_open
from server.forms.sharing import colleagues_of, revoke_share, transfer
from server.forms.tables import Submission, SubmissionShare
from server.messages.service import send_message
from server.people.tables import Person


def reassign(tx: Transaction, actor: Actor, submission: UUID, to: UUID) -> None:
    """Give a form that lies with someone to another professional, as an officer.

    Raises NOT_FOUND, DECIDED. Whoever had it loses it, and so do those it was shared with who are
    no colleagues of the new owner; what they wrote stays, under their names.
    """
    found = tx.session.get(Submission, submission, with_for_update=True)
    account = tx.session.get(Account, to)
    if found is None or account is None or account.staff is not None or account.disabled_at:
        raise not_found()
    before = found.account_id
    if found.case_id is None or before is None:
        raise not_found()
    if before == to:
        return
    require_open(tx, found)
    transfer(tx, actor, found, to)
    _end_strange_shares(tx, actor, found, to)
    person = tx.session.get_one(Person, found.person_id)
    send_message(
        tx,
        to_account=before,
        subject="A form was given to someone else",
        body=(
            f"The form for {person.name} that lay with you was given to "
            f"{account.name}. What you wrote is kept."
        ),
        person=found.person_id,
    )


def _end_strange_shares(tx: Transaction, actor: Actor, found: Submission, owner: UUID) -> None:
    colleagues = {one.account for one in colleagues_of(tx, owner)}
    shares = select(SubmissionShare).where(SubmissionShare.submission_id == found.id)
    for kept in tx.session.exec(shares).all():
        if kept.account_id not in colleagues:
            revoke_share(tx, actor, found, kept)
