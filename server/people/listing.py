"""A page of my list: filtered, sorted and cut in the database, whatever its length."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal
from sqlmodel import col, select

from server.accounts.actor import Actor
from server.core.database import Transaction
from server.core.pages import Cursor, beyond, read_cursor, unknown_place
from server.people.finding import found_by
from server.people.service import visible_people
from server.people.tables import ListedPerson, Person
from shared.people import PAGE_SIZE, PeoplePage, PersonRow, SortBy, View

SORT = {
    SortBy.NAME: col(Person.sort_name),
    SortBy.BORN: col(Person.born),
    SortBy.ADDRESS: col(Person.sort_address),
    SortBy.SCHOOL: col(Person.sort_school),
}

Found = Select[Person, ListedPerson]


class Asked(NamedTuple):
    """What part of the list is asked for, in which order."""

    view: View = View.ACTIVE
    find: str = ""
    sort: SortBy = SortBy.NAME
    descending: bool = False
    cursor: str | None = None
    end: bool = False
    limit: int = PAGE_SIZE


def list_people(tx: Transaction, actor: Actor, asked: Asked) -> PeoplePage:
    """List a page of the actor's people; raises MALFORMED for a cursor that is none."""
    found = _found(actor, asked)
    total = _count(tx, found)
    cursor = read_cursor(asked.cursor) if asked.cursor else None
    backwards = asked.end or (cursor is not None and cursor.before)
    rows = _rows(tx, found, asked, cursor, backwards)
    if backwards:
        rows.reverse()
    if not rows:
        return PeoplePage(rows=[], start=0, total=total, next=None, previous=None)
    start = _count(tx, found.where(_beyond(asked, _cursor_at(asked, rows[0][0], before=True))))
    there_is_more = start + len(rows) < total
    return PeoplePage(
        rows=[_row(person, listed) for person, listed in rows],
        start=start,
        total=total,
        next=_cursor_at(asked, rows[-1][0], before=False).write() if there_is_more else None,
        previous=_cursor_at(asked, rows[0][0], before=True).write() if start else None,
    )


def _found(actor: Actor, asked: Asked) -> Found:
    found = visible_people(actor)
    if asked.view is View.ACTIVE:
        found = found.where(col(ListedPerson.hidden_at).is_(None))
    elif asked.view is View.HIDDEN:
        found = found.where(col(ListedPerson.hidden_at).is_not(None))
    return found.where(*found_by(asked.find, col(Person.id)))


def _count(tx: Transaction, found: Found) -> int:
    ids = found.with_only_columns(col(Person.id)).subquery()
    return tx.session.exec(select(func.count()).select_from(ids)).one()


def _rows(
    tx: Transaction, found: Found, asked: Asked, cursor: Cursor | None, backwards: bool
) -> list[tuple[Person, ListedPerson]]:
    if cursor is not None:
        found = found.where(_beyond(asked, cursor))
    falling = asked.descending is not backwards
    order = [c.desc() if falling else c.asc() for c in (SORT[asked.sort], col(Person.id))]
    rows = tx.session.execute(found.order_by(*order).limit(asked.limit))
    return [(person, listed) for person, listed in rows]


def _beyond(asked: Asked, cursor: Cursor) -> ColumnElement[bool]:
    """What lies after a cursor, or before it, in the order asked for."""
    return beyond(
        SORT[asked.sort],
        literal(_key_value(asked.sort, cursor.key)),
        col(Person.id),
        cursor.id,
        rising=asked.descending is cursor.before,
    )


def _key_value(sort: SortBy, key: str) -> str | date:
    if sort is not SortBy.BORN:
        return key
    try:
        return date.fromisoformat(key)
    except ValueError:
        raise unknown_place() from None


def _cursor_at(asked: Asked, person: Person, *, before: bool) -> Cursor:
    keys = {
        SortBy.NAME: person.sort_name,
        SortBy.BORN: person.born.isoformat(),
        SortBy.ADDRESS: person.sort_address,
        SortBy.SCHOOL: person.sort_school,
    }
    return Cursor(before, keys[asked.sort], person.id)


def _row(person: Person, listed: ListedPerson) -> PersonRow:
    return PersonRow(
        id=person.id,
        first_name=person.first_name,
        last_name=person.last_name,
        born=person.born,
        address=f"{person.address}, {person.postcode}",
        school=person.school,
        hidden=listed.hidden_at is not None,
        allocated=listed.allocated,
    )
