"""Columns of tables: their widths, and headings that are never cut."""

from collections.abc import Sequence
from datetime import date
from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest
from textual.app import App, ComposeResult

from shared.caselist import TRANSFER_COLUMNS, CaseQuery, CaseRow, DeskColumn, DeskSort, DeskView
from shared.cases.states import CaseState, Stage
from tui.casework.tasks_list import TaskTable
from tui.desk.case_table import CaseTable
from tui.desk.cases_list import COLUMNS as VIEW_COLUMNS
from tui.people.table import PeopleTable
from tui.widgets.table import Column, RowTable, fit_columns

COLUMNS = (Column(22, 40, 0), Column(12, 12, 2), Column(26, 56, 1), Column(8, 24, 3))
"""Columns for a name, a stage, a deadline and an officer."""


@pytest.mark.parametrize(
    ("available", "widths"),
    [
        (20, (0, 12, 0, 0)),
        (30, (30, 0, 0, 0)),
        (56, (25, 0, 29, 0)),
        (76, (23, 12, 27, 8)),
        (116, (36, 12, 40, 22)),
        (200, (40, 12, 56, 24)),
    ],
)
def test_columns_get_space_by_rank(available: int, widths: tuple[int, ...]) -> None:
    assert fit_columns(available, COLUMNS) == widths


class Tables(App[None]):
    """Tables in the width that screens leave them."""

    CSS = "Screen { padding: 0 1; overflow: hidden; }"

    def compose(self) -> ComposeResult:
        yield CaseTable()
        yield TaskTable()
        yield PeopleTable()


def cut_headings(table: RowTable[Any]) -> list[str]:
    """Return the headings that are wider than their columns."""
    pairs = zip(table.heading_cells(), table.widths(), strict=True)
    return [cell.plain for cell, width in pairs if width and cell.cell_len > width]


SIZES = [(60, 20), (80, 24), (120, 40)]
STEPS = (DeskColumn.TRANSFER, DeskColumn.MEETING, DeskColumn.NOTICE, DeskColumn.NAMED)
USUAL = [column for column in DeskColumn if column not in {*STEPS, DeskColumn.NAME}]
SHOWN: list[Sequence[DeskColumn]] = [
    *VIEW_COLUMNS.values(),
    *((DeskColumn.NAME, *others) for count in range(6) for others in combinations(USUAL, count)),
]


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_no_heading_is_cut(size: tuple[int, int]) -> None:
    async with Tables().run_test(size=size) as pilot:
        cases = pilot.app.query_one(CaseTable)
        for cases.columns in SHOWN:
            view = DeskView.TRANSFERS if cases.columns == TRANSFER_COLUMNS else DeskView.ALL
            for sort in DeskSort:
                cases.list_query = CaseQuery(sort=sort, view=view)
                assert not cut_headings(cases), cases.columns
        assert not cut_headings(pilot.app.query_one(TaskTable))
        assert not cut_headings(pilot.app.query_one(PeopleTable))


ROW = CaseRow(
    id=uuid4(),
    person=uuid4(),
    name="Featherstonehaugh-Cholmondeley, Maximilian",
    born=date(2015, 6, 1),
    state=CaseState.FINAL_PLAN,
    stage=Stage.REVIEWS,
    state_words="Plan in force",
    next_words="",
    next_due=None,
    excused=False,
    officer="Ada Priya",
    new=False,
    school="Wren Hollow Primary School",
    received_on=date(2025, 3, 2),
    weeks=52,
    advice=0,
    last_words="Review meeting held",
    transfer_on=date(2026, 2, 14),
    meeting_on=date(2025, 11, 22),
    notice_on=date(2025, 12, 20),
)


@pytest.mark.parametrize(
    ("size", "days"),
    [
        ((60, 20), ["14/02/2026", "22/11", "–"]),
        ((80, 24), ["14/02/2026", "22/11/2025", "20/12/2025", "–"]),
    ],
    ids=str,
)
async def test_phase_transfers_have_whole_days_or_fewer_columns(
    size: tuple[int, int], days: list[str]
) -> None:
    async with Tables().run_test(size=size) as pilot:
        table = pilot.app.query_one(CaseTable)
        table.columns = TRANSFER_COLUMNS
        pairs = zip(table.cells(ROW), table.widths(), strict=True)
        assert [cell.plain for cell, width in pairs if width][1:] == days


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_no_stage_is_cut(size: tuple[int, int], stage: Stage) -> None:
    row = ROW.model_copy(update={"stage": stage})
    async with Tables().run_test(size=size) as pilot:
        table = pilot.app.query_one(CaseTable)
        assert table.cells(row)[1].cell_len <= table.widths()[1]


@pytest.mark.parametrize(
    ("words", "size", "text"),
    [
        ("Family may appeal until 14/01/2026 · 46 days left", (60, 20), "until 14/01/2026"),
        ("Family may appeal until 14/01/2026 · 46 days left", (80, 24), "family: until 14/01/2026"),
        ("Young person may appeal until 14/01/2026 · today", (80, 24), "until 14/01/2026"),
        ("Appeal at the Tribunal", (60, 20), "Appeal at the Tr…"),
        ("Appeal at the Tribunal", (80, 24), "Appeal at the Tribunal"),
    ],
    ids=str,
)
async def test_right_of_the_family_has_its_day_and_a_dispute_its_name(
    words: str, size: tuple[int, int], text: str
) -> None:
    row = ROW.model_copy(update={"next_words": words})
    async with Tables().run_test(size=size) as pilot:
        table = pilot.app.query_one(CaseTable)
        cell = table.cells(row)[2]
        cell.truncate(table.widths()[2], overflow="ellipsis")
        assert cell.plain == text
