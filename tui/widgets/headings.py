"""A child in one line of a heading, which a long name must not fill."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

BETWEEN = " · "
CUT = "…"


def cut(text: str, width: int) -> str:
    """Return a text in at most `width` cells, with a sign where it is cut."""
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
