"""Grapheme clusters, which users see as characters, and their width in cells.

The width of a cluster is Rich's cell_len of the whole cluster, because terminals disagree. Clusters
follow Unicode (UAX 29), with three exceptions: each white-space character is a separate cluster,
because a line may break after it; a zero-width character joins the preceding cluster, so that the
cursor stays visible; and a very wide cluster is split, so that it fits into a row.
"""

import re
import unicodedata
from collections.abc import Iterator

from rich.cells import _is_single_cell_widths, cell_len, split_graphemes
from wcwidth import iter_graphemes

_WORD_OR_SPACE = re.compile(r"\S+|\s")
_MAX_CELLS = 4
"""The maximum width of a cluster in cells."""
_JOINER = "\u200d"
_DOTTED_CIRCLE = "\u25cc"
"""The base character on which a lone combining mark is shown."""

Cluster = tuple[int, int, int]
"""The first column of a cluster, the column after its last, and its width in cells."""


def iter_clusters(line: str, start: int, end: int, tab_size: int) -> Iterator[Cluster]:
    """Yield the clusters of line[start:end], with tabs as wide as in the whole line."""
    for piece in _WORD_OR_SPACE.finditer(line, start, end):
        first, last = piece.span()
        text = piece.group()
        if text == "\t":
            yield first, last, tab_cells(line, first, tab_size)
        elif text.isascii():
            yield from ((column, column + 1, 1) for column in range(first, last))
        else:
            yield from _split_word(line, first, last)


def _split_word(line: str, start: int, end: int) -> Iterator[Cluster]:
    """Yield the clusters of a word; an invisible one is separate only at the start."""
    first = last = start
    cells = 0
    for size, width in _bounded_clusters(line, start, end):
        if width and last > first:
            yield first, last, max(1, cells)
            first, cells = last, 0
        last += size
        cells = cells or width
    yield first, last, max(1, cells)


def _bounded_clusters(line: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the length and width of each cluster, splitting those that are too wide."""
    for cluster in iter_graphemes(line, start, end):
        if (cells := cell_len(cluster)) <= _MAX_CELLS:
            yield len(cluster), cells
            continue
        first = cells = 0
        for column, _, width in split_graphemes(cluster)[0]:
            if cells + width > _MAX_CELLS:
                yield column - first, cells
                first, cells = column, 0
            cells += width
        yield len(cluster) - first, cells


def tab_cells(line: str, index: int, tab_size: int) -> int:
    """Return the width of the tab at an index of a line."""
    # A tab always ends at a tab stop, so only the text after the previous tab matters.
    previous = line.rfind("\t", 0, index)
    return tab_size - cells_between(line, previous + 1, index, tab_size) % tab_size


def cells_between(line: str, start: int, end: int, tab_size: int) -> int:
    """Return the width of line[start:end], with tabs as wide as in the whole line."""
    text = line[start:end]
    if _is_single_cell_widths(text):
        return len(text)
    return sum(cells for _, _, cells in iter_clusters(line, start, end, tab_size))


def display_text(line: str, start: int, end: int, tab_size: int) -> str:
    """Return line[start:end] as displayed, exactly as wide as its clusters."""
    text = line[start:end]
    if _is_single_cell_widths(text):
        return text
    parts = []
    for first, last, cells in iter_clusters(line, start, end, tab_size):
        cluster = line[first:last]
        if cluster == "\t":
            parts.append(" " * cells)
        else:
            parts.append(_display_cluster(cluster))
    return "".join(parts)


def _display_cluster(cluster: str) -> str:
    # Trailing invisible characters, such as direction marks, must not reach the terminal, and a
    # trailing joiner would join the next cluster.
    visible = next(iter_graphemes(cluster)).rstrip(_JOINER)
    if cell_len(visible):
        return visible
    # The cluster has no visible character.
    is_mark = unicodedata.category(cluster[0]).startswith("M")
    return _DOTTED_CIRCLE + visible if is_mark else " "


def is_plain(text: str) -> bool:
    """Return whether every character of a text is a cluster of one cell."""
    # Rich's fast check covers most Latin and box-drawing characters, but not tabs.
    if _is_single_cell_widths(text):
        return True
    return all(
        last - first == cells == 1 for first, last, cells in iter_clusters(text, 0, len(text), 1)
    )
