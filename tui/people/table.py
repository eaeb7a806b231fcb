"""The table of Select Person."""

from __future__ import annotations

from rich.text import Text

from shared.people import PeopleQuery, PersonRow, SortBy
from shared.values.days import format_day
from tui.widgets.focus_marker import MARK
from tui.widgets.states import coloured_cell
from tui.widgets.table import Column, RowTable, fit_columns, fit_name, highlight_matches

DATE_WIDTH = len("Date of Birth ▲")
COLUMNS = (
    Column(22, 40, 0),
    Column(DATE_WIDTH, DATE_WIDTH, 1),
    Column(8, 40, 2),
    Column(8, 40, 4),
    Column(6, 6, 3),
)
HIDDEN_SUFFIX = " (hidden)"


class PeopleTable(RowTable[PersonRow]):
    """The table of the children on a list."""

    HEADINGS = {
        SortBy.NAME: "Name",
        SortBy.BORN: "Date of Birth",
        SortBy.ADDRESS: "Address",
        SortBy.SCHOOL: "School",
    }
    help_text = (
        "Up, Down, PgUp and PgDn move; Home and End go to the first and the last. "
        "{list.open} opens the child's Statutory Assessment Progress."
    )

    def __init__(self) -> None:
        super().__init__(PeopleQuery(), id="people")

    def widths(self) -> tuple[int, ...]:
        """Return the column widths; names get space first, then dates of birth."""
        return fit_columns(self.size.width - len(MARK), COLUMNS)

    def heading_cells(self) -> list[Text]:
        """Return the headings, with a last column that marks the selected child."""
        return [*super().heading_cells(), Text("Select")]

    def cells(self, row: PersonRow) -> list[Text]:
        """Return the cells of a person, with filter matches highlighted."""
        width = self.widths()[0] - len(HIDDEN_SUFFIX) * row.hidden
        name = highlight_matches(fit_name(row.listed_name, width), self.list_query.find)
        if row.hidden:
            name.truncate(width, overflow="ellipsis")
            name.append(HIDDEN_SUFFIX)
        selected = coloured_cell("  ●" if row is self.current else "")
        return [name, Text(format_day(row.born)), Text(row.address), Text(row.school), selected]
