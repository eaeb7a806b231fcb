"""Reassigning a form to another professional, by an officer."""

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
from server.people.service import find_access_end
from server.people.tables import Person


def reassign(tx: Transaction, actor: Actor, submission_id: UUID, to: UUID) -> None:
    """Reassign a form to another professional.

    The previous owner loses access, and so do accounts it was shared with that are not colleagues
    of the new owner; their answers remain, under their names. Raises NOT_FOUND, DECIDED.
    """
    submission = tx.session.get(Submission, submission_id, with_for_update=True)
    account = tx.session.get(Account, to)
    if submission is None or account is None or account.staff is not None or account.disabled_at:
        raise not_found()
    previous = submission.account_id
    if submission.case_id is None or previous is None:
        raise not_found()
    if previous == to:
        return
    require_open(tx, submission)
    transfer(tx, actor, submission, to)
    _revoke_shares_outside_organisation(tx, actor, submission, to)
    if find_access_end(tx, submission.person_id, previous):
        return  # the message names a child whom they may not see
    person = tx.session.get_one(Person, submission.person_id)
    send_message(
        tx,
        to_account=previous,
        subject="A form was passed to someone else",
        body=(
            f"The form for {person.name} that you had was passed to "
            f"{account.name}. What you wrote is kept."
        ),
        person=submission.person_id,
    )


def _revoke_shares_outside_organisation(
    tx: Transaction, actor: Actor, submission: Submission, owner: UUID
) -> None:
    colleagues = {colleague.account for colleague in colleagues_of(tx, owner)}
    shares = select(SubmissionShare).where(SubmissionShare.submission_id == submission.id)
    for share in tx.session.exec(shares).all():
        if share.account_id not in colleagues:
            revoke_share(tx, actor, submission, share)
