"""Which rows of a list to read, and in which order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ListQuery:
    """The part of a list that is read, and its order; each list sets its own defaults."""

    view: str = ""
    find: str = ""
    sort: str = ""
    descending: bool = False
