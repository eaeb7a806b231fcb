"""A professional's list: adding, editing, hiding and showing people."""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select
from sqlmodel import col, or_, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.audit import Action
from server.core.database import Transaction
from server.core.folding import fold
from server.core.problems import PortalProblem, invalid, not_found
from server.people.lists import Listing, add_to_lists, set_hidden, update_listings
from server.people.search import index_words
from server.people.tables import AccessEnd, ListedPerson, Person
from shared.accounts import Staff
from shared.people import PersonIn, PersonNew, PersonOut
from shared.problems import ProblemCode
from shared.values.checks import check_person
from shared.values.days import london_day
from shared.values.identifiers import normalise_nhs_number, normalise_postcode, normalise_upn

BIRTH_FOLLOWERS: list[Callable[[Transaction, UUID], object]] = []
"""Updates, in the packages above, of what is stored of a child by the date of birth."""


def visible_people(actor: Actor) -> Select[Person, ListedPerson]:
    """Select the people visible to a professional, which are those on their list."""
    return (
        select(Person, ListedPerson)
        .join(ListedPerson, col(ListedPerson.person_id) == col(Person.id))
        .where(ListedPerson.account_id == actor.account_id)
    )


def find_person(tx: Transaction, actor: Actor, person: UUID) -> tuple[Person, ListedPerson]:
    """Return a person on the actor's list; raises NOT_FOUND."""
    row = tx.session.execute(visible_people(actor).where(col(Person.id) == person)).first()
    if row is None:
        raise not_found()
    return row[0], row[1]


def get_person(tx: Transaction, actor: Actor, person_id: UUID) -> Person:
    """Return a person on the actor's list, or any person for an officer; raises NOT_FOUND."""
    if actor.staff is not Staff.OFFICER:
        return find_person(tx, actor, person_id)[0]
    person = tx.session.get(Person, person_id)
    if person is None or person.merged_into is not None:
        raise not_found()
    return person


def find_records(tx: Transaction, person_id: UUID) -> list[Person]:
    """Return a child's record, followed by those merged into it; raises NOT_FOUND."""
    person = tx.session.get(Person, person_id)
    if person is not None and person.merged_into is not None:
        person = tx.session.get(Person, person.merged_into)
    if person is None:
        raise not_found()
    merged = select(Person).where(Person.merged_into == person.id).order_by(col(Person.id))
    return [person, *tx.session.exec(merged)]


def lock_person(tx: Transaction, actor: Actor, person: UUID) -> Person:
    """Lock a person against matching, and return the person; see `get_person`."""
    tx.session.get(Person, person, with_for_update={"read": True}, populate_existing=True)
    return get_person(tx, actor, person)


def find_access_end(tx: Transaction, person: UUID, account: UUID) -> AccessEnd | None:
    """Return the end of an account's access to a child, or None if it is not ended."""
    return tx.session.exec(
        select(AccessEnd).where(
            AccessEnd.person_id == person,
            AccessEnd.account_id == account,
            col(AccessEnd.lifted_at).is_(None),
        )
    ).first()


def filter_listed(tx: Transaction, person: UUID, accounts: Iterable[UUID]) -> list[UUID]:
    """Return the accounts that have a child on their list; others may not read its name."""
    query = select(ListedPerson.account_id).where(
        ListedPerson.person_id == person, col(ListedPerson.account_id).in_(list(accounts))
    )
    return list(tx.session.exec(query))


def _sort_columns(person: PersonIn) -> dict[str, str]:
    return {
        "sort_name": fold(f"{person.last_name}\n{person.first_name}"),
        "sort_address": fold(person.address),
        "sort_school": fold(person.school),
    }


def person_columns(person: PersonIn) -> dict[str, str | date | bool]:
    """Return the columns of a child's details, normalised so that they can be compared."""
    return {
        **person.model_dump(include=set(PersonIn.model_fields)),
        "gender": str(person.gender),
        "postcode": normalise_postcode(person.postcode),
        "upn": normalise_upn(person.upn),
        "nhs_number": normalise_nhs_number(person.nhs_number),
        **_sort_columns(person),
    }


def details_of(person: Person) -> dict[str, str | date | bool]:
    """Return the stored details of a child as `person_columns` does."""
    return person_columns(PersonIn.model_validate(person, from_attributes=True))


def person_out(person: Person, listed: ListedPerson | None = None) -> PersonOut:
    """Build the view of a person; a professional's view needs `listed`."""
    fields = PersonIn.model_validate(person, from_attributes=True).model_dump()
    return PersonOut(
        **fields,
        id=person.id,
        version=person.version,
        hidden=listed is not None and listed.hidden_at is not None,
    )


