"""The officer's table of cases: filtered, sorted and cut in the database, whatever their number."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, literal
from sqlalchemy import case as when
from sqlmodel import col, or_, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.tables import Case
from server.cases.words import STATE_WORDS, due_words
from server.core.database import Transaction
from server.core.pages import Cursor, beyond, decode_cursor, unknown_cursor
from server.people.finding import matches_words
from server.people.tables import Person
from shared.accounts import Staff
from shared.cases.states import STAGE_OF, CaseState
from shared.desk import DUE_SOON_DAYS, CaseQuery, CaseRow, DeskPage, DeskSort, DeskView
from shared.values.days import london_day

Found = Select[UUID]
Place = tuple[UUID, str | int | date]
"""A case, and by what it is sorted."""


class _Query(CaseQuery, frozen=True):
    """The query, with who may have a case where the cases are sorted by that."""

    officers: Mapping[UUID, str] = {}
    """Who may have a case, to sort by: they are few, and looked up once."""

    @property
    def surnames(self) -> list[str]:
        """List what cases are sorted by that officers have; those of nobody come first."""
        return sorted({"", *self.officers.values()})


def _key(query: _Query) -> SQLColumnExpression[object]:
    match query.sort:
        case DeskSort.NAME:
            return col(Person.sort_name)
        case DeskSort.STAGE:
            return col(Case.place)
        case DeskSort.OFFICER:
            places = {id: query.surnames.index(name) for id, name in query.officers.items()}
            return when(places, value=col(Case.officer_id), else_=0)
    # What is closed has nothing due.
    return col(Case.received_on) if query.view is DeskView.CLOSED else col(Case.next_due)


def list_cases(tx: Transaction, actor: Actor, query: CaseQuery) -> DeskPage:
    """List a page of the desk; raises MALFORMED for a cursor that is none."""
    today = london_day(tx.now)
    query = _Query(**dict(query), officers=_officers(tx) if query.sort is DeskSort.OFFICER else {})
    found = _found(actor, query, today)
    total = _count(tx, _found(actor, query.model_copy(update={"sort": DeskSort.DUE}), today))
    cursor = decode_cursor(query.cursor) if query.cursor else None
    backwards = query.end or (cursor is not None and cursor.before)
    places = _places(tx, found, query, cursor, backwards)
    if backwards:
        places.reverse()
    if not places:
        return DeskPage(rows=[], start=0, total=total, next=None, previous=None)
    first = _cursor_at(places[0], before=True)
    last = _cursor_at(places[-1], before=False)
    # The first page is query for most, and needs no count of what stands before it.
    begins = not query.cursor and not query.end
    start = 0 if begins else _count(tx, found.where(_beyond(query, first)))
    return DeskPage(
        rows=_rows(tx, [case for case, _ in places], today),
        start=start,
        total=total,
        next=last.encode() if start + len(places) < total else None,
        previous=first.encode() if start else None,
    )


def _officers(tx: Transaction) -> dict[UUID, str]:
    officers = select(Account.id, Account.last_name).where(Account.staff == Staff.OFFICER)
    return dict(tx.session.exec(officers).all())


def _found(actor: Actor, query: _Query, today: date) -> Found:
    """Select the ids of the cases of a query; who has no part in the question is not looked up."""
    found = select(Case.id).where(_closed(query))
    if query.sort is DeskSort.NAME or query.view is DeskView.NEW:
        found = found.join(Person, _child(query) == col(Case.person_id))
    match query.view:
        case DeskView.MINE:
            found = found.where(col(Case.officer_id) == actor.account_id)
        case DeskView.DUE:
            soon = today + timedelta(days=DUE_SOON_DAYS)
            found = found.where(col(Case.next_due).between(today, soon))
        case DeskView.OVERDUE:
            found = found.where(col(Case.next_due) < today, col(Case.excused).is_(False))
        case DeskView.NEW:
            found = found.where(col(Person.known_at).is_(None))
    if query.stage is not None:
        states = [state for state, stage in STAGE_OF.items() if stage is query.stage]
        found = found.where(col(Case.state).in_(states))
    return found.where(*matches_words(query.find, col(Case.person_id)))


def _child(query: _Query) -> ColumnElement[UUID] | SQLColumnExpression[UUID]:
    if query.sort is DeskSort.NAME and not query.find:
        # Not looked up by its id: children are walked through in the order of their names.
        return func.coalesce(Person.id, Person.id)
    return col(Person.id)


def _closed(query: _Query) -> ColumnElement[bool]:
    closed = col(Case.closed)
    if query.find or query.sort is DeskSort.NAME:
        # Not by the index of what is due: the child comes first, then the case.
        return func.coalesce(closed, True) == literal(query.view is DeskView.CLOSED)
    return closed == literal(query.view is DeskView.CLOSED)


def _count(tx: Transaction, found: Found) -> int:
    return tx.session.exec(select(func.count()).select_from(found.subquery())).one()


def _places(
    tx: Transaction, found: Found, query: _Query, cursor: Cursor | None, backwards: bool
) -> list[Place]:
    if query.sort is DeskSort.OFFICER:
        return _places_by_officer(tx, found, query, cursor, backwards)
    if cursor is not None:
        found = found.where(_beyond(query, cursor))
    key = _key(query)
    falling = query.descending is not backwards
    order = [one.desc() if falling else one.asc() for one in (key, col(Case.id))]
    page = found.add_columns(key).order_by(*order).limit(query.limit)
    return [(case, at) for case, at in tx.session.execute(page)]


def _places_by_officer(
    tx: Transaction, found: Found, query: _Query, cursor: Cursor | None, backwards: bool
) -> list[Place]:
    """Find a page sorted by officer: one officer's cases after another's, until it is full."""
    falling = query.descending is not backwards
    places: list[Place] = []
    for name in sorted(query.surnames, reverse=falling):
        part = found.where(_of_officer(query, name))
        if cursor is not None:
            if name != cursor.key and (name < cursor.key) is not falling:
                continue
            if name == cursor.key:
                part = part.where(col(Case.id) < cursor.id if falling else col(Case.id) > cursor.id)
        order = col(Case.id).desc() if falling else col(Case.id).asc()
        cases = tx.session.scalars(part.order_by(order).limit(query.limit - len(places)))
        places += [(case, name) for case in cases]
        if len(places) == query.limit:
            break
    return places


def _of_officer(query: _Query, name: str) -> ColumnElement[bool]:
    officers = [id for id, surname in query.officers.items() if surname == name]
    has_one = [col(Case.officer_id) == officer for officer in officers]
    return or_(*has_one, *([] if name else [col(Case.officer_id).is_(None)]))


def _rows(tx: Transaction, cases: list[UUID], today: date) -> list[CaseRow]:
    """Tell the cases of a page, in their order, with the child and who has each."""
    found = (
        select(Case, Person, Account)
        .join(Person, col(Person.id) == col(Case.person_id))
        .join(Account, col(Account.id) == col(Case.officer_id), isouter=True)
        .where(col(Case.id).in_(cases))
    )
    rows = {
        case.id: _row(case, child, officer, today)
        for case, child, officer in tx.session.exec(found)
    }
    return [rows[case] for case in cases]


def _beyond(query: _Query, cursor: Cursor) -> ColumnElement[bool]:
    """What lies after a cursor, or before it, in the order of a query."""
    return beyond(
        _key(query),
        literal(_key_value(query, cursor.key)),
        col(Case.id),
        cursor.id,
        ascending=query.descending is cursor.before,
    )


def _key_value(query: _Query, key: str) -> str | float | date:
    if query.sort is DeskSort.OFFICER:
        # Between two surnames where an officer has changed theirs since.
        place = bisect_left(query.surnames, key)
        return place if key in query.surnames else place - 0.5
    try:
        if query.sort is DeskSort.DUE:
            return date.fromisoformat(key)
        return range(len(CaseState))[int(key)] if query.sort is DeskSort.STAGE else key
    except (ValueError, IndexError):
        raise unknown_cursor() from None


def _cursor_at(place: Place, *, before: bool) -> Cursor:
    case, key = place
    return Cursor(before, str(key), case)


def _row(found: Case, person: Person, officer: Account | None, today: date) -> CaseRow:
    state = CaseState(found.state)
    return CaseRow(
        id=found.id,
        person=person.id,
        name=f"{person.last_name}, {person.first_name}",
        born=person.born,
        state=state,
        stage=STAGE_OF[state],
        state_words=STATE_WORDS[state].words,
        next_words=due_words(found.next_kind, found.next_due, today),
        next_due=found.next_due,
        excused=found.excused,
        officer=officer.name if officer else "",
        new=person.known_at is None,
    )
