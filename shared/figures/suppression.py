"""Small numbers that must not leave the authority, because they could point to a child.

Everybody may know these rules, so what they show depends on nothing that they hide: each hidden
small number could as well be any other from 1 to 4.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

SMALL = 5
"""Counts from 1 to below this one are hidden."""
LEAST_BASE = 10
"""The least number that a percentage is of."""


class Hidden(StrEnum):
    """What is shown instead of a count."""

    SMALL = "fewer than 5"
    OTHER = "not shown, as it would give a small number away"


Cell = int | Hidden


class Protected(NamedTuple):
    """Counts of which each child is in one, and their total, with small numbers hidden."""

    cells: list[Cell]
    total: Cell


def is_small(count: int) -> bool:
    """Whether a count is too small to be shown."""
    return 0 < count < SMALL


def protect_one(count: int) -> Cell:
    """Hide a count that is small, and that is part of no total."""
    return Hidden.SMALL if is_small(count) else count


def protect(counts: Sequence[int]) -> Protected:
    """Hide small counts, and what would give them away by the total.

    The last large count is hidden with them, so that the total does not tell how much of the rest
    is whose. If the rest is so little that it could, the total is hidden as well.
    """
    cells = [protect_one(count) for count in counts]
    small = [count for count in counts if is_small(count)]
    if not small:
        return Protected(cells, sum(counts))
    large = [index for index, count in enumerate(counts) if count >= SMALL]
    if not large:
        return Protected(cells, Hidden.OTHER)
    cells[large[-1]] = Hidden.OTHER
    spare = sum(small) + counts[large[-1]] - len(small) - SMALL
    return Protected(cells, sum(counts) if spare >= SMALL - 1 else Hidden.OTHER)


def protected_share(part: Cell, rest: Cell) -> str:
    """Return a part of the sum of two counts in percent, or why it is not shown."""
    if isinstance(part, Hidden) or isinstance(rest, Hidden):
        return "not shown"
    if part + rest < LEAST_BASE:
        return f"not shown, as it would be of fewer than {LEAST_BASE}"
    return percent(part, part + rest)


def percent(part: int, whole: int) -> str:
    """Return a part in whole percent, rounded half up; '–' of nothing."""
    return f"{(200 * part + whole) // (2 * whole)}%" if whole else "–"
