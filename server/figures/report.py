"""The report of a year for people outside the authority, with small numbers hidden."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import col, func, select

from server.cases.service import is_open
from server.cases.tables import Case
from server.core.database import Transaction
from server.figures.advice import count_advice
from server.figures.cases import BATCH, StoredEvent, read_events
from server.figures.files import Page
from server.figures.plans import count_plans, find_plans, read_plans
from shared.cases.deadlines import REQUESTS
from shared.cases.events import EventKind
from shared.cases.states import STAGE_LABELS, CaseState, Stage, stage_at
from shared.figures.figures import AdviceFigures, PlanFigures
from shared.figures.forecast import ENOUGH, PACE_MONTHS
from shared.figures.suppression import protected_share, range_of
from shared.figures.tables import FigureRow, FigureTable
from shared.values.days import format_day, london_day

NOTE = (
    "Each count is shown as a range of five, such as 0 to 4, so that nobody can be recognised. "
    "The range of a total is the sum of the others."
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


class OpenCases(NamedTuple):
    """Open cases in which nothing is late, and those in which something is."""

    calm: int
    late: int


@dataclass(frozen=True)
class Report:
    """The numbers of a report, before they become ranges.

    Each child is in one number of a table only: numbers that overlap could be compared.
    """

    year: int
    today: date
    requests: Mapping[Decision, int]
    plans: PlanFigures
    stages: Mapping[Stage, OpenCases]
    advice: Sequence[AdviceFigures]


def read_report(tx: Transaction, year: int) -> Report:
    """Count what the report of a year needs."""
    today = london_day(tx.now)
    start, end = date(year, 1, 1), min(date(year, 12, 31), today)
    plans = (plan for ids in find_plans(tx, start, end) for plan in read_plans(tx, ids, start, end))
    return Report(
        year=year,
        today=today,
        requests=_count_requests(tx, year),
        plans=count_plans(plans),
        stages=_count_stages(tx, today),
        advice=count_advice(tx, today),
    )


def _count_stages(tx: Transaction, today: date) -> dict[Stage, OpenCases]:
    """Count open cases by stage, and whether something is late in them."""
    is_late = (col(Case.due_on) < today).label("is_late")
    query = select(Case.place, is_late, func.count()).where(is_open(today))
    counts = Counter[tuple[Stage, bool]]()
    for place, late, count in tx.session.execute(query.group_by(col(Case.place), "is_late")):
        counts[stage_at(place), bool(late)] += count
    return {stage: OpenCases(counts[stage, False], counts[stage, True]) for stage in Stage}


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
    return Page(council, title, NOTE, tx.now, report_tables(report))


def report_tables(report: Report) -> list[FigureTable]:
    """Build the tables of a report, with ranges for numbers."""
    return [
        _requests(report),
        *_plans(report),
        _stages(report),
        *_awaited(report),
        _usual_days(report),
    ]


def _row(label: str, low: int, high: int) -> FigureRow:
    return FigureRow(label, low, f"to {high:,}")


def _rows(counts: Iterable[tuple[str, int]]) -> list[FigureRow]:
    ranges = ((label, range_of(count)) for label, count in counts)
    return [_row(label, numbers[0], numbers[-1]) for label, numbers in ranges]


def _with_total(counts: Sequence[tuple[str, int]]) -> list[FigureRow]:
    ranges = [range_of(count) for _, count in counts]
    low, high = (sum(numbers[end] for numbers in ranges) for end in (0, -1))
    return [*_rows(counts), _row("All", low, high)]


def _requests(report: Report) -> FigureTable:
    return FigureTable(
        f"Requests for an assessment received in {report.year}",
        "By the first decision on them.",
        _with_total([(str(decision), count) for decision, count in report.requests.items()]),
    )


def _plans(report: Report) -> list[FigureTable]:
    plans = report.plans
    return [
        FigureTable(
            f"First plans issued in {report.year}, without exceptions",
            f"Within 20 weeks of the request: {protected_share(plans.in_time, plans.late)}.",
            _with_total([("Within 20 weeks", plans.in_time), ("Later", plans.late)]),
        ),
        FigureTable(
            f"Other first plans issued in {report.year}",
            "With an exception that the law allows, or after an order of the Tribunal or an "
            "agreement, which have a period of their own.",
            _rows(
                [
                    ("With an exception", plans.excused),
                    ("After an order or agreement", plans.ordered),
                ]
            ),
        ),
    ]


def _stages(report: Report) -> FigureTable:
    """Build one table of stages and lateness: two would give numbers away by their difference."""
    counts = [
        (f"{STAGE_LABELS[stage]}, {words} late", count)
        for stage, cases in report.stages.items()
        for words, count in (("nothing", cases.calm), ("something", cases.late))
    ]
    return FigureTable(
        f"Open cases on {format_day(report.today)}",
        "By stage, and whether a deadline of the authority or of advice has passed, without an "
        "exception.",
        _with_total(counts),
    )


def _awaited(report: Report) -> list[FigureTable]:
    return [
        FigureTable(
            f"Advice awaited on {format_day(report.today)}: {item.title}",
            "Asked for, and not submitted yet.",
            _with_total(
                [("Not late, or with an exception", item.awaited - item.late), ("Late", item.late)]
            ),
        )
        for item in report.advice
    ]


def _usual_days(report: Report) -> FigureTable:
    return FigureTable(
        "Usual days until advice comes",
        f"The median in the last {PACE_MONTHS} months until {format_day(report.today)}, where "
        f"there were at least {ENOUGH} answers.",
        [
            FigureRow(item.title, item.pace.days, "days")
            for item in report.advice
            if item.pace.is_usual
        ],
    )
