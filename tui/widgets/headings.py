"""One-line heading for a child, with long names shortened."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

SEPARATOR = " · "
ELLIPSIS = "…"
SCHOOL_WIDTH = 8
"""Cells that a school keeps beside a long name."""


def truncate(text: str, width: int) -> str:
    """Truncate text to `width` cells, with an ellipsis."""
    line = Text(text)
    line.truncate(max(width, 1), overflow="ellipsis")
    return line.plain


def fit_child_heading(name: str, details: Sequence[str], school: str, width: int) -> str:
    """Return the heading of a child with the first of some details with which nothing is cut.

    If that is none, it has the last, which are to be the shortest.
    """
    headings = [child_heading(name, text, school, width) for text in details]
    return next((text for text in headings if ELLIPSIS not in text), headings[-1])


def child_heading(name: str, details: str, school: str, width: int) -> str:
    """Return the name, details and school of a child in `width` cells.

    The details, such as the date of birth, are never truncated. The school is truncated first; a
    name that is too long even then keeps at least half of the remaining width.
    """
    available = width - cell_len(f"{SEPARATOR}{details}{SEPARATOR}")
    if cell_len(name) + cell_len(school) > available:
        if cell_len(name) > available - SCHOOL_WIDTH:
            name = truncate(name, max(available - cell_len(school), available // 2))
        school = truncate(school, available - cell_len(name))
    return SEPARATOR.join((name, details, school))
