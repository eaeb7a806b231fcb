"""Saving answers: the request that comes most often, so it takes few statements."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, or_, select
from sqlmodel import col

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.audit import record_save
from server.core.database import Services, Transaction
from server.core.problems import PortalProblem, invalid, not_found
from server.forms.access import let_all_read
from server.forms.advice import moved
from server.forms.answers import write_answers
from server.forms.catalogue import form_filled
from server.forms.service import refuse_closed
from server.forms.tables import AdviceRequest, SaveKept, Submission, SubmissionShare
from server.people.tables import ListedPerson
from shared.advice import AdviceState
from shared.forms.answers import shape_errors
from shared.forms.submissions import SaveAnswers, Saved, SubmissionState
from shared.problems import ProblemCode

SAVES_HELD = timedelta(days=1)
"""How long a save is known again: a client that could not be answered repeats it."""

_TARGET = (
    select(Submission, SaveKept, col(AdviceRequest.state))
    .select_from(Submission)
    .outerjoin(SaveKept, col(SaveKept.id) == bindparam("save"))
    .outerjoin(AdviceRequest, col(AdviceRequest.submission_id) == col(Submission.id))
    .where(
        col(Submission.id) == bindparam("submission"),
        exists().where(
            col(ListedPerson.person_id) == col(Submission.person_id),
            col(ListedPerson.account_id) == bindparam("account"),
        ),
        or_(
            col(Submission.account_id) == bindparam("account"),
            exists().where(
                col(SubmissionShare.submission_id) == col(Submission.id),
                col(SubmissionShare.account_id) == bindparam("account"),
            ),
        ),
    )
    .with_for_update(of=Submission)
)
"""A submission that an account may fill, what is known of a save, and where its advice stands."""
_OLD_SAVES = delete(SaveKept).where(col(SaveKept.saved_at) < bindparam("before"))


class _Target(NamedTuple):
    submission: Submission
    save: SaveKept | None
    advice: str | None


def save(
    tx: Transaction, actor: Actor, submission: UUID, given: SaveAnswers, version: int
) -> Saved:
    """Save answers, valid or not; a repeat of a save is answered as the first time.

    Raises NOT_FOUND, DECIDED, STALE, and INVALID for what can't be stored at all.
    """
    target = _find(tx, actor, submission, given.save)
    row = target.submission
    if target.save is not None:
        if target.save.submission_id != row.id:
            raise PortalProblem(ProblemCode.CONFLICT, "This save was made for another form.")
        return Saved(version=target.save.version, saved_at=target.save.saved_at)
    if row.case_id is not None or row.withdrawn_at is not None or target.advice is not None:
        refuse_closed(tx, row)
    if errors := shape_errors(form_filled(tx, row.form, row.form_version), given.changes):
        raise invalid(errors, "Some answers can't be kept.")
    if version != row.version:
        raise _stale(tx, row)
    let_all_read(tx, row, given.changes, actor.account_id)
    write_answers(tx, row.id, given.changes, actor.account_id)
    if target.advice == AdviceState.REQUESTED:
        moved(tx, row.id, AdviceState.STARTED)
    if row.state == SubmissionState.SUBMITTED:
        row.state = SubmissionState.EDITING
    row.version += 1
    row.saved_at, row.saved_by = tx.now, actor.account_id
    tx.session.add(row)
    tx.session.add(
        SaveKept(id=given.save, submission_id=row.id, version=row.version, saved_at=tx.now)
    )
    record_save(
        tx, account=actor.account_id, form=row.id, person=row.person_id, address=actor.address
    )
    return Saved(version=row.version, saved_at=tx.now)


def _find(tx: Transaction, actor: Actor, submission: UUID, save: UUID) -> _Target:
    parameters = {"submission": submission, "account": actor.account_id, "save": save}
    found = tx.session.execute(
        _TARGET, parameters, execution_options={"populate_existing": True}
    ).first()
    if found is None:
        raise not_found()
    return _Target(*found)


def _stale(tx: Transaction, submission: Submission) -> PortalProblem:
    writer = tx.session.get_one(Account, submission.saved_by) if submission.saved_by else None
    return PortalProblem(
        ProblemCode.STALE,
        "This form was changed elsewhere while you typed. Yours is kept here; look at both.",
        changed_by=writer.name if writer else None,
        changed_at=submission.saved_at.isoformat(),
    )


async def forget_old_saves(services: Services) -> None:
    """Forget the saves that nobody repeats any more."""
    await services.write(lambda tx: tx.session.execute(_OLD_SAVES, {"before": tx.now - SAVES_HELD}))
