"""The table of cases, with the columns that a view shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from rich.console import RenderableType
from rich.text import Text

from shared.caselist import (
    COLUMN_LABELS,
    USUAL_COLUMNS,
    CaseQuery,
    CaseRow,
    DeskColumn,
    DeskSort,
    DeskView,
)
from shared.cases.states import STAGE_LABELS, Stage
from shared.values.days import format_day
from tui.widgets.detail import build_detail
from tui.widgets.focus_marker import MARK
from tui.widgets.states import coloured_cell
from tui.widgets.table import Column, RowTable, fit_columns, fit_name, highlight_matches

NEW_CHILD = "! new child"
MARKED = "✓ "
NO_DAY = "–"
NOTHING_DUE = "nothing is due"
NO_OFFICER = "nobody yet"
STAGE_WIDTH = max(len(label) for label in STAGE_LABELS.values())
DUE_WIDTH = len("28/02/2026 · 123 days left")
WIDTHS: dict[DeskColumn, Column] = {
    DeskColumn.NAME: Column(22, 40, 0),
    DeskColumn.STAGE: Column(STAGE_WIDTH - 1, STAGE_WIDTH, 2),
    DeskColumn.DUE: Column(DUE_WIDTH, 56, 1),
    DeskColumn.OFFICER: Column(len(NEW_CHILD), 24, 3),
    DeskColumn.STATE: Column(14, 30, 4),
    DeskColumn.BORN: Column(10, 10, 4),
    DeskColumn.SCHOOL: Column(14, 40, 5),
    DeskColumn.RECEIVED: Column(10, 10, 4),
    DeskColumn.WEEKS: Column(5, 5, 3),
    DeskColumn.ADVICE: Column(6, 14, 3),
    DeskColumn.EXPECTED: Column(10, 13, 3),
    DeskColumn.LAST: Column(16, 50, 5),
    DeskColumn.TRANSFER: Column(13, 13, 1),
    DeskColumn.MEETING: Column(11, 11, 2),
    DeskColumn.NOTICE: Column(11, 11, 2),
    DeskColumn.NAMED: Column(10, 10, 1),
}
"""The width of each column; the lowest rank gets space first."""
DETAIL_COLUMNS = (
    *(DeskColumn.STAGE, DeskColumn.STATE, DeskColumn.DUE, DeskColumn.OFFICER),
    *(DeskColumn.BORN, DeskColumn.SCHOOL, DeskColumn.RECEIVED, DeskColumn.WEEKS),
    *(DeskColumn.ADVICE, DeskColumn.EXPECTED, DeskColumn.LAST, DeskColumn.TRANSFER),
    *(DeskColumn.MEETING, DeskColumn.NOTICE, DeskColumn.NAMED),
)
"""What the detail beside the list says of a case, in this order."""
NARROW_WIDTH = 70
NARROW_WIDTHS = WIDTHS | {
    DeskColumn.DUE: Column(len("until 28/02/2026"), 56, 1),  # without dates of the authority's
    DeskColumn.MEETING: Column(6, 6, 2),
    DeskColumn.NOTICE: Column(6, 6, 2),
    DeskColumn.NAMED: Column(5, 5, 1),
}
SHORT_LABELS = {
    DeskColumn.MEETING: "Review",
    DeskColumn.NOTICE: "Notice",
    DeskColumn.EXPECTED: "Expected",
}
"""Headings of columns that are too narrow for their label."""


class CaseTable(RowTable[CaseRow]):
    """The table of cases; wide terminals also show the names of deadlines."""

    HEADINGS = {
        DeskSort.NAME: "Name",
        DeskSort.STAGE: "Stage",
        DeskSort.DUE: "Next deadline",
        DeskSort.OFFICER: "Who has it",
    }
    help_text = (
        "Up, Down, PgUp and PgDn move; Home and End go to the first and the last. {list.open} "
        "opens the "
        "case, {cases.mark} marks it for {cases.several}. "
        f"'{NEW_CHILD}' stands where a professional added a child whom nobody has matched."
    )

    def __init__(self) -> None:
        super().__init__(CaseQuery(), id="cases")
        self.columns: Sequence[DeskColumn] = USUAL_COLUMNS
        self.marked: set[UUID] = set()
        self.all_marked = False
        """Whether every case of the view is marked, also those that are not loaded."""

    def is_marked(self, case: UUID) -> bool:
        """Whether a case is marked."""
        return self.all_marked or case in self.marked

    def headings(self) -> Mapping[str, str]:
        """Return the headings of the columns of the view, each by what it sorts by."""
        by_transfer = self.list_query.view == DeskView.TRANSFERS
        keys = {DeskColumn.TRANSFER: DeskSort.DUE.value, DeskColumn.DUE: ""} if by_transfer else {}
        return {
            keys.get(column, column.value): _label(column, width)
            for column, width in zip(self.columns, self.widths(), strict=True)
        }

    def widths(self) -> tuple[int, ...]:
        """Return the column widths; names get space first, then deadlines, then stages."""
        return self._fit(self.size.width)

    def count_columns(self, width: int) -> int:
        """Return how many columns of the view fit into a width."""
        return sum(map(bool, self._fit(width)))

    def _fit(self, width: int) -> tuple[int, ...]:
        widths = NARROW_WIDTHS if width < NARROW_WIDTH else WIDTHS
        return fit_columns(width - len(MARK), [widths[column] for column in self.columns])

    def cells(self, row: CaseRow) -> list[Text]:
        """Return the cells of a case, with filter matches highlighted."""
        pairs = zip(self.columns, self.widths(), strict=True)
        return [self._cell(row, column, width) for column, width in pairs]

    def _cell(self, row: CaseRow, column: DeskColumn, width: int) -> Text:
        match column:
            case DeskColumn.NAME:
                mark = MARKED if self.is_marked(row.id) else ""
                name = fit_name(row.name, width - len(mark))
                return coloured_cell(mark).append_text(
                    highlight_matches(name, self.list_query.find)
                )
            case DeskColumn.STAGE:
                return Text(_stage_text(row.stage, width))
            case DeskColumn.DUE:
                return coloured_cell(due_text(row, width))
            case DeskColumn.OFFICER:
                return coloured_cell(officer_text(row))
            case DeskColumn.MEETING:
                return Text(_step_text(row.meeting_on, width))
            case DeskColumn.NOTICE:
                return Text(_step_text(row.notice_on, width))
            case DeskColumn.NAMED:
                return Text(_step_text(row.named_on, width))
        return Text(plain_text(row, column))


def _label(column: DeskColumn, width: int) -> str:
    """Return the heading of a column in a width."""
    label = COLUMN_LABELS[column]
    return label if len(label) <= width else SHORT_LABELS.get(column, label)


def plain_text(row: CaseRow, column: DeskColumn) -> str:
    """Return the text of a column that needs no colour."""
    texts = {
        DeskColumn.STATE: row.state_words,
        DeskColumn.BORN: format_day(row.born),
        DeskColumn.SCHOOL: row.school,
        DeskColumn.RECEIVED: format_day(row.received_on),
        DeskColumn.WEEKS: str(row.weeks),
        DeskColumn.ADVICE: str(row.advice),
        DeskColumn.EXPECTED: _day_text(row.expected),
        DeskColumn.LAST: row.last_words,
        DeskColumn.TRANSFER: format_day(row.transfer_on) if row.transfer_on else NO_DAY,
    }
    return texts[column]


def _day_text(day: date | None) -> str:
    return format_day(day) if day else ""


def _stage_text(stage: Stage, width: int) -> str:
    """Return the label of a stage, without the name of the plan if that does not fit."""
    label = STAGE_LABELS[stage]
    return label if len(label) <= width else label.rpartition(" ")[2]


def _step_text(day: date | None, width: int) -> str:
    """Format the day of a step of a phase transfer, without the year if that does not fit."""
    if day is None:
        return NO_DAY
    return format_day(day) if width >= len("28/02/2026") else f"{day:%d/%m}"


def due_text(row: CaseRow, width: int) -> str:
    """Format the next deadline of a case, with its name or date if that fits."""
    if not row.next_words:
        return NOTHING_DUE
    name, _, days_left = row.next_words.rpartition(" · ")
    if row.next_due is None:
        if not name:
            return row.next_words  # a dispute
        holder = "young person" if "young person" in name.lower() else "family"
        day = name[-len("28/02/2026") :]
        texts = [row.next_words, name, f"{holder}: until {day}", f"until {day}"]
        return next((text for text in texts if len(text) <= width), texts[-1])
    day = format_day(row.next_due)
    if row.excused:
        texts = [f"{name} · {days_left}, with an exception", f"{day} · exception", "exception"]
    else:
        texts = [f"{name} · {days_left}", f"{day} · {days_left}", days_left]
    return next((text for text in texts if len(text) <= width), texts[-1])


def officer_text(row: CaseRow) -> str:
    """Return the officer of a case, marked if the child is new."""
    if row.new:
        return f"{NEW_CHILD}, {row.officer}" if row.officer else NEW_CHILD
    return row.officer or NO_OFFICER


def case_detail(row: CaseRow) -> RenderableType:
    """Return all that the list has of a case, whatever columns it shows."""
    due = row.next_words.replace(" · ", "\n") or NOTHING_DUE  # the days on a line of their own
    values = {
        DeskColumn.STAGE: STAGE_LABELS[row.stage],
        DeskColumn.DUE: f"{due}, with an exception" if row.excused else due,
        DeskColumn.OFFICER: officer_text(row),
        DeskColumn.WEEKS: f"{row.weeks} since the request",
        DeskColumn.ADVICE: f"{row.advice} awaited" if row.advice else "",
        DeskColumn.TRANSFER: _day_text(row.transfer_on),
        DeskColumn.MEETING: _day_text(row.meeting_on),
        DeskColumn.NOTICE: _day_text(row.notice_on),
        DeskColumn.NAMED: _day_text(row.named_on),
    }
    fields = (
        (COLUMN_LABELS[column], values[column] if column in values else plain_text(row, column))
        for column in DETAIL_COLUMNS
    )
    return build_detail(row.name, fields=fields)
