"""Matching a child added by a professional with children known to the authority."""

from uuid import UUID

from sqlalchemy import Table
from sqlmodel import SQLModel, case, col, exists, or_, select, update

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import add_event, backdate, events_of
from server.cases.tables import Case, Exemption, FollowsCase
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem
from server.desk.access import close_ended_access
from server.desk.recomputing import update_transfers_of
from server.documents.tables import Document
from server.forms.access import lock_forms
from server.forms.tables import Submission
from server.messages.service import redirect_links
from server.people.lists import Listing, add_to_lists, remove_from_lists
from server.people.parents import copy_parents, parents_of
from server.people.search import matches_words
from server.people.service import get_person, person_out
from server.people.tables import AccessEnd, ListedPerson, Person
from shared.cases.events import EventKind
from shared.cases.states import UNDECIDED, CaseState
from shared.desk import Candidate, KnownChild, Matching
from shared.problems import ProblemCode

MAX_CANDIDATES = 10
MAX_PEOPLE = 20


def find_matches(tx: Transaction, actor: Actor, person_id: UUID) -> Matching:
    """Return a child with the known children who may be the same; raises NOT_FOUND."""
    person = get_person(tx, actor, person_id)
    matches = [(other, _matching_details(person, other)) for other in _find_candidates(tx, person)]
    matches.sort(key=lambda match: len(match[1]), reverse=True)
    for child in (person, *(other for other, _ in matches[:MAX_CANDIDATES])):
        actor.record(tx, Action.PERSON_READ, subject=child.id, person=child.id)
    return Matching(
        person=person_out(person),
        added_by=tx.session.get_one(Account, person.changed_by).name,
        candidates=[
            Candidate(person=person_out(other), alike=details, parents=parents_of(other))
            for other, details in matches[:MAX_CANDIDATES]
        ],
        parents=parents_of(person),
    )


def _find_candidates(tx: Transaction, person: Person) -> list[Person]:
    conditions = [col(Person.sort_name) == person.sort_name, col(Person.born) == person.born]
    if person.upn:
        conditions.append(col(Person.upn) == person.upn)
    if person.nhs_number:
        conditions.append(col(Person.nhs_number) == person.nhs_number)
    return list(
        tx.session.exec(
            select(Person).where(
                or_(*conditions),
                col(Person.id) != person.id,
                col(Person.known_at).is_not(None),
                col(Person.merged_into).is_(None),
            )
        )
    )


def _matching_details(person: Person, other: Person) -> list[str]:
    pairs = {
        "name": (person.sort_name, other.sort_name),
        "date of birth": (person.born, other.born),
        "UPN": (person.upn, other.upn),
        "NHS number": (person.nhs_number, other.nhs_number),
        "postcode": (person.postcode, other.postcode),
        "address": (person.sort_address, other.sort_address),
        "school": (person.sort_school, other.sort_school),
    }
    return [label for label, (mine, theirs) in pairs.items() if mine and mine == theirs]


def find_people(tx: Transaction, text: str) -> list[KnownChild]:
    """Return up to 20 known children whose details match a search query."""
    known = select(Person).where(col(Person.merged_into).is_(None))
    query = known.where(*matches_words(text, col(Person.id)))
    rows = tx.session.exec(query.order_by(col(Person.sort_name)).limit(MAX_PEOPLE))
    return [known_child(row) for row in rows]


def known_child(person: Person) -> KnownChild:
    """Build the view of a child in search results."""
    return KnownChild(id=person.id, name=person.name, born=person.born, school=person.school)


def match(tx: Transaction, actor: Actor, person: UUID, same_as: UUID | None) -> None:
    """Accept a child as new, or merge them into a known child; idempotent.

    Raises NOT_FOUND, and NOT_ALLOWED if both have a case past its decision.
    """
    if _lock_records(tx, person, same_as):
        return
    new = remaining = get_person(tx, actor, person)
    if same_as is not None:
        known = remaining = get_person(tx, actor, same_as)
        if known.id == new.id:
            raise PortalProblem(ProblemCode.NOT_ALLOWED, "This is one child, not two.")
        _merge_cases(tx, actor, new, known)
        _move_records(tx, new.id, known.id)
        _pass_on_parents(tx, actor, new, known)
        if new.born != known.born:
            update_transfers_of(tx, known.id)
        close_ended_access(tx, actor, known.id)
        _redirect_references(tx, new.id, known.id)
        new.merged_into = known.id
    new.known_at = new.known_at or tx.now
    tx.session.add(new)
    is_matched = True if remaining.known_at else None
    of_child = col(Case.person_id) == remaining.id
    tx.session.exec(update(Case).where(of_child).values(child_matched=is_matched))
    actor.record(tx, Action.PERSON_MATCHED, subject=same_as or new.id, person=same_as or new.id)


