"""A child's parents and carers: officers record them, and professionals name the first."""

from uuid import UUID, uuid5

from server.core.folding import fold
from server.people.tables import Person
from shared.people import ParentOut

NAMED = ("name", "relationship", "email", "phone")
"""Details that the columns `parent_*` of a child have, which professionals and imports write."""


def parents_of(person: Person) -> list[ParentOut]:
    """Return a child's parents and carers, the one to write to first.

    Whom the columns name comes first: the recorded parent of that name, or another one.
    """
    recorded, named = _recorded(person), _named(person)
    if not any(named.values()):
        return recorded
    same = _find_named(person, recorded)
    first = same or ParentOut(id=_derive_id(person, recorded), name="")
    others = [parent for parent in recorded if parent is not same]
    return [ParentOut.model_validate(first.model_dump() | named), *others]


def is_home_known(person: Person) -> bool:
    """Whether it is known where the first parent lives.

    It is not if a professional named somebody whom no officer recorded: they may live anywhere, and
    be another spelling of a parent who is recorded with an address.
    """
    is_named = any(_named(person).values())
    return not is_named or _find_named(person, _recorded(person)) is not None


def stays_unrecorded(person: Person, parents: list[ParentOut]) -> bool:
    """Whether the first of new parents is not to be recorded, so that their home stays unknown.

    That is whom a professional named, if they are as they were, and nobody else has their name.
    """
    if is_home_known(person) or parents[:1] != parents_of(person)[:1]:
        return False
    first, *others = (fold_name(parent.name) for parent in parents)
    return first not in others


def _recorded(person: Person) -> list[ParentOut]:
    return [ParentOut.model_validate(row) for row in person.parents]


def _named(person: Person) -> dict[str, str]:
    return {name: getattr(person, f"parent_{name}") for name in NAMED}


def _find_named(person: Person, recorded: list[ParentOut]) -> ParentOut | None:
    """Return the recorded parent whom the columns name, in whatever case and spacing, or None."""
    name = fold_name(person.parent_name)
    return next((parent for parent in recorded if fold_name(parent.name) == name), None)


def fold_name(name: str) -> str:
    """Return a name without its case, accents and spacing, to compare it."""
    return " ".join(fold(name).split())


def _derive_id(person: Person, recorded: list[ParentOut]) -> UUID:
    """Return the id of the parent whom the columns name, always the same and of no other."""
    id = uuid5(person.id, person.parent_name)
    while any(parent.id == id for parent in recorded):  # of one whose name was corrected
        id = uuid5(id, person.parent_name)
    return id


def store_parents(person: Person, parents: list[ParentOut]) -> None:
    """Store a child's parents and carers, and the first one's details in the columns."""
    recorded = parents[1:] if stays_unrecorded(person, parents) else parents
    person.parents = [parent.model_dump(mode="json") for parent in recorded]
    for name in NAMED:
        setattr(person, f"parent_{name}", getattr(parents[0], name) if parents else "")


def record_named(person: Person) -> None:
    """Record whom the columns of a new child name, as living with the child."""
    if person.parent_name.strip():
        person.parents = [parent.model_dump(mode="json") for parent in parents_of(person)]


def copy_parents(source: Person, target: Person) -> None:
    """Store a child's parents with another record of the child, as they are recorded or named.

    Who lives with the child is recorded at the address of the first record, if the other's differs.
    """
    home = {"address": source.address, "postcode": source.postcode}
    is_same = all(fold(text) == fold(getattr(target, name)) for name, text in home.items())
    target.parents = [
        row if is_same or row["address"] else {**row, **home} for row in source.parents
    ]
    for name in NAMED:
        setattr(target, f"parent_{name}", getattr(source, f"parent_{name}"))
