"""Correcting a child's parents and carers: by an officer, with a reason."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from server.accounts.actor import Actor
from server.core.database import Transaction
from server.core.problems import field_error, invalid, invalid_field
from server.desk.details import lock_for_correction, record_correction, stale
from server.people.parents import is_home_known, parents_of, stays_unrecorded, store_parents
from server.people.tables import Person
from shared.people import Parent, ParentOut, ParentsIn
from shared.problems import FieldError
from shared.values.checks import check_parent
from shared.values.identifiers import normalise_postcode


def correct_parents(
    tx: Transaction, actor: Actor, person_id: UUID, new: ParentsIn, version: int
) -> Person:
    """Replace a child's parents and carers. Idempotent by the id.

    Raises NOT_FOUND, INVALID, STALE, and CONFLICT if the id belongs to another child.
    """
    person, is_corrected = lock_for_correction(tx, actor, person_id, new)
    if is_corrected:
        return person
    if len({parent.id for parent in new.parents}) < len(new.parents):
        raise invalid_field("/parents", "The same parent or carer is listed twice.")
    before, parents = parents_of(person), [_normalise(parent) for parent in new.parents]
    if parents == before:
        return person
    if person.version != version:
        raise stale(tx, actor, person, _text(before) or "No parent or carer is named.")
    if errors := list(_errors(new.parents, before)):
        raise invalid(errors)
    if not is_home_known(person) and not stays_unrecorded(person, parents):
        _require_address(before[0], parents)
    store_parents(person, parents)
    person.add_version()
    person.changed_at, person.changed_by = tx.now, actor.account_id
    tx.session.add(person)
    record_correction(tx, actor, person, new, {"parents": _text(before, "; ")})
    return person


def _require_address(first: Parent, parents: Sequence[Parent]) -> None:
    """Raise INVALID if a first parent whose home is not known would be recorded without one."""
    if any(parent.id == first.id and not parent.address.strip() for parent in parents):
        name = first.name or "the first parent or carer"
        message = (
            f"Enter the address of {name} first, also if it is the child's. A professional named "
            "them, and nobody has recorded where they live."
        )
        raise invalid_field("/parents", message)


def _errors(parents: Sequence[Parent], before: Sequence[Parent]) -> Iterator[FieldError]:
    """Check the parents who are new or changed: professionals name some by a telephone number."""
    for index, parent in enumerate(parents):
        for error in () if _normalise(parent) in before else check_parent(parent).errors:
            yield field_error(f"/parents/{index}{error.pointer}", error.message)


def _normalise(parent: Parent) -> ParentOut:
    stored = ParentOut.model_validate(parent.model_dump())
    return stored.model_copy(update={"postcode": normalise_postcode(stored.postcode)})


def _text(parents: Sequence[Parent], separator: str = "\n") -> str:
    return separator.join(" · ".join(parent.lines) for parent in parents)
