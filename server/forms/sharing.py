"""Sharing a draft with a colleague of the same organisation, and handing it over."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from server.accounts.account import first_work_details, own_work_out
from server.accounts.actor import Actor
from server.accounts.tables import Account, WorkDetailsRow
from server.core import throttle
from server.core.audit import Action, AuditEvent, SaveRun
from server.core.database import Transaction
from server.core.problems import PortalProblem, not_found
from server.core.throttle import Operation
from server.forms.access import grant_access, revoke_access
from server.forms.advice import find_advice
from server.forms.catalogue import pinned_form
from server.forms.filling import can_fill, closed_reason, find_submission, lock_own, require_open
from server.forms.tables import StoredAnswer, Submission, SubmissionShare
from server.messages.service import send_message
from server.organisations.memberships import confirmed_organisations, is_confirmed_member
from server.people.service import find_access_end
from server.people.tables import Person
from shared.accounts import OwnWorkDetails
from shared.forms.sharing import Colleague, Contribution, Sharing
from shared.places import PlaceKind
from shared.problems import ProblemCode

CONTRIBUTIONS: dict[Action, str] = {
    Action.FORM_STARTED: "started it",
    Action.ADVICE_ASKED: "asked for it",
    Action.FORM_SUBMITTED: "submitted it",
    Action.FORM_SHARED: "shared it",
    Action.FORM_SHARE_ENDED: "ended sharing it",
    Action.FORM_HANDED_OVER: "handed it over",
    Action.FORM_RETURNED: "returned it",
    Action.FORM_WITHDRAWN: "withdrew it",
}


def colleague_out(account: Account, work: OwnWorkDetails | None) -> Colleague:
    """Build the view of a professional in a list of colleagues."""
    return Colleague(
        account=account.id,
        name=account.name,
        role=work.role_label if work else "",
        organisation=work.organisation_label if work else "",
        email=account.email,
    )


def colleagues_of(tx: Transaction, account: UUID) -> list[Colleague]:
    """List the confirmed members of the organisations that have confirmed an account, by name."""
    rows = tx.session.execute(
        select(Account, WorkDetailsRow)
        .join(WorkDetailsRow, col(WorkDetailsRow.account_id) == col(Account.id))
        .where(
            col(WorkDetailsRow.organisation_id).in_(confirmed_organisations(account)),
            *is_confirmed_member(),
            col(Account.id) != account,
            col(Account.staff).is_(None),
            col(Account.disabled_at).is_(None),
        )
        .order_by(col(Account.last_name), col(Account.first_name))
    )
    colleagues = {account.id: colleague_out(account, own_work_out(work)) for account, work in rows}
    return list(colleagues.values())


def read_sharing(tx: Transaction, actor: Actor, submission_id: UUID) -> Sharing:
    """Return the shares of a draft, the colleagues it can be shared with, and its contributors.

    The reading is audited. Raises NOT_FOUND.
    """
    submission = find_submission(tx, actor, submission_id)
    if not can_fill(tx, actor, submission):
        raise not_found()
    owner = _owner(tx, submission)
    person = tx.session.get_one(Person, submission.person_id)
    actor.record(tx, Action.SHARING_READ, subject=submission.id, person=person.id)
    shared = _shared_with(tx, submission)
    shares = {colleague.account for colleague in shared}
    return Sharing(
        title=pinned_form(tx, submission.form, submission.form_version).title,
        person_name=person.name,
        owner=owner.name,
        yours=owner.id == actor.account_id,
        advice=find_advice(tx, submission.id) is not None,
        closed=closed_reason(tx, submission) or "",
        confirmed=tx.session.execute(confirmed_organisations(owner.id)).first() is not None,
        shared_with=shared,
        colleagues=[
            colleague
            for colleague in colleagues_of(tx, owner.id)
            if colleague.account not in shares
        ],
        contributors=_list_contributions(tx, submission),
    )


def _shared_with(tx: Transaction, submission: Submission) -> list[Colleague]:
    """List the accounts that a form is shared with, including former colleagues."""
    accounts = tx.session.exec(
        select(Account)
        .join(SubmissionShare, col(SubmissionShare.account_id) == col(Account.id))
        .where(SubmissionShare.submission_id == submission.id)
        .order_by(col(Account.last_name), col(Account.first_name))
    ).all()
    work_details = first_work_details(tx, (account.id for account in accounts))
    return [colleague_out(account, work_details.get(account.id)) for account in accounts]


def _owner(tx: Transaction, submission: Submission) -> Account:
    if submission.account_id is None:
        raise not_found()
    return tx.session.get_one(Account, submission.account_id)


def _list_contributions(tx: Transaction, submission: Submission) -> list[Contribution]:
    advice = find_advice(tx, submission.id)
    rows = tx.session.execute(
        select(AuditEvent, Account)
        .join(Account, col(Account.id) == col(AuditEvent.account_id))
        .where(
            col(AuditEvent.subject_id).in_([submission.id, *([advice.id] if advice else [])]),
            col(AuditEvent.action).in_([action.value for action in CONTRIBUTIONS]),
        )
        .order_by(col(AuditEvent.id))
    )
    actions = [
        Contribution(name=account.name, words=CONTRIBUTIONS[Action(event.action)], at=event.at)
        for event, account in rows
    ]
    return sorted(
        actions + _author_contributions(tx, submission), key=lambda contribution: contribution.at
    )


def _author_contributions(tx: Transaction, submission: Submission) -> list[Contribution]:
    steps = pinned_form(tx, submission.form, submission.form_version).steps
    titles = {field.id: step.title for step in steps for field in step.fields}
    ordered_titles = list(dict.fromkeys(titles.values()))
    rows = tx.session.execute(
        select(StoredAnswer.field, Account)
        .join(Account, col(Account.id) == col(StoredAnswer.account_id))
        .where(StoredAnswer.submission_id == submission.id)
    ).all()
    names = {account.id: account.name for _, account in rows}
    steps_by_author: dict[UUID, set[str]] = {}
    for field, account in rows:
        steps_by_author.setdefault(account.id, set()).add(titles.get(field, ""))
    return [
        Contribution(
            name=names[author_id],
            words=f"wrote in {', '.join(title for title in ordered_titles if title in own_steps)}",
            at=_last_saved(tx, submission, author_id),
        )
        for author_id, own_steps in steps_by_author.items()
    ]


def _last_saved(tx: Transaction, submission: Submission, author_id: UUID) -> datetime:
    saves = tx.session.exec(
        select(SaveRun.last_at)
        .join(AuditEvent, col(AuditEvent.id) == col(SaveRun.event_id))
        .where(
            AuditEvent.subject_id == submission.id,
            AuditEvent.account_id == author_id,
        )
        .order_by(col(AuditEvent.id).desc())
    )
    return saves.first() or submission.saved_at


def _require_colleague(tx: Transaction, submission: Submission, account: UUID) -> Colleague:
    owner = _owner(tx, submission)
    for colleague in colleagues_of(tx, owner.id):
        if colleague.account == account:
            _require_not_ended(tx, submission, colleague)
            return colleague
    raise PortalProblem(ProblemCode.NOT_FOUND, "There is no such colleague at this organisation.")


def _count_message(tx: Transaction, actor: Actor) -> None:
    throttle.use_allowance(
        tx,
        Operation.MESSAGE_OTHERS,
        str(actor.account_id),
        "You sent many forms to others in a short time. Nothing was changed.",
    )


def _require_not_ended(tx: Transaction, submission: Submission, colleague: Colleague) -> None:
    if find_access_end(tx, submission.person_id, colleague.account):
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            f"The Local Authority ended {colleague.name}'s access to this child. Only the Local "
            "Authority can give it back.",
        )


def share(tx: Transaction, actor: Actor, submission_id: UUID, account: UUID) -> None:
    """Share the actor's own draft with a colleague of the same organisation.

    Raises NOT_FOUND, NOT_ALLOWED, DECIDED, TOO_MANY_TRIES.
    """
    submission = lock_own(tx, actor, submission_id)
    if tx.session.get(SubmissionShare, (submission.id, account)) is not None:
        return
    require_open(tx, submission)
    _require_colleague(tx, submission, account)
    _count_message(tx, actor)
    tx.session.add(
        SubmissionShare(
            submission_id=submission.id, account_id=account, shared_by=actor.account_id, at=tx.now
        )
    )
    tx.session.flush()
    grant_access(tx, actor, submission, account)
    actor.record(
        tx, Action.FORM_SHARED, subject=submission.id, person=submission.person_id, to=account
    )
    _notify(tx, submission, account, f"{actor.name} shared a form with you")


def end_share(tx: Transaction, actor: Actor, submission_id: UUID, account: UUID) -> None:
    """Stop sharing a draft with a colleague; raises NOT_FOUND, NOT_ALLOWED."""
    submission = lock_own(tx, actor, submission_id)
    share = tx.session.get(SubmissionShare, (submission.id, account))
    if share is not None:
        revoke_share(tx, actor, submission, share)


def revoke_share(
    tx: Transaction, actor: Actor, submission: Submission, share: SubmissionShare
) -> None:
    """Delete a share and revoke the account's access."""
    tx.session.delete(share)
    tx.session.flush()
    revoke_access(tx, submission, share.account_id)
    actor.record(
        tx,
        Action.FORM_SHARE_ENDED,
        subject=submission.id,
        person=submission.person_id,
        to=share.account_id,
    )


