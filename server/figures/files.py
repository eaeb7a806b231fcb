"""Tables of figures as files: CSV, plain text and PDF."""

import csv
from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from server.core.csv_lists import BYTE_ORDER_MARK, write_cell
from server.core.pdf import make_pdf
from shared.figures.tables import FigureTable
from shared.values.days import format_datetime

TEMPLATE = Path(__file__).with_name("figures.typ")
HEADINGS = ("Table", "Row", "Number", "Remark")


class Page(NamedTuple):
    """Tables with their title, and what the reader must know of all of them."""

    council: str
    title: str
    note: str
    computed_at: datetime
    tables: Sequence[FigureTable]

    @property
    def as_at(self) -> str:
        """The time of the figures."""
        return f"As at {format_datetime(self.computed_at)}"


def to_csv(page: Page) -> str:
    """Return the tables as CSV with one line for each number, then the notes."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for table in page.tables:
        for row in table.rows:
            writer.writerow((table.title, write_cell(row.label), row.number, row.words))
    notes = [(page.title, page.as_at), (page.title, page.note)]
    notes += [(table.title, table.note) for table in page.tables]
    writer.writerows((title, "", "", note) for title, note in notes if note)
    return BYTE_ORDER_MARK + out.getvalue()


def to_text(page: Page) -> str:
    """Return the tables as plain text."""
    lines = [page.council, page.title, page.as_at, page.note]
    for table in page.tables:
        lines += ["", table.title, "=" * len(table.title), table.note]
        width = max((len(row.label) for row in table.rows), default=0)
        for row in table.rows:
            number = f"{row.number:,}"
            lines.append(f"{row.label:{width}}  {number:>7}  {row.words}".rstrip())
    return "\n".join([*lines, ""])


async def to_pdf(page: Page) -> bytes:
    """Return the tables as PDF; raises BUSY, UNAVAILABLE."""
    data: dict[str, object] = {
        "council": page.council,
        "title": page.title,
        "note": page.note,
        "as_at": page.as_at,
        "tables": [
            {
                "title": table.title,
                "note": table.note,
                "most": max((row.number for row in table.rows), default=0),
                "rows": [row._asdict() for row in table.rows],
            }
            for table in page.tables
        ],
    }
    return await make_pdf(TEMPLATE, data, page.computed_at)
