"""Query parameters that all lists share."""

from pydantic import BaseModel, Field

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


class ListQuery(BaseModel, frozen=True):
    """Search words, and the cursor and size of a page."""

    find: str = Field(default="", max_length=200)
    cursor: str | None = Field(default=None, max_length=2000)
    limit: int = Field(default=PAGE_SIZE, ge=1, le=MAX_PAGE_SIZE)


class TableQuery(ListQuery, frozen=True):
    """Adds the view, sort column and direction of a table; `end` requests the last page."""

    view: str
    sort: str
    descending: bool = False
    end: bool = False
