"""A child that a professional added: accepted as new, or as one the authority knows already."""

from uuid import UUID

from sqlmodel import col, or_, select, update

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import add_event, backdate, events_of
from server.cases.tables import Case, Exemption
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem
from server.documents.tables import Document
from server.forms.tables import Submission
from server.messages.service import redirect_links
from server.people.finding import matches_words
from server.people.lists import Listing, put_on_lists, take_off_lists
from server.people.service import get_person, person_out
from server.people.tables import ListedPerson, Person
from shared.cases.events import EventKind
from shared.cases.states import UNDECIDED, CaseState
from shared.desk import Candidate, KnownChild, Matching
from shared.problems import ProblemCode

CANDIDATES = 10
FOUND = 20


def matching(tx: Transaction, actor: Actor, person: UUID) -> Matching:
    """Tell a child beside those already known who may be the same; raises NOT_FOUND."""
    found = get_person(tx, actor, person)
    alike = [(other, _alike(found, other)) for other in _candidates(tx, found)]
    alike.sort(key=lambda one: len(one[1]), reverse=True)
    for read in (found, *(other for other, _ in alike[:CANDIDATES])):
        actor.record(tx, Action.PERSON_READ, subject=read.id, person=read.id)
    return Matching(
        person=person_out(found),
        added_by=tx.session.get_one(Account, found.changed_by).name,
        candidates=[
            Candidate(person=person_out(other), alike=words) for other, words in alike[:CANDIDATES]
        ],
    )


def _candidates(tx: Transaction, found: Person) -> list[Person]:
    same = [col(Person.sort_name) == found.sort_name, col(Person.born) == found.born]
    if found.upn:
        same.append(col(Person.upn) == found.upn)
    if found.nhs_number:
        same.append(col(Person.nhs_number) == found.nhs_number)
    return list(
        tx.session.exec(
            select(Person).where(
                or_(*same),
                col(Person.id) != found.id,
                col(Person.known_at).is_not(None),
                col(Person.merged_into).is_(None),
            )
        )
    )


def _alike(one: Person, other: Person) -> list[str]:
    pairs = {
        "name": (one.sort_name, other.sort_name),
        "date of birth": (one.born, other.born),
        "UPN": (one.upn, other.upn),
        "NHS number": (one.nhs_number, other.nhs_number),
        "postcode": (one.postcode, other.postcode),
        "address": (one.sort_address, other.sort_address),
        "school": (one.sort_school, other.sort_school),
    }
    return [words for words, (mine, theirs) in pairs.items() if mine and mine == theirs]


def find_people(tx: Transaction, find: str) -> list[KnownChild]:
    """Find children the authority knows of, by words of their details; 20 at most."""
    known = select(Person).where(col(Person.merged_into).is_(None))
    found = known.where(*matches_words(find, col(Person.id)))
    rows = tx.session.exec(found.order_by(col(Person.sort_name)).limit(FOUND))
    return [KnownChild(id=row.id, name=row.name, born=row.born, school=row.school) for row in rows]


def match(tx: Transaction, actor: Actor, person: UUID, same_as: UUID | None) -> None:
    """Accept a child as new, or as one already known: both histories go on as that one's.

    Raises NOT_FOUND, and NOT_ALLOWED where both have a case past its decision; safe to repeat.
    """
    if _hold(tx, person, same_as):
        return
    new = get_person(tx, actor, person)
    if same_as is not None:
        known = get_person(tx, actor, same_as)
        if known.id == new.id:
            raise PortalProblem(ProblemCode.NOT_ALLOWED, "This is one child, not two.")
        _join_cases(tx, actor, new, known)
        _move(tx, new.id, known.id)
        _redirect(tx, new.id, known.id)
        new.merged_into = known.id
    new.known_at = new.known_at or tx.now
    tx.session.add(new)
    actor.record(tx, Action.PERSON_MATCHED, subject=same_as or new.id, person=same_as or new.id)


def _hold(tx: Transaction, person: UUID, same_as: UUID | None) -> bool:
    """Hold off who adds to either child; says whether they are matched already."""
    # Who fills a form holds it before its child and its case.
    forms = select(Submission.id).where(Submission.person_id == person).order_by(col(Submission.id))
    tx.session.exec(forms.with_for_update()).all()
    held = {
        id: tx.session.get(Person, id, with_for_update={"key_share": True})
        for id in sorted(id for id in {person, same_as} if id is not None)
    }
    new, known = held[person], held.get(same_as) if same_as else None
    if new is None or new.merged_into is None or known is None:
        return False
    return new.merged_into in {known.id, known.merged_into}


def _join_cases(tx: Transaction, actor: Actor, new: Person, known: Person) -> None:
    """Let an open request of the new child go on in the open case of the known one."""
    theirs, others = _open_case(tx, new.id), _open_case(tx, known.id)
    if theirs is None or others is None:
        return
    if CaseState(theirs.state) not in UNDECIDED:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "Both have a case, and it has been decided to assess both. Close one first.",
        )
    tx.session.exec(
        update(Submission).where(col(Submission.case_id) == theirs.id).values(case_id=others.id)
    )
    add_event(tx, theirs, EventKind.JOINED, account=actor.account_id)
    if theirs.received_on < others.received_on:
        # What excused the earlier clock excuses it still.
        counted = events_of(tx, others)[0].id
        tx.session.exec(
            update(Exemption)
            .where(col(Exemption.case_id) == theirs.id, col(Exemption.advice_id).is_(None))
            .values(case_id=others.id, started_by=counted)
        )
        backdate(tx, others, theirs.received_on, actor.account_id)


def _open_case(tx: Transaction, person: UUID) -> Case | None:
    return tx.session.exec(
        select(Case).where(Case.person_id == person, col(Case.closed).is_(False)).with_for_update()
    ).first()


def _move(tx: Transaction, old: UUID, known: UUID) -> None:
    for table in (Case, Submission, Document):
        tx.session.exec(update(table).where(col(table.person_id) == old).values(person_id=known))
    theirs = tx.session.exec(select(ListedPerson).where(ListedPerson.person_id == old)).all()
    on_list = select(ListedPerson).where(ListedPerson.person_id == known)
    kept = {listed.account_id: listed for listed in tx.session.exec(on_list)}
    moved = []
    for listed in theirs:
        if listed.account_id not in kept:
            moved.append(
                Listing(
                    listed.account_id, listed.added_at, listed.allocated, listed.through,
                    listed.hidden_at,
                )
            )  # fmt: skip
        elif listed.through is None:
            kept[listed.account_id].through = None
            tx.session.add(kept[listed.account_id])
    put_on_lists(tx, known, moved)
    take_off_lists(tx, old, [listed.account_id for listed in theirs])


def _redirect(tx: Transaction, old: UUID, known: UUID) -> None:
    """Let what leads to a child lead to the one they went on as."""
    tx.session.exec(update(Person).where(col(Person.merged_into) == old).values(merged_into=known))
    redirect_links(tx, old, known)
