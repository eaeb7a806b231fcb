"""A child as one line of a heading, shortened so that a long name does not fill it."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

BETWEEN = " · "
CUT = "…"


def cut(text: str, width: int) -> str:
    """Truncate text to `width` cells, with an ellipsis."""
    line = Text(text)
    line.truncate(max(width, 1), overflow="ellipsis")
    return line.plain


def child_heading(name: str, about: str, school: str, width: int) -> str:
    """Return name, what is never cut (as the birth date) and school in `width` cells.

    A name is cut at its end, and only where more than half of the rest is not enough for it.
    """
    room = width - cell_len(f"{BETWEEN}{about}{BETWEEN}")
    if cell_len(name) + cell_len(school) > room:
        name = cut(name, max(room - cell_len(school), room // 2))
        school = cut(school, room - cell_len(name))
    return BETWEEN.join((name, about, school))
