"""Lists as CSV for spreadsheets, streamed page by page; each list only names its columns."""

import csv
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from io import StringIO
from typing import Generic, NamedTuple, TypeVar

from fastapi import Request
from fastapi.responses import StreamingResponse

from server.core.database import Transaction
from server.core.routing import services_of

RowT = TypeVar("RowT")
Columns = Mapping[str, Callable[[RowT], str]]
"""The headings of a list, each with what returns the text of its cell."""
BYTE_ORDER_MARK = "\ufeff"
"""Tells Excel that the file is UTF-8."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class CsvPage(NamedTuple, Generic[RowT]):
    """Rows of a list, and the cursor of the next ones."""

    rows: Sequence[RowT]
    next: str | None = None


ReadPage = Callable[[Transaction, str | None], CsvPage[RowT]]
"""Reads the page at a cursor, in a transaction of its own: checks who may, and audits it."""


async def send_csv(
    request: Request, name: str, columns: Columns[RowT], read: ReadPage[RowT]
) -> StreamingResponse:
    """Return a list as a CSV file; raises the problems of its first page."""
    first = await services_of(request).write(partial(_read, read, None))
    return StreamingResponse(
        _stream(request, columns, read, first),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _read(read: ReadPage[RowT], cursor: str | None, tx: Transaction) -> CsvPage[RowT]:
    return read(tx, cursor)


async def _stream(
    request: Request, columns: Columns[RowT], read: ReadPage[RowT], page: CsvPage[RowT]
) -> AsyncIterator[str]:
    yield BYTE_ORDER_MARK + _lines([list(columns)])
    while True:
        yield _lines([[write_cell(cell(row)) for cell in columns.values()] for row in page.rows])
        if page.next is None:
            return
        page = await services_of(request).write(partial(_read, read, page.next))


def write_cell(text: str) -> str:
    """Return the text of a cell, which no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _lines(rows: Sequence[Sequence[str]]) -> str:
    out = StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
