"""Grapheme clusters, which readers count as characters, and the cells that they take.

A cluster takes as many cells as Rich's cell_len says for the whole of it, for terminals differ
among themselves. Clusters are those of Unicode (UAX 29), with three exceptions: white space stands
alone, because a line may break after it; what takes no cell belongs to the cluster before it, so
that the cursor is always seen; and a cluster of many cells is divided, so that it fits into a row.
"""

import re
import unicodedata
from collections.abc import Iterator

from rich.cells import _is_single_cell_widths, cell_len, split_graphemes
from wcwidth import iter_graphemes

_PIECE = re.compile(r"\S+|\s")
_WIDEST = 4
"""Cells that a cluster takes at most."""
_JOINER = "\u200d"
_DOTTED_CIRCLE = "\u25cc"
"""What Unicode shows a mark on that stands alone."""

Cluster = tuple[int, int, int]
"""The first column of a cluster, the column after its last, and the cells that it takes."""


def clusters(line: str, start: int, end: int, tab_size: int) -> Iterator[Cluster]:
    """Divide line[start:end], which begins with a cluster; tabs are as wide as they stand there."""
    for piece in _PIECE.finditer(line, start, end):
        first, last = piece.span()
        text = piece.group()
        if text == "\t":
            yield first, last, tab_cells(line, first, tab_size)
        elif text.isascii():
            yield from ((column, column + 1, 1) for column in range(first, last))
        else:
            yield from _divide(line, first, last)


def _divide(line: str, start: int, end: int) -> Iterator[Cluster]:
    """Clusters of a word; only at its start is there nothing that an invisible one can join."""
    first = last = start
    cells = 0
    for size, width in _parts(line, start, end):
        if width and last > first:
            yield first, last, max(1, cells)
            first, cells = last, 0
        last += size
        cells = cells or width
    yield first, last, max(1, cells)


def _parts(line: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Characters and cells of each cluster, and of each part of one that is too wide."""
    for cluster in iter_graphemes(line, start, end):
        if (cells := cell_len(cluster)) <= _WIDEST:
            yield len(cluster), cells
            continue
        first = cells = 0
        for column, _, width in split_graphemes(cluster)[0]:
            if cells + width > _WIDEST:
                yield column - first, cells
                first, cells = column, 0
            cells += width
        yield len(cluster) - first, cells


def tab_cells(line: str, index: int, tab_size: int) -> int:
    """Cells that the tab at this index of a line takes: its stops count from the line's start."""
    # After a tab the position is always at a stop, so only what follows the last one counts.
    previous = line.rfind("\t", 0, index)
    return tab_size - cells_between(line, previous + 1, index, tab_size) % tab_size


def cells_between(line: str, start: int, end: int, tab_size: int) -> int:
    """Cells that line[start:end] takes, its tabs as wide as they stand in the line."""
    text = line[start:end]
    if _is_single_cell_widths(text):
        return len(text)
    return sum(cells for _, _, cells in clusters(line, start, end, tab_size))


def drawn(line: str, start: int, end: int, tab_size: int) -> str:
    """Text to write for line[start:end], which takes the cells that its clusters are said to."""
    text = line[start:end]
    if _is_single_cell_widths(text):
        return text
    parts = []
    for first, last, cells in clusters(line, start, end, tab_size):
        cluster = line[first:last]
        if cluster == "\t":
            parts.append(" " * cells)
        else:
            parts.append(_drawn_cluster(cluster))
    return "".join(parts)


def _drawn_cluster(cluster: str) -> str:
    # Invisible characters that follow, as those of direction, are not for the terminal to obey;
    # and a joiner at the end would be taken to join what stands next to it.
    visible = next(iter_graphemes(cluster)).rstrip(_JOINER)
    if cell_len(visible):
        return visible
    # Nothing stands before it that it belongs to.
    mark = unicodedata.category(cluster[0]).startswith("M")
    return _DOTTED_CIRCLE + visible if mark else " "


def is_plain(text: str) -> bool:
    """Whether every character of a text is a cluster of one cell."""
    # Rich's shortcut knows most of Latin and the lines of a border, and no tab.
    if _is_single_cell_widths(text):
        return True
    return all(last - first == cells == 1 for first, last, cells in clusters(text, 0, len(text), 1))
