"""Nobody can compute a small number from all numbers of a report together, and the rules of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.figures.report import Decision, OpenCases, Report, report_tables
from shared.cases.states import STAGE_LABELS, Stage
from shared.figures.figures import AdviceFigures, PlanFigures
from shared.figures.forecast import ENOUGH, usual_pace
from shared.figures.suppression import SMALL
from shared.figures.tables import FigureRow, FigureTable

pytestmark = pytest.mark.both_databases

DAY = date(2026, 3, 2)
COUNTS = st.integers(0, 30) | st.integers(0, 3000)


class Interval(NamedTuple):
    """The numbers that a cell can have, as far as is known."""

    low: int
    high: int


Cell = tuple[str, str]
"""The title of a table, and a label in it."""


def read_cell(row: FigureRow) -> Interval:
    """Return what a published number says by itself."""
    return Interval(row.number, int(row.words.removeprefix("to ").replace(",", "")))


def relations(tables: Sequence[FigureTable]) -> list[tuple[Cell, list[Cell]]]:
    """List which cell is at most as many as which other ones together, by what is counted.

    Requests that are not decided yet belong to open cases at the first stage. Late advice belongs
    to cases that are assessed or have a draft plan, if it was asked for once in each.
    """
    requests, open_cases, advice = tables[0], tables[3], tables[4]

    def cases(*stages: Stage, words: str = "") -> list[Cell]:
        labels = [STAGE_LABELS[stage] for stage in stages]
        rows = [row.label for row in open_cases.rows if row.label.endswith(f"{words} late")]
        return [(open_cases.title, row) for row in rows if row.split(",")[0] in labels]

    return [
        ((requests.title, Decision.NONE), cases(Stage.REQUEST)),
        ((advice.title, "Late"), cases(Stage.ASSESSMENT, Stage.PLAN, words="something")),
    ]


def attack(tables: Sequence[FigureTable]) -> Mapping[Cell, Interval]:
    """Narrow what each cell can be by all relations, until nothing changes."""
    known = {
        (table.title, row.label): read_cell(row)
        for table in tables[:-1]  # the last one has days
        for row in table.rows
        if row.label != "All"
    }
    before = None
    while known != before:
        before = dict(known)
        for part, wholes in relations(tables):
            high = sum(known[cell].high for cell in wholes)
            for cell in wholes:
                low = known[part].low - high + known[cell].high
                known[cell] = Interval(max(known[cell].low, low), known[cell].high)
            known[part] = Interval(known[part].low, min(known[part].high, high))
    return known


def report_of(
    requests: Mapping[Decision, int],
    stages: Mapping[Stage, OpenCases],
    plans: PlanFigures | None = None,
    advice: tuple[int, int] = (0, 0),
) -> Report:
    awaited, late = advice
    return Report(
        year=2026,
        today=DAY,
        requests={decision: requests.get(decision, 0) for decision in Decision},
        plans=plans or PlanFigures(),
        stages={stage: stages.get(stage, OpenCases(0, 0)) for stage in Stage},
        advice=[advice_of(0, awaited=awaited, late=late)],
    )


def advice_of(answers: int, *, awaited: int = 0, late: int = 0) -> AdviceFigures:
    """Advice with some answers, each after 22 days."""
    pace = usual_pace([22] * answers, 42)
    return AdviceFigures(form="a", title="Advice", awaited=awaited, late=late, pace=pace)


def assert_small_numbers_are_open(report: Report) -> None:
    """Check that each number below 5 may be any from 1 to 4, for all that can be computed."""
    tables = report_tables(report)
    known = attack(tables)
    for table in tables[:-1]:
        cells = [read_cell(row) for row in table.rows if row.label != "All"]
        totals = [read_cell(row) for row in table.rows if row.label == "All"]
        # A total is the sum of what is shown, and so adds nothing.
        assert totals in ([], [tuple(map(sum, zip(*cells, strict=True)))])
    for cell, (low, high) in known.items():
        if high < SMALL:
            assert (low <= 1, high) == (True, SMALL - 1), cell


@st.composite
def reports(draw: st.DrawFn) -> Report:
    stages = {stage: OpenCases(draw(COUNTS), draw(COUNTS)) for stage in Stage}
    decided = {decision: draw(COUNTS) for decision in Decision}
    undecided = draw(st.integers(0, sum(stages[Stage.REQUEST])))
    late = draw(st.integers(0, stages[Stage.ASSESSMENT].late + stages[Stage.PLAN].late))
    awaited = late + draw(COUNTS)
    plans = PlanFigures(
        in_time=draw(COUNTS), late=draw(COUNTS), excused_late=draw(COUNTS), ordered=draw(COUNTS)
    )
    return report_of(decided | {Decision.NONE: undecided}, stages, plans, (awaited, late))


@given(reports())
def test_no_small_number_follows_from_all_that_is_published(report: Report) -> None:
    assert_small_numbers_are_open(report)


def test_no_small_number_follows_for_who_tries_all_small_counts() -> None:
    for calm, late in product(range(14), repeat=2):
        stages = {Stage.REQUEST: OpenCases(calm, late)}
        for undecided in range(calm + late + 1):
            assert_small_numbers_are_open(report_of({Decision.NONE: undecided}, stages))


def test_usual_days_say_nothing_of_how_many_answers_there_were() -> None:
    """Their median of 7 answers was a number that is a range elsewhere."""
    reports = [
        replace(report_of({}, {}), advice=[advice_of(answers)]) for answers in (ENOUGH, ENOUGH + 2)
    ]
    [few, more] = [report_tables(report)[-1] for report in reports]
    assert few == more
    assert [(row.number, row.words) for row in few.rows] == [(22, "days")]


def test_stage_is_not_told_by_what_is_late_in_it() -> None:
    """19 late of 20 cases said that the other one is at the first stage."""
    stages = {Stage.REQUEST: OpenCases(1, 0), Stage.ASSESSMENT: OpenCases(0, 19)}
    rows = report_tables(report_of({}, stages))[3].rows
    assert [(row.number, row.words) for row in (rows[0], rows[3], rows[-1])] == [
        (0, "to 4"),
        (15, "to 19"),
        (15, "to 47"),
    ]
