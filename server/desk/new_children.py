"""Adding a child who is not in the portal yet: by an officer, on nobody's list."""

from difflib import SequenceMatcher
from uuid import UUID

from sqlmodel import col, or_, select

from server.accounts.actor import Actor
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem
from server.desk.matching import known_child
from server.people.parents import record_named
from server.people.service import details_of, person_columns, require_valid, store_person
from server.people.tables import Person
from shared.desk import ChildIn, ChildOut
from shared.people import PersonIn
from shared.problems import ProblemCode

MAX_OFFERED = 5
LEAST_ALIKE = 0.75
"""The likeness of two names from which one may be a slip for the other, such as Jon and John."""


def add_child(tx: Transaction, actor: Actor, new: ChildIn) -> ChildOut:
    """Add a child as known to the authority, unless others may be the same child.

    Idempotent by the id. Raises INVALID, and CONFLICT if the id was used with other details.
    """
    details = PersonIn.model_validate(new, from_attributes=True)
    require_valid(tx, details)
    existing = tx.session.get(Person, new.id)
    if existing is not None:
        if details_of(existing) != person_columns(details) or existing.merged_into is not None:
            raise PortalProblem(ProblemCode.CONFLICT, "This was added before, with other details.")
        return ChildOut(added=known_child(existing))
    if not new.confirmed and (same := _find_same(tx, details, new.id)):
        actor.record_shown(tx, Action.SHOWN_IN_SEARCH, (person.id for person in same))
        return ChildOut(known=[known_child(person) for person in same])
    person = store_person(tx, actor.account_id, new.id, details, known_at=tx.now)
    record_named(person)
    actor.record(tx, Action.PERSON_ADDED, subject=person.id, person=person.id)
    return ChildOut(added=known_child(person))


def _find_same(tx: Transaction, details: PersonIn, id: UUID) -> list[Person]:
    """Return who may be the same child: born on the same day, or of the same name."""
    name = str(person_columns(details)["sort_name"])
    candidates = select(Person).where(
        or_(col(Person.sort_name) == name, col(Person.born) == details.born),  # each has an index
        col(Person.merged_into).is_(None),
        col(Person.id) != id,  # of a request at the same time, which is a conflict
    )
    people = tx.session.exec(candidates.order_by(col(Person.created_at), col(Person.id)))
    same = [person for person in people if _may_be_same(person, details)]
    same.sort(key=lambda person: (person.sort_name != name, person.born != details.born))
    return same[:MAX_OFFERED]


def _may_be_same(person: Person, details: PersonIn) -> bool:
    """Whether names are alike of two born on the same day, or the place of two of one name."""
    new = person_columns(details)
    if person.born != details.born:
        return person.postcode == new["postcode"] or person.sort_school == new["sort_school"]
    names = zip(person.sort_name.split("\n"), str(new["sort_name"]).split("\n"), strict=True)
    return any(SequenceMatcher(None, *pair).ratio() >= LEAST_ALIKE for pair in names)
