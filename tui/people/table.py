"""The table of Select Person."""

from __future__ import annotations

from rich.text import Text

from shared.people import PeopleQuery, PersonRow, SortBy
from shared.values.days import write_day
from tui.widgets.table import GAP, RowTable, highlight_matches

BORN_WIDTH = len("Date of Birth ▲")
HIDDEN = " (hidden)"


class PeopleTable(RowTable[PersonRow]):
    """A row for each person."""

    HEADINGS = {
        SortBy.NAME: "Name",
        SortBy.BORN: "Date of Birth",
        SortBy.ADDRESS: "Address",
        SortBy.SCHOOL: "School",
    }
    TAIL = "Select"
    help_text = (
        "Up, Down, PgUp and PgDn move; Home and End go to the first and the last. "
        "Enter opens the child's Statutory Assessment Progress."
    )

    def __init__(self) -> None:
        super().__init__(PeopleQuery(), id="people")

    def widths(self) -> tuple[int, ...]:
        """Share the width left by the date of birth and the mark."""
        room = self.size.width - BORN_WIDTH - len(self.TAIL) - 4 * GAP
        name = min(max(room * 9 // 20, 12), 40)
        address = (room - name) * 3 // 5
        return name, BORN_WIDTH, address, room - name - address

    def cells(self, row: PersonRow) -> list[Text]:
        """Return the cells of a person, with matches of the filter marked."""
        name = highlight_matches(row.listed_name, self.list_query.find)
        if row.hidden:
            name.truncate(self.widths()[0] - len(HIDDEN), overflow="ellipsis")
            name.append(HIDDEN)
        return [name, Text(write_day(row.born)), Text(row.address), Text(row.school)]
