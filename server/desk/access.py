"""Who has access to a child and why, and ending a professional's access."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import col, select, update

from server.accounts.account import first_work_details
from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.allocating import professionals_of
from server.cases.tables import Case, Publication, PublicationReader
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import not_found
from server.desk.publishing import require_reason
from server.documents.service import revoke_read
from server.forms.access import lock_forms
from server.forms.sharing import colleague_out
from server.forms.tables import AdviceRequest, Submission, SubmissionShare
from server.messages.service import send_message
from server.people.lists import remove_from_lists
from server.people.service import find_access_end, lock_person
from server.people.tables import AccessEnd, ListedPerson
from shared.desk import EndedAccessRow, ProfessionalRow

ALLOCATED = "put on their list by the Local Authority"
ADDED = "added the child"
ADVICE = "asked for advice"
REQUEST = "own request"
DRAFT = "own draft"
SHARED = "a form shared with them"
PUBLISHED = "a published document"

_OFFICER = aliased(Account)


def end_access(
    tx: Transaction, actor: Actor, person_id: UUID, account_id: UUID, reason: str
) -> None:
    """End a professional's access to a child and notify them; the first of two reasons is kept.

    What they submitted stays, and so do their drafts, which nobody else can open. Raises
    NOT_FOUND, and INVALID without a reason.
    """
    lock_forms(tx, person_id)
    person = lock_person(tx, actor, person_id)
    listed = tx.session.exec(
        select(ListedPerson)
        .where(ListedPerson.person_id == person.id, ListedPerson.account_id == account_id)
        .with_for_update()
    ).first()
    if listed is None:
        if find_access_end(tx, person.id, account_id) is None:
            raise not_found()
        return
    end = AccessEnd(
        person_id=person.id,
        account_id=account_id,
        ended_by=actor.account_id,
        reason=require_reason(reason),
        at=tx.now,
    )
    tx.session.add(end)
    _close_access(tx, actor, end)


def close_ended_access(tx: Transaction, actor: Actor, person_id: UUID) -> None:
    """Close what a matched child's two records give accounts whose access to one was ended.

    Only an officer's own decision restores ended access. Both records must be locked.
    """
    ends = select(AccessEnd).where(
        AccessEnd.person_id == person_id, col(AccessEnd.lifted_at).is_(None)
    )
    for end in {end.account_id: end for end in tx.session.exec(ends)}.values():
        _close_access(tx, actor, end)


def _close_access(tx: Transaction, actor: Actor, end: AccessEnd) -> None:
    """Remove the listing, shares, publications and documents of ended access, if there are any."""
    person, account = end.person_id, end.account_id
    _end_shares(tx, actor, person, account)
    _end_publications(tx, person, account)
    revoke_read(tx, person, account, keep=())
    if tx.session.get(ListedPerson, (account, person)) is None:
        return
    remove_from_lists(tx, person, [account])
    actor.record(tx, Action.ACCESS_ENDED, subject=end.id, person=person, to=account)
    _notify_of_end(tx, account)


def _notify_of_end(tx: Transaction, account: UUID) -> None:
    send_message(
        tx,
        to_account=account,
        subject="Your access to a child was ended",
        body=(
            "The Local Authority ended your access to a child, who is no longer on your list. "
            "What you submitted is kept. A form that you started and did not submit is kept too, "
            "and is closed to you. If you think this is wrong, email "
            f"{tx.services.settings.contact_email}."
        ),
    )


def _end_shares(tx: Transaction, actor: Actor, person: UUID, account: UUID) -> None:
    shares = tx.session.exec(
        select(SubmissionShare)
        .join(Submission, col(Submission.id) == col(SubmissionShare.submission_id))
        .where(Submission.person_id == person, SubmissionShare.account_id == account)
    ).all()
    for share in shares:
        tx.session.delete(share)
        actor.record(
            tx, Action.FORM_SHARE_ENDED, subject=share.submission_id, person=person, to=account
        )


def _end_publications(tx: Transaction, person: UUID, account: UUID) -> None:
    publications = (
        select(Publication.id)
        .join(Case, col(Case.id) == col(Publication.case_id))
        .where(Case.person_id == person)
    )
    tx.session.exec(
        update(PublicationReader)
        .where(
            col(PublicationReader.publication_id).in_(publications),
            col(PublicationReader.account_id) == account,
            col(PublicationReader.ended_at).is_(None),
        )
        .values(ended_at=tx.now)
    )


def professional_rows(tx: Transaction, person: UUID) -> list[ProfessionalRow]:
    """List the professionals with access to a child, and why each has it."""
    professionals = professionals_of(tx, person)
    work_details = first_work_details(tx, (account.id for account, _ in professionals))
    reasons, drafts = _form_reasons(tx, person), _count_drafts(tx, person)
    for account_id in _publication_readers(tx, person):
        reasons[account_id].append(PUBLISHED)
    return [
        ProfessionalRow(
            **colleague_out(account, work_details.get(account.id)).model_dump(),
            allocated=listed.allocated,
            reasons=_unique([*_list_reason(listed), *reasons[account.id]]),
            drafts=drafts[account.id],
        )
        for account, listed in professionals
    ]


def _list_reason(listed: ListedPerson) -> list[str]:
    if listed.through is not None:
        return []  # the form is the reason
    return [ALLOCATED if listed.allocated else ADDED]


def _unique(reasons: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(reasons))


def _form_reasons(tx: Transaction, person: UUID) -> defaultdict[UUID | None, list[str]]:
    """Return the reasons that forms give each account: its own, and those shared with it."""
    reasons: defaultdict[UUID | None, list[str]] = defaultdict(list)
    own = tx.session.execute(
        select(Submission, AdviceRequest)
        .join(AdviceRequest, col(AdviceRequest.submission_id) == col(Submission.id), isouter=True)
        .where(Submission.person_id == person)
        .order_by(col(Submission.started_at))
    )
    for form, advice in own:
        kind = ADVICE if advice else REQUEST if form.submitted_at else DRAFT
        reasons[form.account_id].append(kind)
    shares = (
        select(SubmissionShare.account_id)
        .join(Submission, col(Submission.id) == col(SubmissionShare.submission_id))
        .where(Submission.person_id == person)
    )
    for account in tx.session.exec(shares):
        reasons[account].append(SHARED)
    return reasons


def _publication_readers(tx: Transaction, person: UUID) -> list[UUID]:
    return list(
        tx.session.exec(
            select(PublicationReader.account_id)
            .join(Publication, col(Publication.id) == col(PublicationReader.publication_id))
            .join(Case, col(Case.id) == col(Publication.case_id))
            .where(Case.person_id == person, col(PublicationReader.ended_at).is_(None))
        )
    )


def _count_drafts(tx: Transaction, person: UUID) -> Counter[UUID | None]:
    """Count each account's forms that were never submitted and that nobody else can open."""
    shared = select(SubmissionShare.submission_id)
    return Counter(
        tx.session.exec(
            select(Submission.account_id).where(
                Submission.person_id == person,
                col(Submission.submitted_at).is_(None),
                col(Submission.id).not_in(shared),
            )
        )
    )


def ended_rows(tx: Transaction, person: UUID) -> list[EndedAccessRow]:
    """List the professionals whose access to a child was ended and not given back."""
    rows = tx.session.execute(
        select(AccessEnd, Account, _OFFICER)
        .join(Account, col(Account.id) == col(AccessEnd.account_id))
        .join(_OFFICER, col(_OFFICER.id) == col(AccessEnd.ended_by))
        .where(AccessEnd.person_id == person, col(AccessEnd.lifted_at).is_(None))
        .order_by(col(AccessEnd.at).desc())
    ).all()
    drafts = _count_drafts(tx, person) if rows else Counter()
    return [
        EndedAccessRow(
            account=account.id,
            name=account.name,
            at=end.at,
            by=by.name,
            reason=end.reason,
            drafts=drafts[account.id],
        )
        for end, account, by in rows
    ]
