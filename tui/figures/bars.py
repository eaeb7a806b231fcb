"""Numbers as bars of block characters, independent of widgets."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from shared.figures.tables import FigureRow
from tui.widgets.headings import truncate

EIGHTHS = " ▏▎▍▌▋▊▉"
GAP = 2
LEAST_BAR, MOST_BAR = 8, 40
LEAST_LABEL = 16


def bar(number: int, most: int, width: int) -> str:
    """Return a bar in proportion to the largest number; the least of all is a thin one."""
    if not number or not most:
        return ""
    eighths = max(1, round(8 * width * number / most))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def bar_lines(rows: Sequence[FigureRow], width: int) -> list[Content]:
    """Format rows as columns that fit: label, bar, number and words.

    The label of a row whose cases can be listed is underlined, as links are. Labels are shortened
    first; without room for a bar the words are left out, as they explain.
    """
    numbers = [f"{row.number:,}" for row in rows]
    number_width = max(map(len, numbers), default=0)
    words_width = max((cell_len(row.words) for row in rows), default=0)
    label_width = max((cell_len(row.label) for row in rows), default=0)
    words_width += GAP - 1 if words_width else 0
    room = width - number_width - 2 * GAP
    if room - words_width - LEAST_BAR < LEAST_LABEL:
        words_width = 0
    label_width = min(label_width, max(LEAST_LABEL, (room - words_width) * 3 // 5))
    bar_width = min(MOST_BAR, max(LEAST_BAR, room - words_width - label_width))
    most = max((row.number for row in rows), default=0)
    lines = []
    for row, number in zip(rows, numbers, strict=True):
        label = set_cell_size(truncate(row.label, label_width), label_width)
        drawn = bar(row.number, most, bar_width)
        words = f" {row.words}" if words_width and row.words else ""
        line = f"{label}{' ' * GAP}{drawn:{bar_width}}{' ' * GAP}{number:>{number_width}}{words}"
        start = cell_len(label) + GAP
        content = Content(line).stylize("$act", start, start + len(drawn))
        if row.cases:
            content = content.stylize("underline", 0, cell_len(label.rstrip()))
        lines.append(content)
    return lines
