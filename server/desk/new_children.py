"""Adding a child who is not in the portal yet: by an officer, on nobody's list."""

from sqlmodel import col, select

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


def add_child(tx: Transaction, actor: Actor, new: ChildIn) -> ChildOut:
    """Add a child as known to the authority, unless others have the same name and birth date.

    Idempotent by the id. Raises INVALID, and CONFLICT if the id was used with other details.
    """
    details = PersonIn.model_validate(new, from_attributes=True)
    require_valid(tx, details)
    existing = tx.session.get(Person, new.id)
    if existing is not None:
        if details_of(existing) != person_columns(details) or existing.merged_into is not None:
            raise PortalProblem(ProblemCode.CONFLICT, "This was added before, with other details.")
        return ChildOut(added=known_child(existing))
    if not new.confirmed and (same := _find_same(tx, details)):
        actor.record_shown(tx, Action.SHOWN_IN_SEARCH, (person.id for person in same))
        return ChildOut(known=[known_child(person) for person in same])
    person = store_person(tx, actor.account_id, new.id, details, known_at=tx.now)
    record_named(person)
    actor.record(tx, Action.PERSON_ADDED, subject=person.id, person=person.id)
    return ChildOut(added=known_child(person))


def _find_same(tx: Transaction, details: PersonIn) -> list[Person]:
    same = select(Person).where(
        col(Person.sort_name) == person_columns(details)["sort_name"],
        col(Person.born) == details.born,
        col(Person.merged_into).is_(None),
    )
    return list(tx.session.exec(same.order_by(col(Person.created_at), col(Person.id))))
