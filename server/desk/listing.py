"""The officers' list of cases, filtered, sorted and paginated in the database."""

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, literal
from sqlalchemy import case as when
from sqlmodel import and_, col, or_, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.covers import covered_officers
from server.cases.service import is_open
from server.cases.tables import Case
from server.core.database import Transaction
from server.core.pages import Cursor, decode_cursor, keyset_condition, unknown_cursor
from server.desk.listing_rows import load_rows
from server.desk.references import find_by_reference
from server.people.search import matches_words
from server.people.tables import Person
from shared.accounts import Staff
from shared.caselist import (
    DUE_SOON_DAYS,
    NOBODY,
    CaseQuery,
    Cohort,
    DeskPage,
    DeskSort,
    DeskView,
)
from shared.cases.clock import Periods
from shared.cases.states import STAGE_OF, CaseState
from shared.cases.transfers import cohort_days, cohort_year
from shared.values.days import london_day

GROUPED = frozenset({DeskSort.STAGE, DeskSort.OFFICER})
"""Columns of few values, which may be followed by a second one to sort by."""
OF_DEADLINES = frozenset({DeskView.DUE, DeskView.OVERDUE})
"""Views of what the authority may be late for, which an index on `due_on` filters and sorts."""
_KEY_PAIR = TypeAdapter(tuple[str, str])

CaseIds = Select[UUID]
Position = tuple[UUID, str | int | date]
"""The id of a case and its sort key."""


class _Query(CaseQuery, frozen=True):
    """A query, with the officers if cases are sorted by officer."""

    officers: Mapping[UUID, str] = {}
    """Surnames of all officers by id; they are few, and loaded once."""
    mine: Sequence[UUID] = ()
    """The actor and the officers for whom they cover today."""
    referred: Sequence[UUID] = ()
    """The cases that the text to find is a reference of, instead of words about their children."""

    @property
    def surnames(self) -> list[str]:
        """The surnames to sort by; '' stands for unassigned cases and comes first."""
        return sorted({"", *self.officers.values()})

    @property
    def lists_all(self) -> bool:
        """Whether all open cases are listed."""
        return self.view is DeskView.ALL and not (self.officer or self.stage or self.find)


def _sort_key(query: _Query, sort: DeskSort | None = None) -> SQLColumnExpression[object]:
    match sort or query.sort:
        case DeskSort.NAME:
            return col(Person.sort_name)
        case DeskSort.STAGE:
            return col(Case.place)
        case DeskSort.OFFICER:
            positions = {id: query.surnames.index(name) for id, name in query.officers.items()}
            return when(positions, value=col(Case.officer_id), else_=0)
    if query.view is DeskView.TRANSFERS:
        return col(Case.transfer_on)
    if query.view in OF_DEADLINES:
        return col(Case.due_on)
    # Nothing is due in closed cases.
    return col(Case.received_on) if query.view is DeskView.CLOSED else col(Case.sort_due)


def list_cases(tx: Transaction, actor: Actor, query: CaseQuery) -> DeskPage:
    """Return a page of cases; raises MALFORMED for an invalid cursor."""
    today = london_day(tx.now)
    query = _prepare(tx, actor, query)
    periods = tx.services.settings.periods
    cases = _select_case_ids(query, today, periods)
    unsorted = _select_case_ids(_unsorted(query), today, periods)
    cohort = None
    if query.view is DeskView.TRANSFERS:
        total, cohort = _count_cohort(tx, unsorted, query.transfer_year or cohort_year(today))
    elif query.lists_all:
        total = _count_open(tx, today)
    else:
        total = _count(tx, unsorted)
    cursor = decode_cursor(query.cursor) if query.cursor else None
    backwards = query.end or (cursor is not None and cursor.before)
    page = _read_page(tx, cases, query, cursor, backwards)
    if backwards:
        page.reverse()
    if not page:
        return DeskPage(rows=[], start=0, total=total, next=None, previous=None, cohort=cohort)
    first = _cursor_at(page[0], before=True)
    last = _cursor_at(page[-1], before=False)
    if query.cursor:
        start = _count(tx, cases.where(_is_beyond(query, first)))
    else:
        start = total - len(page) if query.end else 0
    return DeskPage(
        rows=load_rows(tx, [case for case, _ in page], today),
        start=start,
        total=total,
        next=last.encode() if start + len(page) < total else None,
        previous=first.encode() if start else None,
        cohort=cohort,
    )


def select_ids(tx: Transaction, actor: Actor, query: CaseQuery) -> CaseIds:
    """Select the ids of all cases of a query, in no order."""
    periods = tx.services.settings.periods
    return _select_case_ids(_unsorted(_prepare(tx, actor, query)), london_day(tx.now), periods)


def _unsorted(query: _Query) -> _Query:
    return query.model_copy(update={"sort": DeskSort.DUE, "then": None})