def hand_over(tx: Transaction, actor: Actor, submission_id: UUID, to: UUID) -> None:
    """Hand the actor's own draft over to a colleague of the same organisation.

    Raises NOT_FOUND, NOT_ALLOWED, DECIDED, TOO_MANY_TRIES.
    """
    submission = lock_own(tx, actor, submission_id)
    require_open(tx, submission)
    _require_colleague(tx, submission, to)
    _count_message(tx, actor)
    transfer(tx, actor, submission, to)


def transfer(tx: Transaction, actor: Actor, submission: Submission, to: UUID) -> None:
    """Transfer a form to another account and notify its owner."""
    grant_access(tx, actor, submission, to)
    share = tx.session.get(SubmissionShare, (submission.id, to))
    if share is not None:
        tx.session.delete(share)
    previous, submission.account_id = submission.account_id, to
    tx.session.add(submission)
    if advice := find_advice(tx, submission.id):
        advice.account_id = to
        tx.session.add(advice)
    tx.session.flush()
    if previous is not None:
        revoke_access(tx, submission, previous)
    actor.record(
        tx, Action.FORM_HANDED_OVER, subject=submission.id, person=submission.person_id, to=to
    )
    _notify(tx, submission, to, f"{actor.name} gave a form to you")


def _notify(tx: Transaction, submission: Submission, account: UUID, subject: str) -> None:
    person = tx.session.get_one(Person, submission.person_id)
    title = pinned_form(tx, submission.form, submission.form_version).title
    send_message(
        tx,
        to_account=account,
        subject=subject,
        body=f"{title} for {person.name} can be opened and filled by you.",
        person=submission.person_id,
        place=PlaceKind.FORM.of(submission.id),
        place_label=title,
    )
