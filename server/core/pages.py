"""Keyset pagination: a cursor holds the sort key of the row next to a page."""

import base64
import json
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import ColumnElement, SQLColumnExpression, literal, tuple_

from server.core.problems import PortalProblem
from shared.problems import ProblemCode


class Cursor(NamedTuple):
    """The sort key and id of a row, and whether the page is before or after it.

    `position` is the number of rows before the page, in lists that do not count them.
    """

    before: bool
    key: str
    id: UUID
    position: Annotated[int, Field(ge=0, le=2**31)] = 0

    def encode(self) -> str:
        """Encode the cursor as an opaque, URL-safe string."""
        text = json.dumps([self.before, self.key, self.id.hex, self.position])
        return base64.urlsafe_b64encode(text.encode()).decode()


_CURSOR = TypeAdapter(Cursor)


def unknown_cursor() -> PortalProblem:
    """Build the problem for a cursor that the server did not issue."""
    return PortalProblem(ProblemCode.MALFORMED, "This place in the list is unknown.")


def decode_cursor(text: str) -> Cursor:
    """Decode a cursor written by `Cursor.encode`; raises MALFORMED."""
    try:
        return _CURSOR.validate_json(base64.urlsafe_b64decode(text.encode()))
    except ValueError:
        raise unknown_cursor() from None


def keyset_condition(
    key: SQLColumnExpression[object],
    value: SQLColumnExpression[object],
    id_column: SQLColumnExpression[UUID],
    row: UUID | SQLColumnExpression[UUID],
    *,
    ascending: bool,
) -> ColumnElement[bool]:
    """Build the condition for rows after a row in the sort order; before it if not `ascending`."""
    # A row-value comparison lets the database seek in the index instead of scanning it.
    row_key, other_key = (
        tuple_(key, id_column),
        tuple_(value, literal(row) if isinstance(row, UUID) else row),
    )
    return row_key > other_key if ascending else row_key < other_key