def _lock_records(tx: Transaction, person: UUID, same_as: UUID | None) -> bool:
    """Lock both children and their forms, and return whether they are matched."""
    ids = sorted(id for id in {person, same_as} if id is not None)
    lock_forms(tx, *ids)
    people = {id: tx.session.get(Person, id, with_for_update={"key_share": True}) for id in ids}
    new, known = people[person], people.get(same_as) if same_as else None
    if new is None or new.merged_into is None or known is None:
        return False
    return new.merged_into in {known.id, known.merged_into}


def _merge_cases(tx: Transaction, actor: Actor, new: Person, known: Person) -> None:
    """Merge the open case of the new child into the open case of the known child."""
    merged, remaining = _lock_open_case(tx, new.id), _lock_open_case(tx, known.id)
    if merged is None or remaining is None:
        return
    if CaseState(merged.state) not in UNDECIDED:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "Both have a case, and it has been decided to assess both. Close one first.",
        )
    tx.session.exec(
        update(Submission).where(col(Submission.case_id) == merged.id).values(case_id=remaining.id)
    )
    for table in SQLModel.metadata.sorted_tables:
        if follows := table.info.get("follows_case"):
            _move_rows(tx, actor, table, follows, merged.id, remaining.id)
    add_event(tx, merged, EventKind.JOINED, account=actor.account_id)
    if merged.received_on < remaining.received_on:
        # Exemptions of the earlier deadline still apply.
        first_event = events_of(tx, remaining)[0].id
        tx.session.exec(
            update(Exemption)
            .where(col(Exemption.case_id) == merged.id, col(Exemption.advice_id).is_(None))
            .values(case_id=remaining.id, started_by=first_event)
        )
        backdate(tx, remaining, merged.received_on, actor.account_id)


def _move_rows(
    tx: Transaction,
    actor: Actor,
    table: Table,
    follows: FollowsCase,
    merged: UUID,
    remaining: UUID,
) -> None:
    """Move a table's rows to the remaining case, but for those of which it has the like."""
    like = table.alias()
    is_like = [like.c[column] == table.c[column] for column in follows.once]
    of_remaining = exists().where(like.c.case_id == remaining, *is_like)
    if follows.text:
        text = table.c[follows.text]
        theirs = select(like.c[follows.text]).where(
            like.c.case_id == merged, like.c[follows.text] != "", *is_like
        )
        both = text + case((text == "", ""), else_="\n\n") + theirs.scalar_subquery()
        of_row = table.update().where(table.c.case_id == remaining, theirs.exists())
        edit = {"version": table.c.version + 1, "edited_by": actor.account_id, "edited_at": tx.now}
        tx.session.execute(of_row.values({follows.text: both, **edit}))
    of_row = table.update().where(table.c.case_id == merged)
    if follows.once:
        of_row = of_row.where(~of_remaining)
    tx.session.execute(of_row.values(case_id=remaining))


def _lock_open_case(tx: Transaction, person: UUID) -> Case | None:
    return tx.session.exec(
        select(Case).where(Case.person_id == person, col(Case.closed).is_(False)).with_for_update()
    ).first()


def _move_records(tx: Transaction, old: UUID, known: UUID) -> None:
    for table in (Case, Submission, Document, AccessEnd):
        tx.session.exec(update(table).where(col(table.person_id) == old).values(person_id=known))
    listings = tx.session.exec(select(ListedPerson).where(ListedPerson.person_id == old)).all()
    on_list = select(ListedPerson).where(ListedPerson.person_id == known)
    existing = {listed.account_id: listed for listed in tx.session.exec(on_list)}
    new_listings = []
    for listed in listings:
        if listed.account_id not in existing:
            new_listings.append(
                Listing(
                    listed.account_id,
                    listed.added_at,
                    listed.allocated,
                    listed.through,
                    listed.hidden_at,
                )
            )
        elif listed.through is None:
            existing[listed.account_id].through = None
            tx.session.add(existing[listed.account_id])
    add_to_lists(tx, known, new_listings)
    remove_from_lists(tx, old, [listed.account_id for listed in listings])


def _pass_on_parents(tx: Transaction, actor: Actor, new: Person, known: Person) -> None:
    """Store the new child's parents with the known child, if nobody is named there."""
    if not parents_of(new) or parents_of(known):
        return
    copy_parents(new, known)
    known.add_version()
    known.changed_at, known.changed_by = tx.now, actor.account_id
    tx.session.add(known)


def _redirect_references(tx: Transaction, old: UUID, known: UUID) -> None:
    """Redirect references to a merged child to the known child."""
    tx.session.exec(update(Person).where(col(Person.merged_into) == old).values(merged_into=known))
    redirect_links(tx, old, known)