def _prepare(tx: Transaction, actor: Actor, query: CaseQuery) -> _Query:
    mine = query.view is DeskView.MINE
    if query.then is query.sort:
        query = query.model_copy(update={"then": None})
    return _Query(
        **dict(query),
        officers=_load_surnames(tx) if DeskSort.OFFICER in {query.sort, query.then} else {},
        mine=[actor.account_id, *covered_officers(tx, actor.account_id)] if mine else (),
        referred=find_by_reference(tx, query.find),
    )


def _load_surnames(tx: Transaction) -> dict[UUID, str]:
    officers = select(Account.id, Account.last_name).where(Account.staff == Staff.OFFICER)
    return dict(tx.session.exec(officers).all())


def _select_case_ids(query: _Query, today: date, periods: Periods) -> CaseIds:
    """Select the ids of the cases of a query, joining the child only if needed."""
    cases = select(Case.id).where(_is_listed(query, today))
    if DeskSort.NAME in {query.sort, query.then} or query.view is DeskView.NEW:
        cases = cases.join(Person, _person_id(query) == col(Case.person_id))
    match query.view:
        case DeskView.MINE:
            cases = cases.where(col(Case.officer_id).in_(query.mine))
        case DeskView.DUE:
            soon = today + timedelta(days=DUE_SOON_DAYS)
            cases = cases.where(col(Case.due_on) <= soon)
        case DeskView.OVERDUE:
            cases = cases.where(col(Case.due_on) < today)
        case DeskView.NEW:
            cases = cases.where(col(Case.child_matched).is_(None), col(Person.known_at).is_(None))
        case DeskView.TRANSFERS:
            year = query.transfer_year or cohort_year(today)
            days = cohort_days(year, query.transfer_kind, periods)
            cases = cases.where(col(Case.transfer_on).between(*days))
    if query.officer is not None:
        officer = None if query.officer == NOBODY else query.officer
        cases = cases.where(col(Case.officer_id) == officer)
    if query.stage is not None:
        places = [index for index, state in enumerate(CaseState) if STAGE_OF[state] is query.stage]
        cases = cases.where(col(Case.place).in_(places))
    if query.referred:
        return cases.where(col(Case.id).in_(query.referred))
    return cases.where(*matches_words(query.find, col(Case.person_id)))


def _person_id(query: _Query) -> ColumnElement[UUID] | SQLColumnExpression[UUID]:
    if query.sort is DeskSort.NAME and not query.find:
        # This prevents a look-up by id, so that children are scanned in order of name.
        return func.coalesce(Person.id, Person.id)
    return col(Person.id)


def _is_listed(query: _Query, today: date) -> ColumnElement[bool]:
    """Build the condition for closed or open cases; a case closes when the time to appeal ends."""
    if query.view is DeskView.CLOSED:
        # This prevents use of both their indexes, so that cases are read in order of their days.
        return func.coalesce(or_(col(Case.settled), col(Case.closes_on) < today), False)
    if query.view is DeskView.FORECAST:
        return col(Case.misses_on).is_not(None)  # which only open cases have
    is_open_today = is_open(today)
    if query.find or query.sort is DeskSort.NAME:
        # This prevents use of the index on due dates, so that children are searched first.
        return func.coalesce(is_open_today, False)
    return is_open_today


def _count(tx: Transaction, cases: CaseIds) -> int:
    return tx.session.exec(select(func.count()).select_from(cases.subquery())).one()


def _count_open(tx: Transaction, today: date) -> int:
    """Count all open cases; this takes most of the time of the list, so its index is narrow."""
    conditions = (col(Case.closes_on).is_(None), col(Case.closes_on) >= today)
    not_ended, in_time = (
        select(func.count()).select_from(Case).where(col(Case.settled).is_(False), condition)
        for condition in conditions
    )
    query = select(not_ended.scalar_subquery() + in_time.scalar_subquery())
    total: int = tx.session.exec(query).one()
    return total


def _count_cohort(tx: Transaction, cases: CaseIds, year: int) -> tuple[int, Cohort]:
    """Count cases, and those of them that are so far, in one statement."""
    columns = (Case.transfer_meeting_on, Case.transfer_notice_on, Case.transfer_named_on)
    counts = (func.count(), *(func.count(col(column)) for column in columns))
    row = tx.session.execute(cases.with_only_columns(*counts)).one()
    return row[0], Cohort(year=year, met=row[1], notified=row[2], named=row[3])


def _read_page(
    tx: Transaction, cases: CaseIds, query: _Query, cursor: Cursor | None, backwards: bool
) -> list[Position]:
    if query.then is not None and query.sort in GROUPED:
        return _read_page_by_group(tx, cases, query, cursor, backwards)
    if query.sort is DeskSort.OFFICER:
        return _read_page_by_officer(tx, cases, query, cursor, backwards)
    if cursor is not None:
        cases = cases.where(_is_beyond(query, cursor))
    key = _sort_key(query)
    descending = query.descending is not backwards
    order = [column.desc() if descending else column.asc() for column in (key, col(Case.id))]
    page = cases.add_columns(key).order_by(*order).limit(query.limit)
    return [(case, value) for case, value in tx.session.execute(page)]


