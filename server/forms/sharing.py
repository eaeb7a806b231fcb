"""Drafts that belong to an organisation: shared with a colleague, handed over, reassigned."""

from uuid import UUID

from sqlmodel import col, or_, select

from server.accounts.actor import Actor
from server.accounts.tables import Account, WorkDetailsRow
from server.cases.acting import put_on_list
from server.core.audit import Action, AuditEvent, record
from server.core.database import Transaction
from server.core.problems import PortalProblem, not_found
from server.documents.service import known_documents, let_read
from server.forms.advice import advice_of
from server.forms.catalogue import form_filled
from server.forms.named import files_in
from server.forms.service import answers_of, find_own, writers_and_readers
from server.forms.tables import AnswerKept, Submission, SubmissionShare
from server.messages.service import send_message
from server.people.service import fold
from server.people.tables import Person
from shared.accounts import ROLE_LABELS, ProfessionalRole
from shared.advice import Colleague, Contribution, Sharing
from shared.problems import ProblemCode

FOUND = 50

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


def _told(account: Account, card: WorkDetailsRow) -> Colleague:
    role = ROLE_LABELS[ProfessionalRole(card.role)]
    return Colleague(
        account=account.id,
        name=account.name,
        role=card.role_other or role,
        organisation=card.organisation,
        email=account.email,
    )


def find_professionals(tx: Transaction, find: str) -> list[Colleague]:
    """Find professionals by name, organisation or email, for an officer; 50 at most."""
    rows = tx.session.execute(
        select(Account, WorkDetailsRow)
        .join(WorkDetailsRow, col(WorkDetailsRow.account_id) == col(Account.id))
        .where(
            col(Account.staff).is_(None),
            col(Account.disabled_at).is_(None),
            col(WorkDetailsRow.removed_at).is_(None),
            *(
                or_(
                    col(Account.first_name).icontains(word, autoescape=True),
                    col(Account.last_name).icontains(word, autoescape=True),
                    col(Account.email).icontains(word, autoescape=True),
                    col(WorkDetailsRow.organisation).icontains(word, autoescape=True),
                )
                for word in find.split()
            ),
        )
        .order_by(col(Account.last_name), col(Account.first_name), col(WorkDetailsRow.created_at))
        .limit(FOUND)
    ).all()
    return list({account.id: _told(account, card) for account, card in reversed(rows)}.values())[
        ::-1
    ]


def colleagues_of(tx: Transaction, account: UUID) -> list[Colleague]:
    """List who works at an organisation that the account works at too, by name."""
    mine = tx.session.exec(
        select(WorkDetailsRow.organisation).where(
            WorkDetailsRow.account_id == account, col(WorkDetailsRow.removed_at).is_(None)
        )
    )
    names = {fold(name.strip()) for name in mine}
    rows = tx.session.execute(
        select(Account, WorkDetailsRow)
        .join(WorkDetailsRow, col(WorkDetailsRow.account_id) == col(Account.id))
        .where(
            col(Account.id) != account,
            col(Account.staff).is_(None),
            col(Account.disabled_at).is_(None),
            col(WorkDetailsRow.removed_at).is_(None),
        )
        .order_by(col(Account.last_name), col(Account.first_name))
    )
    found = {a.id: _told(a, card) for a, card in rows if fold(card.organisation.strip()) in names}
    return list(found.values())


def sharing(tx: Transaction, actor: Actor, submission: UUID) -> Sharing:
    """Tell with whom a draft is shared, with whom it could be, and who did what with it."""
    found = find_own(tx, actor, submission)
    shares = set(
        tx.session.exec(
            select(SubmissionShare.account_id).where(SubmissionShare.submission_id == found.id)
        )
    )
    owner = _owner(tx, found)
    colleagues = colleagues_of(tx, owner.id)
    return Sharing(
        owner=owner.name,
        yours=owner.id == actor.account_id,
        shared_with=[one for one in colleagues if one.account in shares],
        colleagues=[one for one in colleagues if one.account not in shares],
        contributors=_contributions(tx, found),
    )


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
    return did + _written(tx, found)


def _written(tx: Transaction, found: Submission) -> list[Contribution]:
    steps = form_filled(tx, found.form, found.form_version).steps
    titles = {field.id: step.title for step in steps for field in step.fields}
    rows = tx.session.execute(
        select(AnswerKept.field, Account)
        .join(Account, col(Account.id) == col(AnswerKept.account_id))
        .where(AnswerKept.submission_id == found.id)
    )
    wrote: dict[str, list[str]] = {}
    for field, account in rows:
        step = titles.get(field, "")
        if step and step not in wrote.setdefault(account.name, []):
            wrote[account.name].append(step)
    return [
        Contribution(name=name, words=f"wrote in {', '.join(steps)}", at=found.saved_at)
        for name, steps in wrote.items()
    ]


