"""Reading cases for the figures in batches: their weeks, what is late, and the forecast."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlmodel import and_, col, or_, select

from server.cases.service import is_open
from server.cases.tables import Case, CaseEvent, Exemption
from server.core.database import Transaction, table_of
from server.core.logs import REPORT_LINE
from server.figures.advice import answer_day, first_submitted, received_on_paper
from server.forms.tables import AdviceRequest, Submission
from shared.cases.clock import Periods
from shared.cases.deadlines import (
    APPOINTMENTS,
    FAMILY_DEADLINES,
    REQUESTS,
    Deadline,
    DeadlineKind,
    compute_deadlines,
)
from shared.cases.events import EventKind, PastEvent
from shared.cases.machine import NotAllowed
from shared.cases.state_sets import FROM_REQUEST
from shared.cases.states import UNDECIDED, CaseState
from shared.desk import AWAITED, AdviceState
from shared.figures.figures import WEEK_BANDS
from shared.figures.forecast import (
    FORECAST_STATES,
    AskedAdvice,
    Outlook,
    expected_plan,
    find_outlook,
)
from shared.values.days import london_day

BATCH = 500
"""Cases that are read together, in a short transaction."""
PLANS = frozenset({EventKind.FINAL_ISSUED, EventKind.PLAN_TRANSFERRED_IN})
"""Events after which a case has a plan."""

_CASE = table_of(Case)
_STORE_MISS = (
    sa.update(_CASE)
    .where(_CASE.c.id == sa.bindparam("case"), _CASE.c.version == sa.bindparam("read_version"))
    .values(misses_on=sa.bindparam("expected"))
)

log = structlog.get_logger()


class Paces(NamedTuple):
    """Usual days of advice by form, and from the last advice to the final plan."""

    advice: Mapping[str, int]
    after_advice: int


class StoredEvent(NamedTuple):
    """An event of a case with its id."""

    id: int
    past: PastEvent


@dataclass
class CaseCounts:
    """What is counted case by case."""

    weeks: list[int] = field(default_factory=lambda: [0] * (len(WEEK_BANDS) + 1))
    late: Counter[DeadlineKind] = field(default_factory=Counter)
    outlook: Counter[Outlook] = field(default_factory=Counter)
    coming: Counter[tuple[date, Outlook]] = field(default_factory=Counter)
    """By the first day of the month in which the plan is due."""
    undecided: int = 0
    ordered: int = 0

    def __add__(self, other: "CaseCounts") -> "CaseCounts":
        """Return the sums of two counts."""
        return CaseCounts(
            [mine + others for mine, others in zip(self.weeks, other.weeks, strict=True)],
            self.late + other.late,
            self.outlook + other.outlook,
            self.coming + other.coming,
            self.undecided + other.undecided,
            self.ordered + other.ordered,
        )


Misses = dict[UUID, tuple[int, date | None]]
"""By case its version, and when its plan would come if that is after the deadline."""


class Batch(NamedTuple):
    """The counts of a batch of cases; `last` is its last case, or None for the last batch."""

    counts: CaseCounts
    misses: Misses
    last: UUID | None


class CaseFacts(NamedTuple):
    """A case with what its figures depend on; `excused` are clocks with the events that start them.

    `advice` has no cancelled requests, and none if the case is not forecast.
    """

    id: UUID
    state: CaseState
    received_on: date
    version: int
    misses_on: date | None
    events: Sequence[StoredEvent]
    excused: frozenset[tuple[str, int | None]]
    advice: Sequence[AskedAdvice]

    def deadlines(self, periods: Periods) -> list[Deadline]:
        """List the running deadlines; an event that is no longer allowed is logged."""
        return running_deadlines(self.id, [event.past for event in self.events], periods)

    def is_excused(self, deadline: Deadline) -> bool:
        """Whether a deadline has an exemption."""
        return (deadline.kind, self.events[deadline.start_index].id) in self.excused

    @property
    def has_plan(self) -> bool:
        """Whether a plan was issued before."""
        return any(event.past.kind in PLANS for event in self.events)


def running_deadlines(case: UUID, events: Sequence[PastEvent], periods: Periods) -> list[Deadline]:
    """List the running deadlines after events; none, and a log entry, if they are not allowed."""
    try:
        return compute_deadlines(events, periods)
    except NotAllowed:  # recorded by an earlier version
        log.error("case_left_out_of_figures", subject=str(case), do=REPORT_LINE)
        return []


def count_batch(tx: Transaction, after: UUID | None, paces: Paces) -> Batch:
    """Count the next cases by id, and find those whose stored expected day is out of date."""
    today, periods = london_day(tx.now), tx.services.settings.periods
    cases, counts, misses = _read_batch(tx, after), CaseCounts(), Misses()
    for case in cases:
        misses_on = count_case(counts, case, paces, periods, today)
        if misses_on != case.misses_on:
            misses[case.id] = (case.version, misses_on)
    return Batch(counts, misses, cases[-1].id if len(cases) == BATCH else None)


def _is_counted(today: date) -> sa.ColumnElement[bool]:
    is_on_the_way = col(Case.state).in_([state.value for state in FROM_REQUEST])
    return or_(
        and_(is_open(today), or_(is_on_the_way, col(Case.due_on) < today)),
        col(Case.misses_on).is_not(None),  # a server of the version before may have left it
    )


def _read_batch(tx: Transaction, after: UUID | None) -> list[CaseFacts]:
    """Read the next cases by id that are on the way to a plan, or in which something is late."""
    query = (
        sa.select(
            *(col(Case.id), col(Case.state), col(Case.received_on)),
            *(col(Case.version), col(Case.misses_on)),
        )
        .where(_is_counted(london_day(tx.now)))
        .order_by(col(Case.id))
        .limit(BATCH)
    )
    if after is not None:
        query = query.where(col(Case.id) > after)
    rows = tx.session.execute(query).all()
    ids = [row[0] for row in rows]
    events, excused = read_events(tx, ids), read_excused(tx, ids)
    advice = read_advice(tx, [row[0] for row in rows if CaseState(row[1]) in FORECAST_STATES])
    return [
        CaseFacts(
            id,
            CaseState(state),
            received_on,
            version,
            misses_on,
            events[id],
            frozenset(excused[id]),
            advice[id],
        )
        for id, state, received_on, version, misses_on in rows
    ]


def read_events(tx: Transaction, ids: Sequence[UUID]) -> Mapping[UUID, list[StoredEvent]]:
    """Read the events of cases that were not undone, oldest first."""
    query = (
        sa.select(
            *(col(CaseEvent.case_id), col(CaseEvent.id), col(CaseEvent.kind)),
            *(col(CaseEvent.on), col(CaseEvent.day)),
        )
        .where(col(CaseEvent.case_id).in_(ids), col(CaseEvent.removed_at).is_(None))
        .order_by(col(CaseEvent.id))
    )
    events: defaultdict[UUID, list[StoredEvent]] = defaultdict(list)
    for case, id, kind, on, day in tx.session.execute(query):
        events[case].append(StoredEvent(id, PastEvent(EventKind(kind), on, day)))
    return events


def read_excused(
    tx: Transaction, ids: Sequence[UUID]
) -> Mapping[UUID, set[tuple[str, int | None]]]:
    """Read the excused clocks of cases, with the events that start them."""
    query = select(Exemption.case_id, Exemption.clock, Exemption.started_by).where(
        col(Exemption.case_id).in_(ids),
        col(Exemption.advice_id).is_(None),
        col(Exemption.removed_at).is_(None),
    )
    excused: defaultdict[UUID, set[tuple[str, int | None]]] = defaultdict(set)
    for case, clock, started_by in tx.session.execute(query):
        excused[case].add((clock, started_by))
    return excused


def read_advice(tx: Transaction, ids: Sequence[UUID]) -> Mapping[UUID, list[AskedAdvice]]:
    """Read the requests for advice of cases, but for cancelled ones; returned advice is awaited."""
    query = (
        sa.select(
            *(col(AdviceRequest.case_id), col(Submission.form), col(AdviceRequest.asked_on)),
            *(col(AdviceRequest.state), first_submitted(), received_on_paper()),
        )
        .join(Submission, col(Submission.id) == col(AdviceRequest.submission_id))
        .where(
            col(AdviceRequest.case_id).in_(ids),
            col(AdviceRequest.state) != AdviceState.CANCELLED,
        )
    )
    advice: defaultdict[UUID, list[AskedAdvice]] = defaultdict(list)
    for case, form, asked_on, state, submitted_at, on_paper in tx.session.execute(query):
        is_answered = AdviceState(state) not in AWAITED
        answered_on = answer_day(submitted_at, on_paper) if is_answered else None
        advice[case].append(AskedAdvice(form, asked_on, answered_on))
    return advice


def count_case(
    counts: CaseCounts, case: CaseFacts, paces: Paces, periods: Periods, today: date
) -> date | None:
    """Add a case to the counts; return when its plan would come if that is after its deadline."""
    deadlines = case.deadlines(periods)
    counts.late.update(
        DeadlineKind(item.kind)
        for item in deadlines
        if item.due < today
        and item.kind not in FAMILY_DEADLINES | APPOINTMENTS
        and not case.is_excused(item)
    )
    if case.state not in FROM_REQUEST or case.has_plan:
        return None
    days = (today - case.received_on).days
    counts.weeks[bisect_left([7 * weeks for weeks in WEEK_BANDS], days)] += 1
    if case.state in UNDECIDED:
        counts.undecided += 1
        return None
    final = next((item for item in deadlines if item.kind is DeadlineKind.FINAL), None)
    if final is None or case.events[final.start_index].past.kind not in REQUESTS:
        counts.ordered += 1
        return None
    expected = expected_plan(
        case.advice, paces.advice, paces.after_advice, today, _drafted_on(case)
    )
    outlook = find_outlook(expected, final.due, today, excused=case.is_excused(final))
    counts.outlook[outlook] += 1
    counts.coming[final.due.replace(day=1), outlook] += 1
    return expected if outlook is Outlook.MISSES else None


def _drafted_on(case: CaseFacts) -> date | None:
    """Return when it was decided to issue a plan."""
    decided = (e.past.on for e in case.events if e.past.kind is EventKind.DECIDED_TO_ISSUE)
    return next(decided, None)


def store_misses(tx: Transaction, misses: Misses) -> None:
    """Store when plans would come that are expected late, unless the case changed meanwhile."""
    rows = [
        {"case": case, "read_version": version, "expected": misses_on}
        for case, (version, misses_on) in misses.items()
    ]
    tx.connection.execute(_STORE_MISS, rows)
