"""Small numbers that must not leave the authority, because they could point to a child.

Each number is shown as a range of five, and everybody may know how. So what is shown depends on
nothing that is hidden: a small number could as well be any other from 1 to 4.
"""

SMALL = 5
"""The width of the ranges, and the first number of which a share is shown."""


def range_of(count: int) -> range:
    """Return the range of five that a count is in, the first of which is 0 to 4."""
    low = count // SMALL * SMALL
    return range(low, low + SMALL)


def protected_share(part: int, rest: int) -> str:
    """Return a part of the sum of two counts in percent, unless one of them is small."""
    return percent(part, part + rest) if min(part, rest) >= SMALL else "not shown"


def percent(part: int, whole: int) -> str:
    """Return a part in whole percent, rounded half up; '–' of nothing."""
    return f"{(200 * part + whole) // (2 * whole)}%" if whole else "–"