def _colleague(tx: Transaction, found: Submission, account: UUID) -> Colleague:
    owner = _owner(tx, found)
    for one in colleagues_of(tx, owner.id):
        if one.account == account:
            return one
    raise PortalProblem(ProblemCode.NOT_FOUND, "There is no such colleague at this organisation.")


def _as_owner(tx: Transaction, actor: Actor, submission: UUID) -> Submission:
    found = find_own(tx, actor, submission)
    if found.account_id != actor.account_id:
        raise not_found()
    return found


def share(tx: Transaction, actor: Actor, submission: UUID, account: UUID) -> None:
    """Share an own draft with a colleague of the same organisation; raises NOT_FOUND."""
    found = _as_owner(tx, actor, submission)
    _colleague(tx, found, account)
    if tx.session.get(SubmissionShare, (found.id, account)) is not None:
        return
    tx.session.add(
        SubmissionShare(
            submission_id=found.id, account_id=account, shared_by=actor.account_id, at=tx.now
        )
    )
    tx.session.flush()
    _let_in(tx, found, account)
    _audit(tx, Action.FORM_SHARED, actor, found)
    _tell(tx, found, account, f"{actor.name} shared a form with you")


def end_share(tx: Transaction, actor: Actor, submission: UUID, account: UUID) -> None:
    """Share a draft no longer with a colleague; raises NOT_FOUND."""
    found = _as_owner(tx, actor, submission)
    kept = tx.session.get(SubmissionShare, (found.id, account))
    if kept is not None:
        tx.session.delete(kept)
        _audit(tx, Action.FORM_SHARE_ENDED, actor, found)


def hand_over(tx: Transaction, actor: Actor, submission: UUID, to: UUID) -> None:
    """Give an own draft to a colleague of the same organisation; raises NOT_FOUND."""
    found = _as_owner(tx, actor, submission)
    _colleague(tx, found, to)
    _give(tx, actor, found, to)


def reassign(tx: Transaction, actor: Actor, submission: UUID, to: UUID) -> None:
    """Give a form that lies with someone to another professional, as an officer.

    Raises NOT_FOUND. Whoever had it loses it; what they wrote stays, under their name.
    """
    found = tx.session.get(Submission, submission, with_for_update=True)
    account = tx.session.get(Account, to)
    if found is None or found.case_id is None or account is None or account.staff is not None:
        raise not_found()
    if found.account_id == to:
        return
    before = found.account_id
    _give(tx, actor, found, to)
    if before is not None:
        person = tx.session.get_one(Person, found.person_id)
        send_message(
            tx,
            to_account=before,
            subject="A form was given to someone else",
            body=(
                f"The form for {person.first_name} {person.last_name} that lay with you was given "
                f"to {account.name}. What you wrote is kept."
            ),
        )


def _give(tx: Transaction, actor: Actor, found: Submission, to: UUID) -> None:
    shared = tx.session.get(SubmissionShare, (found.id, to))
    if shared is not None:
        tx.session.delete(shared)
    found.account_id = to
    tx.session.add(found)
    if advice := advice_of(tx, found.id):
        advice.account_id = to
        tx.session.add(advice)
    tx.session.flush()
    _let_in(tx, found, to)
    _audit(tx, Action.FORM_HANDED_OVER, actor, found)
    _tell(tx, found, to, f"{actor.name} gave a form to you")


def _let_in(tx: Transaction, found: Submission, account: UUID) -> None:
    """Let an account fill a form: the child is on their list, its documents can be opened."""
    put_on_list(tx, found.person_id, account)
    definition = form_filled(tx, found.form, found.form_version)
    files = known_documents(tx, files_in(definition, answers_of(tx, found.id)))
    let_read(tx, files, [*writers_and_readers(tx, found), account])


def _audit(tx: Transaction, action: Action, actor: Actor, found: Submission) -> None:
    record(
        tx, action, account=actor.account_id, subject=found.id, person=found.person_id,
        address=actor.address,
    )  # fmt: skip


def _tell(tx: Transaction, found: Submission, account: UUID, subject: str) -> None:
    person = tx.session.get_one(Person, found.person_id)
    title = form_filled(tx, found.form, found.form_version).title
    send_message(
        tx,
        to_account=account,
        subject=subject,
        body=f"{title} for {person.first_name} {person.last_name} can be opened and filled by you.",
        place=f"forms/{found.id}",
        place_label=title,
    )
