"""Pages of a sorted list: a cursor holds the row after which, or before which, a page lies."""

import base64
import json
from typing import NamedTuple
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, SQLColumnExpression
from sqlmodel import and_, or_

from server.core.problems import PortalProblem
from shared.problems import ProblemCode


class Cursor(NamedTuple):
    """A place in a list: the sort key and the id of a row, and on which side of it to go on."""

    before: bool
    key: str
    id: UUID

    def write(self) -> str:
        """Write it as an opaque text, safe in an address."""
        text = json.dumps([self.before, self.key, self.id.hex])
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
    row: UUID,
    *,
    rising: bool,
) -> ColumnElement[bool]:
    """Select what lies after a row in rising order, or before it where `rising` is False."""
    if rising:
        return or_(key > value, and_(key == value, place > row))
    return or_(key < value, and_(key == value, place < row))
