"""Numbers as bars of block characters and as a line, independent of widgets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from shared.figures.tables import FigureRow
from tui.widgets.headings import truncate

EIGHTHS = " ▏▎▍▌▋▊▉"
GAP = 2
LEAST_BAR, MOST_BAR = 8, 40
MOST_LABEL = 60
"""The longest label for which words and bars make room."""
LEVELS = 10
"""Rows of a line above that of 0 %; every other one is labelled."""
STEP = 4
"""Columns from one point of a line to the next."""


def bar(number: int, most: int, width: int) -> str:
    """Return a bar in proportion to the largest number; the least of all is a thin one."""
    if not number or not most or not width:
        return ""
    eighths = max(1, round(8 * width * number / most))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def bar_lines(rows: Sequence[FigureRow], width: int) -> list[Content]:
    """Format rows as columns that fit: label, bar, number and words.

    The label of a row whose cases can be listed is underlined, as links are. Without room for whole
    labels the number and words are below; then there are no bars; only then are labels shortened.
    """
    columns = _fit_columns(rows, width)
    return [_bar_line(row, columns) for row in rows]


class _Columns(NamedTuple):
    """The widths of the columns of bars; without words beside the number, they are below."""

    label: int
    bar: int
    number: int
    words: int
    most: int


def _fit_columns(rows: Sequence[FigureRow], width: int) -> _Columns:
    number = max((len(f"{row.number:,}") for row in rows), default=0)
    label = min(MOST_LABEL, max((cell_len(row.label) for row in rows), default=0))
    words = max((cell_len(row.words) for row in rows), default=0)
    words += 1 if words else 0
    room = width - label - number - GAP
    if room - words < GAP + LEAST_BAR:
        words = 0
    bar_width = min(MOST_BAR, room - words - GAP)
    if bar_width < LEAST_BAR:
        label, bar_width = min(label, width - number - GAP), 0
    most = max((row.number for row in rows), default=0)
    return _Columns(label, bar_width, number, words, most)


def _bar_line(row: FigureRow, columns: _Columns) -> Content:
    label = set_cell_size(truncate(row.label, columns.label), columns.label)
    drawn = bar(row.number, columns.most, columns.bar)
    column = f"{' ' * GAP}{drawn:{columns.bar}}" if columns.bar else ""
    words = f" {row.words}" if columns.words and row.words else ""
    number = f"{row.number:,}"
    is_below = bool(row.words) and not columns.words
    line = (
        f"{label}{column}"
        if is_below
        else (f"{label}{column}{' ' * GAP}{number:>{columns.number}}{words}")
    )
    start = len(label) + GAP
    content = Content(line).stylize("$act", start, start + len(drawn))
    if is_below:
        content += Content(f"\n  {number} {row.words}")
    if row.cases:
        content = content.stylize("underline", 0, len(label.rstrip()))
    return content


def line_chart(labels: Sequence[str], shares: Sequence[float | None]) -> list[str]:
    """Draw shares, from 0 to 1, as a line over their labels; it has a gap where there is none."""
    levels = [None if share is None else _level(share) for share in shares]
    rows = [[" "] * (STEP * len(levels)) for _ in range(LEVELS + 1)]
    for index, (level, after) in enumerate(pairwise(levels)):
        if level is not None and after is not None:
            _connect(rows, STEP * index, level, after)
    for index, level in enumerate(levels):
        if level is not None:
            rows[level][STEP * index] = "●"
    scale = [
        "     │ " if level % 2 else f"{100 * level // LEVELS:>3}% ┤ " for level in range(LEVELS + 1)
    ]
    lines = [(axis + "".join(row)).rstrip() for axis, row in zip(scale, rows, strict=True)]
    shown = "".join(f"{label[: STEP - 1]:{STEP}}" for label in labels)
    return [*reversed(lines), " " * len(scale[0]) + shown.rstrip()]


def _level(share: float) -> int:
    """Return the row of a share; only exactly 0 and 1 are on the first and the last."""
    if share in {0, 1}:
        return LEVELS * int(share)
    return min(max(round(LEVELS * share), 1), LEVELS - 1)


def _connect(rows: list[list[str]], start: int, level: int, after: int) -> None:
    """Draw the line from the point at a column to the next."""
    rows[level][start + 1] = rows[after][start + 3] = "─"
    for between in range(min(level, after), max(level, after)):
        rows[between][start + 2] = "│"
    leaving, arriving = ("╯", "╭") if after > level else ("╮", "╰")
    rows[level][start + 2] = leaving if after != level else "─"
    rows[after][start + 2] = arriving if after != level else "─"
