"""The report of a year for people outside the authority, with small numbers hidden."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlmodel import col, select

from server.cases.tables import Case
from server.core.database import Transaction
from server.figures.advice import count_advice
from server.figures.cases import (
    BATCH,
    CaseCounts,
    Paces,
    StoredEvent,
    count_batch,
    read_events,
)
from server.figures.computing import count_stages
from server.figures.files import Page
from server.figures.plans import count_plans, find_plans, read_plans
from shared.cases.deadlines import DEADLINE_LABELS, REQUESTS, DeadlineKind
from shared.cases.events import EventKind
from shared.cases.states import STAGE_LABELS, CaseState, Stage
from shared.figures.figures import AdviceFigures, PlanFigures
from shared.figures.forecast import ENOUGH, PACE_MONTHS
from shared.figures.suppression import Cell, Hidden, protect, protect_one, protected_share
from shared.figures.tables import FigureRow, FigureTable, pace_words
from shared.values.days import format_day, london_day

NOTE = (
    "Numbers from 1 to 4 are not shown, and neither is another number that would give one of them "
    "away, so that nobody can be recognised."
)


class Decision(StrEnum):
    """What was decided first on a request."""

    ASSESS = "An assessment"
    REFUSED = "No assessment"
    ENDED = "Withdrawn, or the family moved away"
    NONE = "Not decided yet"


DECISIONS = {
    EventKind.DECIDED_TO_ASSESS: Decision.ASSESS,
    EventKind.REFUSED_TO_ASSESS: Decision.REFUSED,
    EventKind.WITHDRAWN: Decision.ENDED,
    EventKind.TRANSFERRED_OUT: Decision.ENDED,
}


@dataclass(frozen=True)
class Report:
    """The numbers of a report, before small ones are hidden."""

    year: int
    today: date
    requests: dict[Decision, int]
    plans: PlanFigures
    stages: dict[Stage, int]
    late: dict[DeadlineKind, int]
    advice: Sequence[AdviceFigures]


def read_report(tx: Transaction, year: int) -> Report:
    """Count what the report of a year needs."""
    today = london_day(tx.now)
    start, end = date(year, 1, 1), min(date(year, 12, 31), today)
    plans = (plan for ids in find_plans(tx, start, end) for plan in read_plans(tx, ids, start, end))
    advice = count_advice(tx, today)
    counts = _count_cases(tx, Paces({item.form: item.pace.days for item in advice}, 0))
    return Report(
        year=year,
        today=today,
        requests=_count_requests(tx, year),
        plans=count_plans(plans),
        stages=count_stages(tx, today),
        late={kind: counts.late[kind] for kind in DeadlineKind if counts.late[kind]},
        advice=advice,
    )


def _count_cases(tx: Transaction, paces: Paces) -> CaseCounts:
    batch = count_batch(tx, None, paces)
    counts = batch.counts
    while batch.last is not None:
        batch = count_batch(tx, batch.last, paces)
        counts += batch.counts
    return counts


def _count_requests(tx: Transaction, year: int) -> dict[Decision, int]:
    """Count the requests received in a year by what was decided first."""
    query = (
        select(Case.id)
        .where(
            col(Case.received_on).between(date(year, 1, 1), date(year, 12, 31)),
            Case.state != CaseState.JOINED,
        )
        .order_by(col(Case.id))
    )
    ids = tx.session.exec(query).all()
    counts = dict.fromkeys(Decision, 0)
    for start in range(0, len(ids), BATCH):
        for events in read_events(tx, ids[start : start + BATCH]).values():
            if events[0].past.kind in REQUESTS:
                counts[_first_decision(events)] += 1
    return counts


def _first_decision(events: Iterable[StoredEvent]) -> Decision:
    kinds = (event.past.kind for event in events)
    return next((DECISIONS[kind] for kind in kinds if kind in DECISIONS), Decision.NONE)


def build_page(report: Report, council: str, tx: Transaction) -> Page:
    """Build the report for people outside the authority."""
    title = f"Education, health and care plans, {report.year}"
    tables = [
        _requests(report),
        *_plans(report),
        _stages(report),
        _late(report),
        *awaited_tables(report.advice, report.today),
        _usual_days(report),
    ]
    return Page(council, title, NOTE, tx.now, tables)


def _row(label: str, cell: Cell, words: str = "") -> FigureRow:
    if isinstance(cell, Hidden):
        return FigureRow(label, None, f"{cell}; {words}" if words else str(cell))
    return FigureRow(label, cell, words)


def _with_total(labels: Iterable[str], counts: Sequence[int]) -> list[FigureRow]:
    protected = protect(counts)
    rows = [_row(label, cell) for label, cell in zip(labels, protected.cells, strict=True)]
    return [*rows, _row("All", protected.total)]


def _requests(report: Report) -> FigureTable:
    return FigureTable(
        f"Requests for an assessment received in {report.year}",
        "By the first decision on them.",
        _with_total([str(decision) for decision in report.requests], [*report.requests.values()]),
    )


def _plans(report: Report) -> list[FigureTable]:
    plans = report.plans
    counts = (plans.in_time, plans.late)
    cells = protect(counts).cells
    return [
        FigureTable(
            f"First plans issued in {report.year}, without exceptions",
            f"Within 20 weeks of the request: {protected_share(*cells)}.",
            _with_total(("Within 20 weeks", "Later"), counts),
        ),
        FigureTable(
            f"Other first plans issued in {report.year}",
            "With an exception that the law allows, or after an order of the Tribunal or an "
            "agreement, which have a period of their own.",
            [
                _row("With an exception", protect_one(plans.excused)),
                _row("After an order or agreement", protect_one(plans.ordered)),
            ],
        ),
    ]


def _stages(report: Report) -> FigureTable:
    return FigureTable(
        f"Open cases on {format_day(report.today)}",
        "By stage.",
        _with_total((STAGE_LABELS[stage] for stage in report.stages), [*report.stages.values()]),
    )


def _late(report: Report) -> FigureTable:
    return FigureTable(
        f"Late on {format_day(report.today)}",
        "Deadlines of the authority that have passed, without those that are excused. A case may "
        "be in several rows.",
        [_row(DEADLINE_LABELS[kind], protect_one(count)) for kind, count in report.late.items()],
    )


def awaited_tables(advice: Iterable[AdviceFigures], today: date) -> list[FigureTable]:
    """Build a table for each kind of advice: late advice is a part of what is awaited."""
    return [
        FigureTable(
            f"Advice awaited on {format_day(today)}: {item.title}",
            "Asked for, and not submitted yet.",
            _with_total(("Not late, or excused", "Late"), (item.awaited - item.late, item.late)),
        )
        for item in advice
    ]


def _usual_days(report: Report) -> FigureTable:
    return FigureTable(
        "Usual days until advice comes",
        f"The median in the last {PACE_MONTHS} months until {format_day(report.today)}, where "
        f"there were at least {ENOUGH}.",
        [
            FigureRow(item.title, item.pace.days, pace_words(item.pace))
            for item in report.advice
            if item.pace.is_usual
        ],
    )
