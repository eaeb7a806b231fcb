"""Drafts that belong to an organisation: shared with a colleague, handed over."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from server.accounts.account import first_work_details, work_out
from server.accounts.actor import Actor
from server.accounts.tables import Account, WorkDetailsRow
from server.core.audit import Action, AuditEvent
from server.core.database import Transaction
from server.core.problems import PortalProblem, not_found
from server.forms.access import grant_access, revoke_access
from server.forms.advice import advice_of
from server.forms.catalogue import form_filled
from server.forms.filling import can_fill, closed_reason, find_submission, lock_own, require_open
from server.forms.tables import StoredAnswer, Submission, SubmissionShare
from server.messages.service import send_message
from server.people.tables import Person
from shared.accounts import WorkDetails
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


def colleague_out(account: Account, card: WorkDetails | None) -> Colleague:
    """Tell of a professional what another sees to choose them by."""
    return Colleague(
        account=account.id,
        name=account.name,
        role=card.role_label if card else "",
        organisation=card.organisation if card else "",
        email=account.email,
    )


def colleagues_of(tx: Transaction, account: UUID) -> list[Colleague]:
    """List who works at an organisation that the account works at too, by name."""
    mine = select(WorkDetailsRow.organisation_folded).where(
        WorkDetailsRow.account_id == account, col(WorkDetailsRow.removed_at).is_(None)
    )
    rows = tx.session.execute(
        select(Account, WorkDetailsRow)
        .join(WorkDetailsRow, col(WorkDetailsRow.account_id) == col(Account.id))
        .where(
            col(WorkDetailsRow.organisation_folded).in_(mine),
            col(Account.id) != account,
            col(Account.staff).is_(None),
            col(Account.disabled_at).is_(None),
            col(WorkDetailsRow.removed_at).is_(None),
        )
        .order_by(col(Account.last_name), col(Account.first_name))
    )
    found = {account.id: colleague_out(account, work_out(card)) for account, card in rows}
    return list(found.values())


def sharing(tx: Transaction, actor: Actor, submission: UUID) -> Sharing:
    """Tell with whom a draft is shared, with whom it could be, and who did what with it."""
    found = find_submission(tx, actor, submission)
    if not can_fill(tx, actor, found):
        raise not_found()
    owner = _owner(tx, found)
    person = tx.session.get_one(Person, found.person_id)
    shared = _shared_with(tx, found)
    shares = {one.account for one in shared}
    return Sharing(
        title=form_filled(tx, found.form, found.form_version).title,
        person_name=person.name,
        owner=owner.name,
        yours=owner.id == actor.account_id,
        advice=advice_of(tx, found.id) is not None,
        closed=closed_reason(tx, found) or "",
        shared_with=shared,
        colleagues=[one for one in colleagues_of(tx, owner.id) if one.account not in shares],
        contributors=_contributions(tx, found),
    )


def _shared_with(tx: Transaction, found: Submission) -> list[Colleague]:
    """List with whom a form is shared, those too who have left the organisation since."""
    accounts = tx.session.exec(
        select(Account)
        .join(SubmissionShare, col(SubmissionShare.account_id) == col(Account.id))
        .where(SubmissionShare.submission_id == found.id)
        .order_by(col(Account.last_name), col(Account.first_name))
    ).all()
    cards = first_work_details(tx, (account.id for account in accounts))
    return [colleague_out(account, cards.get(account.id)) for account in accounts]


def _owner(tx: Transaction, found: Submission) -> Account:
    if found.account_id is None:
        raise not_found()
    return tx.session.get_one(Account, found.account_id)


def _contributions(tx: Transaction, found: Submission) -> list[Contribution]:
    advice = advice_of(tx, found.id)
    rows = tx.session.execute(
        select(AuditEvent, Account)
        .join(Account, col(Account.id) == col(AuditEvent.account_id))
        .where(
            col(AuditEvent.subject_id).in_([found.id, *([advice.id] if advice else [])]),
            col(AuditEvent.action).in_([action.value for action in CONTRIBUTIONS]),
        )
        .order_by(col(AuditEvent.id))
    )
    did = [
        Contribution(name=who.name, words=CONTRIBUTIONS[Action(event.action)], at=event.at)
        for event, who in rows
    ]
    return sorted(did + _written(tx, found), key=lambda one: one.at)


def _written(tx: Transaction, found: Submission) -> list[Contribution]:
    steps = form_filled(tx, found.form, found.form_version).steps
    titles = {field.id: step.title for step in steps for field in step.fields}
    rows = tx.session.execute(
        select(StoredAnswer.field, Account)
        .join(Account, col(Account.id) == col(StoredAnswer.account_id))
        .where(StoredAnswer.submission_id == found.id)
    ).all()
    names = {account.id: account.name for _, account in rows}
    wrote: dict[UUID, set[str]] = {}
    for field, account in rows:
        wrote.setdefault(account.id, set()).add(titles.get(field, ""))
    return [
        Contribution(
            name=names[writer],
            words=f"wrote in {', '.join(t for t in dict.fromkeys(titles.values()) if t in into)}",
            at=_last_saved(tx, found, writer),
        )
        for writer, into in wrote.items()
    ]


def _last_saved(tx: Transaction, found: Submission, writer: UUID) -> datetime:
    saves = tx.session.exec(
        select(AuditEvent.last_at)
        .where(
            AuditEvent.subject_id == found.id,
            AuditEvent.account_id == writer,
            AuditEvent.action == Action.FORM_SAVED.value,
        )
        .order_by(col(AuditEvent.id).desc())
    )
    return saves.first() or found.saved_at


def _colleague(tx: Transaction, found: Submission, account: UUID) -> Colleague:
    owner = _owner(tx, found)
    for one in colleagues_of(tx, owner.id):
        if one.account == account:
            return one
    raise PortalProblem(ProblemCode.NOT_FOUND, "There is no such colleague at this organisation.")


def share(tx: Transaction, actor: Actor, submission: UUID, account: UUID) -> None:
    """Share an own draft with a colleague of the same organisation.

    Raises NOT_FOUND, NOT_ALLOWED, DECIDED.
    """
    found = lock_own(tx, actor, submission)
    if tx.session.get(SubmissionShare, (found.id, account)) is not None:
        return
    require_open(tx, found)
    _colleague(tx, found, account)
    tx.session.add(
        SubmissionShare(
            submission_id=found.id, account_id=account, shared_by=actor.account_id, at=tx.now
        )
    )
    tx.session.flush()
    grant_access(tx, found, account)
    actor.record(tx, Action.FORM_SHARED, subject=found.id, person=found.person_id, to=account)
    _tell(tx, found, account, f"{actor.name} shared a form with you")


def end_share(tx: Transaction, actor: Actor, submission: UUID, account: UUID) -> None:
    """Share a draft no longer with a colleague; raises NOT_FOUND, NOT_ALLOWED."""
    found = lock_own(tx, actor, submission)
    kept = tx.session.get(SubmissionShare, (found.id, account))
    if kept is not None:
        revoke_share(tx, actor, found, kept)


def revoke_share(tx: Transaction, actor: Actor, found: Submission, kept: SubmissionShare) -> None:
    """Take a form from an account that it was shared with."""
    tx.session.delete(kept)
    tx.session.flush()
    revoke_access(tx, found, kept.account_id)
    actor.record(
        tx, Action.FORM_SHARE_ENDED, subject=found.id, person=found.person_id, to=kept.account_id
    )


def hand_over(tx: Transaction, actor: Actor, submission: UUID, to: UUID) -> None:
    """Give an own draft to a colleague of the same organisation.

    Raises NOT_FOUND, NOT_ALLOWED, DECIDED.
    """
    found = lock_own(tx, actor, submission)
    require_open(tx, found)
    _colleague(tx, found, to)
    transfer(tx, actor, found, to)


def transfer(tx: Transaction, actor: Actor, found: Submission, to: UUID) -> None:
    """Let a form lie with another account than before, and tell them."""
    grant_access(tx, found, to)
    shared = tx.session.get(SubmissionShare, (found.id, to))
    if shared is not None:
        tx.session.delete(shared)
    before, found.account_id = found.account_id, to
    tx.session.add(found)
    if advice := advice_of(tx, found.id):
        advice.account_id = to
        tx.session.add(advice)
    tx.session.flush()
    if before is not None:
        revoke_access(tx, found, before)
    actor.record(tx, Action.FORM_HANDED_OVER, subject=found.id, person=found.person_id, to=to)
    _tell(tx, found, to, f"{actor.name} gave a form to you")


def _tell(tx: Transaction, found: Submission, account: UUID, subject: str) -> None:
    person = tx.session.get_one(Person, found.person_id)
    title = form_filled(tx, found.form, found.form_version).title
    send_message(
        tx,
        to_account=account,
        subject=subject,
        body=f"{title} for {person.name} can be opened and filled by you.",
        person=found.person_id,
        place=PlaceKind.FORM.of(found.id),
        place_label=title,
    )
