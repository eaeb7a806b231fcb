"""Parameters that lists have in common: which rows, in which order, which page."""

from pydantic import BaseModel, Field

PAGE_SIZE = 50
PAGE_MOST = 200


class ListQuery(BaseModel, frozen=True):
    """Parameters of a list: words to find, and the page that a cursor leads to."""

    find: str = Field(default="", max_length=200)
    cursor: str | None = Field(default=None, max_length=2000)
    limit: int = Field(default=PAGE_SIZE, ge=1, le=PAGE_MOST)


class TableQuery(ListQuery, frozen=True):
    """Parameters of a list in a table; each table names its views and columns.

    `end` asks for the last page.
    """

    view: str
    sort: str
    descending: bool = False
    end: bool = False