def add_person(tx: Transaction, actor: Actor, new: PersonNew) -> PersonOut:
    """Add a person to the actor's list.

    Raises INVALID, ALREADY_ON_LIST for the same name and birth, UPN or NHS number, and CONFLICT
    if the id was used with other details. Other people's lists are not revealed.
    """
    require_valid(tx, new)
    existing = tx.session.get(Person, new.id)
    if existing is not None:
        listed = tx.session.get(ListedPerson, (actor.account_id, existing.id))
        if listed is None or details_of(existing) != person_columns(new):
            raise PortalProblem(ProblemCode.CONFLICT, "This was added before, with other details.")
        return person_out(existing, listed)
    _reject_duplicate(tx, actor, new)
    person = store_person(tx, actor.account_id, new.id, new)
    [listed] = add_to_lists(tx, person.id, [Listing(actor.account_id, tx.now)])
    actor.record(tx, Action.PERSON_ADDED, subject=new.id, person=new.id)
    return person_out(person, listed)


def store_person(
    tx: Transaction, account: UUID, id: UUID, new: PersonIn, known_at: datetime | None = None
) -> Person:
    """Store a new child with its search words, and return it."""
    metadata = {"created_at": tx.now, "changed_at": tx.now, "changed_by": account}
    person = Person.model_validate(
        {"id": id, "known_at": known_at, **metadata, **person_columns(new)}
    )
    tx.session.add(person)
    tx.session.flush()
    index_words(tx, person)
    return person


def change_person(tx: Transaction, account: UUID, person: Person, new: PersonIn) -> None:
    """Change the details of a locked child, also on every list, and what follows from them."""
    is_born_changed = person.born != new.born
    person.sqlmodel_update(person_columns(new))
    person.version += 1
    person.changed_at, person.changed_by = tx.now, account
    tx.session.add(person)
    tx.session.flush()
    update_listings(tx, person)
    if is_born_changed:
        for update in BIRTH_FOLLOWERS:
            update(tx, person.id)


def require_valid(tx: Transaction, person: PersonIn, fields: Collection[str] = ()) -> None:
    """Raise INVALID for impossible details of a person, of all fields or only of some."""
    errors = [
        error
        for error in check_person(person, london_day(tx.now)).errors
        if not fields or error.pointer.removeprefix("/") in fields
    ]
    if errors:
        raise invalid(errors)


def _reject_duplicate(tx: Transaction, actor: Actor, new: PersonNew) -> None:
    columns = person_columns(new)
    conditions: list[ColumnElement[bool]] = [
        (col(Person.sort_name) == columns["sort_name"]) & (col(Person.born) == new.born)
    ]
    for name, column in (("upn", col(Person.upn)), ("nhs_number", col(Person.nhs_number))):
        if columns[name]:
            conditions.append(column == columns[name])
    if tx.session.execute(visible_people(actor).where(or_(*conditions))).first():
        raise PortalProblem(
            ProblemCode.ALREADY_ON_LIST,
            f"{new.name} is on your list already: the name and date of "
            "birth, the UPN or the NHS number are the same. Look under All for who is hidden.",
        )


def read_person(tx: Transaction, actor: Actor, person_id: UUID) -> PersonOut:
    """Return a person's details and audit the reading; raises NOT_FOUND."""
    person, listed = find_person(tx, actor, person_id)
    actor.record(tx, Action.PERSON_READ, subject=person_id, person=person_id)
    return person_out(person, listed)


def edit_person(
    tx: Transaction, actor: Actor, person_id: UUID, new: PersonIn, version: int
) -> PersonOut:
    """Update a person at a known version; raises INVALID, NOT_FOUND, STALE."""
    person, listed = find_person(tx, actor, person_id)
    require_valid(tx, new)
    if not tx.lock(person):
        raise not_found()
    if person.version != version:
        if details_of(person) == person_columns(new):
            return person_out(person, listed)
        editor = tx.session.get_one(Account, person.changed_by)
        raise PortalProblem(
            ProblemCode.STALE,
            "Someone changed these details while you did. Yours are kept here; look at both.",
            changed_by=editor.name,
            changed_at=person.changed_at.isoformat(),
        )
    change_person(tx, actor.account_id, person, new)
    actor.record(tx, Action.PERSON_CHANGED, subject=person_id, person=person_id)
    return person_out(person, listed)


def hide(tx: Transaction, actor: Actor, person: UUID, *, hidden: bool) -> None:
    """Hide a person on the actor's list, or show them again; raises NOT_FOUND."""
    find_person(tx, actor, person)
    if set_hidden(tx, actor.account_id, person, hidden=hidden):
        actor.record(
            tx,
            Action.PERSON_HIDDEN if hidden else Action.PERSON_SHOWN,
            subject=person,
            person=person,
        )
