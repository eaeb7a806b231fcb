"""Pages of a sorted list: a cursor holds the row after which, or before which, a page lies."""

import base64
import json
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import ColumnElement, SQLColumnExpression, literal, tuple_

from server.core.problems import PortalProblem
from shared.problems import ProblemCode


class Cursor(NamedTuple):
    """A place in a list: the sort key and the id of a row, and on which side of it to go on.

    `position` is how many rows lie before the place, in lists that do not count them.
    """

    before: bool
    key: str
    id: UUID
    position: Annotated[int, Field(ge=0, le=2**31)] = 0

    def write(self) -> str:
        """Write it as an opaque text, safe in an address."""
        text = json.dumps([self.before, self.key, self.id.hex, self.position])
        return base64.urlsafe_b64encode(text.encode()).decode()


_WRITTEN = TypeAdapter(Cursor)


def unknown_place() -> PortalProblem:
    """Refuse a cursor that is none of ours."""
    return PortalProblem(ProblemCode.MALFORMED, "This place in the list is unknown.")


def read_cursor(text: str) -> Cursor:
    """Read what `write` wrote; raises MALFORMED."""
    try:
        return _WRITTEN.validate_json(base64.urlsafe_b64decode(text.encode()))
    except ValueError:
        raise unknown_place() from None


def beyond(
    key: SQLColumnExpression[object],
    value: SQLColumnExpression[object],
    place: SQLColumnExpression[UUID],
    row: UUID | SQLColumnExpression[UUID],
    *,
    rising: bool,
) -> ColumnElement[bool]:
    """Select what lies after a row in rising order, or before it where `rising` is False."""
    # Compared as one value, or the database walks through all before it instead of seeking it.
    here, there = tuple_(key, place), tuple_(value, literal(row) if isinstance(row, UUID) else row)
    return here > there if rising else here < there
