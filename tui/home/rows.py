"""Rows of Home, independent of widgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from rich.cells import cell_len, set_cell_size

from shared.cases.clock import days_left_text
from shared.forms.submissions import SubmissionState
from shared.home import CaseDue, ChildNews, FormDue, FormToContinue, HomeOut, TaskDue
from shared.messages import MessageRow
from shared.places import Place, PlaceKind
from shared.values.days import format_dated_time, format_day
from tui.widgets.headings import truncate

SOON_DAYS = 7
"""Number of days before a deadline from which it is marked as soon."""
MAX_WIDTH = 118
"""Cells of a row at most, so that its columns stay together on a wide terminal."""
MIN_NAME_WIDTH, MIN_TITLE_WIDTH = 22, 9
GAP = 2


class HomeRow(NamedTuple):
    """A row with a symbol, four cells (name, title, progress, time) and a place to open.

    `mark` is 'late' or 'soon' for a deadline. `message` is marked as read when the row is opened.
    """

    symbol: str
    cells: tuple[str, str, str, str]
    place: Place
    mark: str = ""
    message: UUID | None = None


class HomePart(NamedTuple):
    """A part of Home; `more` is the number of rows that are not shown."""

    title: str
    rows: list[HomeRow]
    more: int


def build_parts(home: HomeOut) -> list[HomePart]:
    """Build the parts of Home that have rows, in display order."""
    today = home.today
    needs_user = [_due_row(row, today) for row in home.due.rows] + [
        _message_row(row, today) for row in home.messages
    ]
    unsent = [_unsent_row(home.unsent_mails)] if home.unsent_mails else []
    parts = (
        HomePart(
            "Continue where you left off",
            [_form_row(row, today) for row in home.forms.rows],
            home.forms.more,
        ),
        HomePart(
            "Your cases, by their next deadline",
            [_case_row(row, today) for row in home.cases.rows],
            home.cases.more,
        ),
        HomePart("Your tasks", [_task_row(row, today) for row in home.tasks.rows], home.tasks.more),
        HomePart("Needs you", unsent + needs_user, home.due.more),
        HomePart(
            "Cases without an officer",
            [_case_row(row, today) for row in home.unassigned.rows],
            home.unassigned.more,
        ),
        HomePart(
            "News of your children",
            [_news_row(row, today) for row in home.news.rows],
            home.news.more,
        ),
    )
    return [part for part in parts if part.rows]


def _deadline(due: date | None, today: date) -> tuple[str, str]:
    """Return the mark and the symbol of a deadline."""
    if due is None or (due - today).days > SOON_DAYS:
        return "", "●"
    return ("late" if due < today else "soon"), "!"


def _task_row(row: TaskDue, today: date) -> HomeRow:
    mark, symbol = _deadline(row.due, today)
    place = PlaceKind.CASEWORK.of(row.case) if row.case else Place(PlaceKind.TASKS)
    due = f"due {format_day(row.due)}"
    cells = (row.person_name or "No case", row.text, due, days_left_text(row.due, today))
    return HomeRow(symbol, cells, place, mark)


def _form_row(row: FormToContinue, today: date) -> HomeRow:
    is_draft = row.state is SubmissionState.DRAFT
    progress = f"step {row.step} of {row.steps}" if is_draft else "not sent again"
    mark, _ = _deadline(row.due, today)
    saved_text = f"saved {format_dated_time(row.saved_at, today)}"
    time = f"due {format_day(row.due)}" if row.due else "returned" if row.returned else saved_text
    cells = (row.person_name, row.title, progress, time)
    place = PlaceKind.CONTINUE_FORM.of(row.submission)
    return HomeRow("!" if mark or row.returned else "◐", cells, place, mark)


def _due_row(row: FormDue, today: date) -> HomeRow:
    mark, symbol = _deadline(row.due, today)
    due = f"due {format_day(row.due)}" if row.due else ""
    days_left = days_left_text(row.due, today) if row.due else ""
    progress = due or "returned"
    time = "returned" if row.returned and row.due else days_left
    place = PlaceKind.CONTINUE_FORM.of(row.submission)
    cells = (row.person_name, row.title, progress, time)
    return HomeRow("!" if row.returned else symbol, cells, place, mark)


def _case_row(row: CaseDue, today: date) -> HomeRow:
    mark, symbol = _deadline(row.due, today)
    due = format_day(row.due) if row.due else ""  # the words say what is due
    days_left = days_left_text(row.due, today) if row.due else ""
    cells = (row.person_name, row.due_words, due, days_left)
    return HomeRow(symbol, cells, PlaceKind.CASE.of(row.case), mark)


def _news_row(row: ChildNews, today: date) -> HomeRow:
    cells = (row.person_name, row.subject, "", format_dated_time(row.received_at, today))
    return HomeRow("●", cells, PlaceKind.PERSON.of(row.person), message=row.message)


def _message_row(row: MessageRow, today: date) -> HomeRow:
    cells = (f"Message: {row.subject}", "", "", format_dated_time(row.received_at, today))
    return HomeRow("●", cells, PlaceKind.MESSAGE.of(row.id))


def _unsent_row(emails: int) -> HomeRow:
    text = "1 email could not be sent" if emails == 1 else f"{emails:,} emails could not be sent"
    return HomeRow("!", (text, "", "", ""), Place(PlaceKind.UNSENT_EMAILS))


def fit_rows(rows: Sequence[HomeRow], width: int) -> list[str]:
    """Format the rows of a part in columns that fit the width.

    Titles are shortened first, then times are left out; names are cut last.
    """
    available = min(width, MAX_WIDTH) - cell_len("! ")
    widths = _column_widths([row for row in rows if row.cells[1]], available)
    return [
        f"{row.symbol} {_join_columns(row, widths) if row.cells[1] else _join_ends(row, available)}"
        for row in rows
    ]


def _column_widths(rows: Sequence[HomeRow], available: int) -> list[int]:
    widths = [max((cell_len(row.cells[column]) for row in rows), default=0) for column in range(4)]
    min_name_width = min(widths[0], MIN_NAME_WIDTH)
    widths[1] -= min(max(_total_width(widths) - available, 0), max(widths[1] - MIN_TITLE_WIDTH, 0))
    for column in (1, 3):
        if _total_width([min_name_width, *widths[1:]]) > available:
            widths[column] = 0
    widths[0] += available - _total_width(widths)
    return widths


def _total_width(widths: Sequence[int]) -> int:
    visible_widths = [width for width in widths if width]
    return sum(visible_widths) + GAP * (len(visible_widths) - 1)


def _join_columns(row: HomeRow, widths: Sequence[int]) -> str:
    columns = zip(row.cells, widths, strict=True)
    *cells, time = (set_cell_size(truncate(text, width), width) for text, width in columns)
    visible_cells = [cell for cell in (*cells, time.rstrip().rjust(len(time))) if cell]
    return (" " * GAP).join(visible_cells).rstrip()


def _join_ends(row: HomeRow, available: int) -> str:
    text, *_, time = row.cells
    text_width = available - cell_len(time) - GAP
    return f"{set_cell_size(truncate(text, text_width), text_width)}{' ' * GAP}{time}".rstrip()
