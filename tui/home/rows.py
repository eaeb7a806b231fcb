"""The rows of Home, as plain data: their texts, where they lead, and how they fit a width."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from rich.cells import cell_len, set_cell_size

from shared.cases.clock import days_left_text
from shared.forms.submissions import SubmissionState
from shared.home import CaseDue, ChildNews, FormDue, FormToContinue, HomeOut
from shared.messages import MessageRow
from shared.places import Place, PlaceKind
from shared.values.days import write_dated_time, write_day, write_received
from tui.widgets.headings import truncate

SOON_DAYS = 7
"""Days within which a deadline is marked as near."""
MIN_NAME, MIN_TITLE = 22, 9
GAP = 2


class HomeRow(NamedTuple):
    """A row: a sign, its cells (who, what, how far, when), and where it leads.

    `mark` is 'late' or 'soon' for a deadline, and `message` is marked as read when it is opened.
    """

    symbol: str
    cells: tuple[str, str, str, str]
    place: Place
    mark: str = ""
    message: UUID | None = None


class HomePart(NamedTuple):
    """A heading of Home with its rows, and the number of rows that are not shown."""

    title: str
    rows: list[HomeRow]
    more: int


def parts_of(home: HomeOut) -> list[HomePart]:
    """Return the parts of Home that have rows, in the order in which they are shown."""
    today = home.today
    needs = [_due(row, today) for row in home.due.rows] + [_message(r) for r in home.messages]
    unsent = [_unsent(home.unsent_mails)] if home.unsent_mails else []
    parts = (
        HomePart(
            "Go on where you left off",
            [_form(row, today) for row in home.forms.rows],
            home.forms.more,
        ),
        HomePart(
            "Your cases, by their next deadline",
            [_case(row, today) for row in home.cases.rows],
            home.cases.more,
        ),
        HomePart("Needs you", unsent + needs, home.due.more),
        HomePart(
            "Cases that nobody has",
            [_case(row, today) for row in home.unassigned.rows],
            home.unassigned.more,
        ),
        HomePart(
            "News of your children",
            [_news(row, today) for row in home.news.rows],
            home.news.more,
        ),
    )
    return [part for part in parts if part.rows]


def _deadline(due: date | None, today: date) -> tuple[str, str]:
    """Return the mark and the sign of a deadline."""
    if due is None or (due - today).days > SOON_DAYS:
        return "", "●"
    return ("late" if due < today else "soon"), "!"


def _form(row: FormToContinue, today: date) -> HomeRow:
    is_draft = row.state is SubmissionState.DRAFT
    progress = f"step {row.step} of {row.steps}" if is_draft else "not sent again"
    mark, _ = _deadline(row.due, today)
    saved = f"saved {write_dated_time(row.saved_at, today)}"
    when = f"due {write_day(row.due)}" if row.due else "returned" if row.returned else saved
    cells = (row.person_name, row.title, progress, when)
    place = PlaceKind.CONTINUE_FORM.of(row.submission)
    return HomeRow("!" if mark or row.returned else "◐", cells, place, mark)


def _due(row: FormDue, today: date) -> HomeRow:
    mark, _ = _deadline(row.due, today)
    due = f"due {write_day(row.due)}" if row.due else ""
    left = days_left_text(row.due, today) if row.due else ""
    how = due or "returned"
    when = "returned" if row.returned and row.due else left
    place = PlaceKind.CONTINUE_FORM.of(row.submission)
    return HomeRow("!", (row.person_name, row.title, how, when), place, mark)


def _case(row: CaseDue, today: date) -> HomeRow:
    mark, symbol = _deadline(row.due, today)
    due = f"due {write_day(row.due)}" if row.due else ""
    left = days_left_text(row.due, today) if row.due else ""
    cells = (row.person_name, row.state_words, due, left)
    return HomeRow(symbol, cells, PlaceKind.CASE.of(row.case), mark)


def _news(row: ChildNews, today: date) -> HomeRow:
    cells = (row.person_name, row.subject, "", write_dated_time(row.received_at, today))
    return HomeRow("●", cells, PlaceKind.PERSON.of(row.person), message=row.message)


def _message(row: MessageRow) -> HomeRow:
    cells = (f"Message: {row.subject}", "", "", write_received(row.received_at))
    return HomeRow("●", cells, PlaceKind.MESSAGE.of(row.id))


def _unsent(emails: int) -> HomeRow:
    text = "1 email could not be sent" if emails == 1 else f"{emails:,} emails could not be sent"
    return HomeRow("!", (text, "", "", ""), Place(PlaceKind.UNSENT_EMAILS))


def fit(rows: Sequence[HomeRow], width: int) -> list[str]:
    """Return the texts of the rows of a part, in columns that fit the width.

    The title gives way first, then the time; the name is cut last.
    """
    room = width - cell_len("! ")
    widths = _column_widths([row for row in rows if row.cells[1]], room)
    return [
        f"{row.symbol} {_in_columns(row, widths) if row.cells[1] else _at_ends(row, room)}"
        for row in rows
    ]


def _column_widths(rows: Sequence[HomeRow], room: int) -> list[int]:
    widths = [max((cell_len(row.cells[at]) for row in rows), default=0) for at in range(4)]
    least_name = min(widths[0], MIN_NAME)
    widths[1] -= min(max(_total(widths) - room, 0), max(widths[1] - MIN_TITLE, 0))
    for column in (1, 3):
        if _total([least_name, *widths[1:]]) > room:
            widths[column] = 0
    widths[0] += room - _total(widths)
    return widths


def _total(widths: Sequence[int]) -> int:
    shown = [width for width in widths if width]
    return sum(shown) + GAP * (len(shown) - 1)


def _in_columns(row: HomeRow, widths: Sequence[int]) -> str:
    columns = zip(row.cells, widths, strict=True)
    *cells, when = (set_cell_size(truncate(text, width), width) for text, width in columns)
    shown = [cell for cell in (*cells, when.rstrip().rjust(len(when))) if cell]
    return (" " * GAP).join(shown).rstrip()


def _at_ends(row: HomeRow, room: int) -> str:
    text, *_, when = row.cells
    left = room - cell_len(when) - GAP
    return f"{set_cell_size(truncate(text, left), left)}{' ' * GAP}{when}".rstrip()
