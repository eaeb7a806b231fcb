"""Adding a child who is not in the portal yet: by an officer, on nobody's list."""

from collections.abc import Mapping
from datetime import date
from difflib import SequenceMatcher
from typing import TypeAlias
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

Columns: TypeAlias = Mapping[str, str | date | bool]
NUMBERS = ("upn", "nhs_number")
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
    """Return who may be the same child: of the same UPN, NHS number, day of birth or name."""
    new = person_columns(details)
    name = str(new["sort_name"])
    numbers = (col(getattr(Person, field)) == new[field] for field in NUMBERS if new[field])
    candidates = select(Person).where(
        or_(col(Person.sort_name) == name, col(Person.born) == details.born, *numbers),
        col(Person.merged_into).is_(None),
        col(Person.id) != id,  # of a request at the same time, which is a conflict
    )

    people = tx.session.exec(candidates.order_by(col(Person.created_at), col(Person.id)))
    same = [person for person in people if _may_be_same(person, new)]
    same.sort(key=lambda person: (person.sort_name != name, person.born != details.born))
    same.sort(key=lambda person: not _has_same_number(person, new))
    return same[:MAX_OFFERED]


def _may_be_same(person: Person, new: Columns) -> bool:
    """Whether a number is the same, names of one day of birth are alike, or places of one name."""
    if _has_same_number(person, new):
        return True
    if person.born != new["born"]:
        return person.postcode == new["postcode"] or person.sort_school == new["sort_school"]
    names = zip(person.sort_name.split("\n"), str(new["sort_name"]).split("\n"), strict=True)
    return any(SequenceMatcher(None, *pair).ratio() >= LEAST_ALIKE for pair in names)


def _has_same_number(person: Person, new: Columns) -> bool:
    return any(new[field] and getattr(person, field) == new[field] for field in NUMBERS)
