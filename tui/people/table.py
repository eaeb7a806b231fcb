"""The table of Select Person."""

from __future__ import annotations

from rich.text import Text

from shared.people import PeopleQuery, PersonRow, SortBy
from shared.values.days import write_day
from tui.widgets.table import GAP, RowTable, fit_name, highlight_matches

DATE_WIDTH = len("Date of Birth ▲")
HIDDEN_SUFFIX = " (hidden)"
NAME_MIN = 22
REST_MIN = 14
"""Columns below which address and school would tell nothing, and the name gets them."""


class PeopleTable(RowTable[PersonRow]):
    """The table of children."""

    HEADINGS = {
        SortBy.NAME: "Name",
        SortBy.BORN: "Date of Birth",
        SortBy.ADDRESS: "Address",
        SortBy.SCHOOL: "School",
    }
    TAIL = "Select"
    help_text = (
        "Up, Down, PgUp and PgDn move; Home and End go to the first and the last. "
        "{list.open} opens the child's Statutory Assessment Progress."
    )

    def __init__(self) -> None:
        super().__init__(PeopleQuery(), id="people")

    def widths(self) -> tuple[int, ...]:
        """Divide the space left by the fixed columns, first to the name, then to the others."""
        space = self.size.width - DATE_WIDTH - len(self.TAIL) - 4 * GAP
        name = min(max(space * 9 // 20, NAME_MIN), 40)
        if space - name < REST_MIN:
            return max(space + 2 * GAP, 0), DATE_WIDTH, 0, 0
        address = (space - name) * 3 // 5
        return name, DATE_WIDTH, address, space - name - address

    def cells(self, row: PersonRow) -> list[Text]:
        """Return the cells of a person, with filter matches highlighted."""
        width = self.widths()[0] - len(HIDDEN_SUFFIX) * row.hidden
        name = highlight_matches(fit_name(row.listed_name, width), self.list_query.find)
        if row.hidden:
            name.truncate(width, overflow="ellipsis")
            name.append(HIDDEN_SUFFIX)
        return [name, Text(write_day(row.born)), Text(row.address), Text(row.school)]
