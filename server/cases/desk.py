"""The officer's table of cases: filtered, sorted and cut in the database, whatever their number."""

from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, literal
from sqlalchemy import case as when
from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.tables import Case
from server.cases.words import TOLD
from server.core.database import Transaction
from server.core.pages import Cursor, beyond, read_cursor, unknown_place
from server.core.problems import not_found
from server.people.finding import found_by
from server.people.tables import Person
from shared.accounts import Staff
from shared.cases import STAGE_OF, CaseState, Stage
from shared.clock import days_left_words
from shared.days import london_day, write_day
from shared.deadlines import DEADLINE_WORDS, DeadlineKind
from shared.desk import DUE_SOON_DAYS, CaseRow, DeskPage, DeskSort, DeskView
from shared.people import PAGE_SIZE

Found = Select[Case, Person, Account]


class Asked(NamedTuple):
    """What part of the desk is asked for, in which order."""

    view: DeskView = DeskView.ALL
    find: str = ""
    stage: Stage | None = None
    sort: DeskSort = DeskSort.DUE
    descending: bool = False
    cursor: str | None = None
    end: bool = False
    limit: int = PAGE_SIZE


_STATES = list(CaseState)
_STAGE_ORDER = when({state: place for place, state in enumerate(_STATES)}, value=col(Case.state))
_OFFICER = func.coalesce(Account.last_name, "")


def _key(asked: Asked) -> SQLColumnExpression[object]:
    match asked.sort:
        case DeskSort.NAME:
            return col(Person.sort_name)
        case DeskSort.STAGE:
            return _STAGE_ORDER
        case DeskSort.OFFICER:
            return _OFFICER
    # What is closed has nothing due.
    return col(Case.received_on) if asked.view is DeskView.CLOSED else col(Case.next_due)


def list_cases(tx: Transaction, actor: Actor, asked: Asked) -> DeskPage:
    """List a page of the desk; raises MALFORMED for a cursor that is none."""
    today = london_day(tx.now)
    found = _found(actor, asked, today)
    by_due = asked._replace(sort=DeskSort.DUE)
    total = _count(tx, _found(actor, by_due, today), by_due)
    cursor = read_cursor(asked.cursor) if asked.cursor else None
    backwards = asked.end or (cursor is not None and cursor.before)
    rows = _rows(tx, found, asked, cursor, backwards)[: asked.limit]
    if backwards:
        rows.reverse()
    if not rows:
        return DeskPage(rows=[], start=0, total=total, next=None, previous=None)
    first, last = _cursor_at(asked, rows[0], before=True), _cursor_at(asked, rows[-1], before=False)
    # The first page is asked for most, and needs no count of what stands before it.
    start = (
        0
        if not asked.cursor and not asked.end
        else _count(tx, found.where(_beyond(asked, first)), asked)
    )
    return DeskPage(
        rows=[_row(row, today) for row in rows],
        start=start,
        total=total,
        next=last.write() if start + len(rows) < total else None,
        previous=first.write() if start else None,
    )


def _found(actor: Actor, asked: Asked, today: date) -> Found:
    found = (
        select(Case, Person, Account)
        .join(Person, _child(asked) == col(Case.person_id))
        .join(Account, col(Account.id) == col(Case.officer_id), isouter=True)
        .where(_closed(asked))
    )
    match asked.view:
        case DeskView.MINE:
            found = found.where(col(Case.officer_id) == actor.account_id)
        case DeskView.DUE:
            soon = today + timedelta(days=DUE_SOON_DAYS)
            found = found.where(col(Case.next_due).between(today, soon))
        case DeskView.OVERDUE:
            found = found.where(col(Case.next_due) < today, col(Case.excused).is_(False))
        case DeskView.NEW:
            found = found.where(col(Person.known_at).is_(None))
    if asked.stage is not None:
        states = [state for state, stage in STAGE_OF.items() if stage is asked.stage]
        found = found.where(col(Case.state).in_(states))
    return found.where(*found_by(asked.find, col(Case.person_id)))


def _child(asked: Asked) -> ColumnElement[UUID] | SQLColumnExpression[UUID]:
    if asked.sort is DeskSort.NAME and not asked.find:
        # Not looked up by its id: children are walked through in the order of their names.
        return func.coalesce(Person.id, Person.id)
    return col(Person.id)


def _closed(asked: Asked) -> ColumnElement[bool]:
    closed = col(Case.closed)
    if asked.find or asked.sort is DeskSort.NAME:
        # Not by the index of what is due: the child comes first, then the case.
        return func.coalesce(closed, True) == literal(asked.view is DeskView.CLOSED)
    return closed == literal(asked.view is DeskView.CLOSED)


def _count(tx: Transaction, found: Found, asked: Asked) -> int:
    """Count what was found; a child or an officer is looked up only where one is asked about."""
    if asked.view is not DeskView.NEW and asked.sort is DeskSort.DUE:
        where = found.whereclause
        assert where is not None  # noqa: S101 - open or closed at the least
        return tx.session.exec(select(func.count()).select_from(Case).where(where)).one()
    ids = found.with_only_columns(col(Case.id)).subquery()
    return tx.session.exec(select(func.count()).select_from(ids)).one()


Row = tuple[Case, Person, Account | None, str | int | date]


def _rows(
    tx: Transaction, found: Found, asked: Asked, cursor: Cursor | None, backwards: bool
) -> list[Row]:
    if cursor is not None:
        found = found.where(_beyond(asked, cursor))
    key = _key(asked)
    falling = asked.descending is not backwards
    order = [one.desc() if falling else one.asc() for one in (key, col(Case.id))]
    page = found.add_columns(key).order_by(*order).limit(asked.limit)
    return [(one, person, officer, at) for one, person, officer, at in tx.session.execute(page)]


def _beyond(asked: Asked, cursor: Cursor) -> ColumnElement[bool]:
    """What lies after a cursor, or before it, in the order asked for."""
    return beyond(
        _key(asked),
        literal(_key_value(asked.sort, cursor.key)),
        col(Case.id),
        cursor.id,
        rising=asked.descending is cursor.before,
    )


def _key_value(sort: DeskSort, key: str) -> str | int | date:
    try:
        if sort is DeskSort.DUE:
            return date.fromisoformat(key)
        return int(key) if sort is DeskSort.STAGE else key
    except ValueError:
        raise unknown_place() from None


def _cursor_at(asked: Asked, row: Row, *, before: bool) -> Cursor:
    return Cursor(before, str(row[3]), row[0].id)


def due_words(kind: str | None, due: date | None, today: date) -> str:
    """Say a deadline with its date and how far off it is."""
    if kind is None or due is None:
        return ""
    words = DEADLINE_WORDS[DeadlineKind(kind)]
    return f"{words} {write_day(due)} · {days_left_words(due, today)}"


def _row(row: Row, today: date) -> CaseRow:
    found, person, officer, _ = row
    state = CaseState(found.state)
    return CaseRow(
        id=found.id,
        person=person.id,
        name=f"{person.last_name}, {person.first_name}",
        born=person.born,
        state=state,
        stage=STAGE_OF[state],
        state_words=TOLD[state].words,
        next_words=due_words(found.next_kind, found.next_due, today),
        next_due=found.next_due,
        excused=found.excused,
        officer=officer.name if officer else "",
        new=person.known_at is None,
    )


def find_case(tx: Transaction, actor: Actor, wanted: UUID) -> Case:
    """Find a case for an officer, locked against others; raises NOT_FOUND."""
    found = tx.session.get(Case, wanted, with_for_update=True)
    if found is None or actor.staff is not Staff.OFFICER:
        raise not_found()
    return found