def _read_page_by_officer(
    tx: Transaction, case_ids: CaseIds, query: _Query, cursor: Cursor | None, backwards: bool
) -> list[Position]:
    """Read a page sorted by officer, one officer at a time."""
    descending = query.descending is not backwards
    page: list[Position] = []
    for name in sorted(query.surnames, reverse=descending):
        candidates = case_ids.where(_has_officer(query, name))
        if cursor is not None:
            if name != cursor.key and (name < cursor.key) is not descending:
                continue
            if name == cursor.key:
                candidates = candidates.where(
                    col(Case.id) < cursor.id if descending else col(Case.id) > cursor.id
                )
        order = col(Case.id).desc() if descending else col(Case.id).asc()
        cases = tx.session.scalars(candidates.order_by(order).limit(query.limit - len(page)))
        page += [(case, name) for case in cases]
        if len(page) == query.limit:
            break
    return page


def _read_page_by_group(
    tx: Transaction, case_ids: CaseIds, query: _Query, cursor: Cursor | None, backwards: bool
) -> list[Position]:
    """Read a page sorted by two columns, one group of the first column at a time."""
    descending, page = query.descending is not backwards, list[Position]()
    key = _sort_key(query, query.then)
    order = [column.desc() if descending else column.asc() for column in (key, col(Case.id))]
    groups = query.surnames if query.sort is DeskSort.OFFICER else range(len(CaseState))
    group, inner = _split_key(cursor.key) if cursor is not None else ("", "")
    values = [str(value) for value in groups]
    first = values.index(group) if group in values else 0
    if cursor is not None and group not in values:
        raise unknown_cursor()
    ordered = values[first::-1] if descending else values[first:]
    for value in ordered if cursor is not None else values[:: -1 if descending else 1]:
        candidates = case_ids.where(_is_in_group(query, value))
        if cursor is not None and value == group:
            candidates = candidates.where(_is_beyond_in_group(query, inner, cursor.id, descending))
        rows = candidates.add_columns(key).order_by(*order).limit(query.limit - len(page))
        page += [(id, json.dumps([value, str(found)])) for id, found in tx.session.execute(rows)]
        if len(page) == query.limit:
            break
    return page


def _split_key(key: str) -> tuple[str, str]:
    try:
        group, inner = _KEY_PAIR.validate_json(key)
    except ValueError:
        raise unknown_cursor() from None
    return group, inner


def _is_in_group(query: _Query, value: str) -> ColumnElement[bool]:
    if query.sort is DeskSort.OFFICER:
        return _has_officer(query, value)
    return col(Case.place) == int(value)


def _is_beyond_in_group(
    query: _Query, inner: str, id: UUID, descending: bool
) -> ColumnElement[bool]:
    value = literal(_key_value(query, inner, query.then))
    key = _sort_key(query, query.then)
    return keyset_condition(key, value, col(Case.id), id, ascending=not descending)


def _has_officer(query: _Query, name: str) -> ColumnElement[bool]:
    officers = [id for id, surname in query.officers.items() if surname == name]
    assigned = [col(Case.officer_id) == officer for officer in officers]
    return or_(*assigned, *([] if name else [col(Case.officer_id).is_(None)]))


def _is_beyond(query: _Query, cursor: Cursor) -> ColumnElement[bool]:
    """Build the condition for cases after or before a cursor, in the order of a query."""
    descending = query.descending is not cursor.before
    if query.then is not None and query.sort in GROUPED:
        group, inner = _split_key(cursor.key)
        value, key = literal(_key_value(query, group)), _sort_key(query)
        beyond = key < value if descending else key > value
        same = and_(
            _is_in_group(query, group), _is_beyond_in_group(query, inner, cursor.id, descending)
        )
        return or_(beyond, same)
    return keyset_condition(
        _sort_key(query),
        literal(_key_value(query, cursor.key)),
        col(Case.id),
        cursor.id,
        ascending=query.descending is cursor.before,
    )


def _key_value(query: _Query, key: str, sort: DeskSort | None = None) -> str | float | date:
    sort = sort or query.sort
    if sort is DeskSort.OFFICER and sort is query.then:
        return int(key) if key.isdecimal() else 0  # the key is an index of `surnames`
    if sort is DeskSort.OFFICER:
        # A surname that no officer has any longer sorts between its neighbours.
        index = bisect_left(query.surnames, key)
        return index if key in query.surnames else index - 0.5
    try:
        if sort is DeskSort.DUE:
            return date.fromisoformat(key)
        return range(len(CaseState))[int(key)] if sort is DeskSort.STAGE else key
    except (ValueError, IndexError):
        raise unknown_cursor() from None


def _cursor_at(position: Position, *, before: bool) -> Cursor:
    case, key = position
    return Cursor(before, str(key), case)
