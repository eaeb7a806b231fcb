"""A document and its soft wrapping, with updates in constant time.

Textual's classes rewrap the whole paragraph on every key. Here the document reports each edit to
the wrapping, which resumes at the last unaffected row and stops where its breaks match the old
ones. The breaks are the same as Textual's, except that a word wider than the area is broken between
grapheme clusters.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from textual.document._document import Document, EditResult, Location
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Offset, clamp

from tui.widgets.clusters import cells_between, iter_clusters

_CHUNK = re.compile(r"\S+\s*|\s+")
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Terminals interpret NUL, the other C0 and C1 controls, and DEL instead of showing them.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_CLEAN = re.compile("[^\r\x0b\x0c\u2028\u2029\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]*")


def clean(text: str) -> str:
    """Return text that is safe to show, store and send.

    Line endings of every kind become newlines, controls other than newline and tab are dropped,
    and a lone surrogate (which UTF-8 can't encode) becomes U+FFFD.
    """
    if _CLEAN.fullmatch(text):
        return text
    text = _CONTROLS.sub("", _NEWLINES.sub("\n", text))
    return _LONE_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)


def _starts_chunk(line: str, index: int) -> bool:
    return index == 0 or (line[index - 1].isspace() and not line[index].isspace())


def _chunk_end(line: str, start: int) -> int:
    match = _CHUNK.match(line, start)
    return match.end() if match else len(line)


def _chunk_cells(line: str, start: int, end: int, width: int, tab_size: int) -> int:
    """Return the width of a chunk; beyond `width` the result may be an underestimate."""
    sample = start + 4 * width
    if end > sample and (cells := cells_between(line, start, sample, tab_size)) > width:
        return cells
    return cells_between(line, start, end, tab_size)


def _fold(line: str, start: int, end: int, width: int, tab_size: int) -> Iterator[int]:
    """Yield the breaks inside a chunk that starts a row and is wider than it."""
    cells = 0
    for first, _, size in iter_clusters(line, start, end, tab_size):
        if cells + size > width and first > start:
            yield first
            cells = size
        else:
            cells += size


def _iter_breaks(line: str, start: int, width: int, tab_size: int) -> Iterator[int]:
    """Yield the breaks of a line after `start`, which must be the start of a row."""
    cells, position, length = 0, start, len(line)
    is_folding = not _starts_chunk(line, start)
    while position < length:
        end = _chunk_end(line, position)
        if not is_folding:
            chunk = _chunk_cells(line, position, end, width, tab_size)
            if cells + chunk <= width:
                cells += chunk
                position = end
                continue
            if position != start:
                yield position
            if chunk <= width:
                cells = chunk
                position = end
                continue
        is_folding = False
        last = position
        for last in _fold(line, position, end, width, tab_size):
            yield last
        cells = cells_between(line, last, end, tab_size)
        position = end


class LongDocument(Document):
    """A document of clean text that tracks its length and reports edits to its wrapping."""

    def __init__(self, text: str) -> None:
        super().__init__(clean(text))
        self.length = sum(map(len, self._lines)) + len(self._lines) - 1
        """The number of characters, newlines included."""
        self.wrapping: LongWrapping | None = None

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Replace the text between two locations and update the wrapping."""
        (top, column), (bottom, bottom_column) = sorted(
            (self._clamp_location(start), self._clamp_location(end))
        )
        old = self._lines[top : bottom + 1]
        result = super().replace_range((top, column), (bottom, bottom_column), clean(text))
        new = self._lines[top : result.end_location[0] + 1]
        self.length += sum(map(len, new)) + len(new) - sum(map(len, old)) - len(old)
        if self.wrapping is not None:
            tail = len(old[-1]) - bottom_column
            self.wrapping.on_replaced(top, old, new, column, tail)
        return result

    def _clamp_location(self, location: Location) -> Location:
        row, column = location
        if row >= len(self._lines):
            return self.end
        return row, min(column, len(self._lines[row]))


class LongWrapping(WrappedDocument):
    """The wrapping of a LongDocument: its breaks, and the rows that an edit changed."""

    def __init__(self, document: LongDocument, width: int = 0, tab_width: int = 4) -> None:
        self._tops: list[int] | None = None
        self._damage: tuple[int, int | None] | None = None
        document.wrapping = self
        super().__init__(document, width, tab_width)

    @property
    def tops(self) -> list[int]:
        """The first row of each line, followed by the total number of rows."""
        if self._tops is None:
            rows = (len(breaks) + 1 for breaks in self._wrap_offsets)
            self._tops = list(accumulate(rows, initial=0))
        return self._tops

    @property
    def height(self) -> int:
        """The number of rows of the wrapped document."""
        return self.tops[-1]

    @property
    def tab_size(self) -> int:
        """Cells between two tab stops, at most the width of a row."""
        return self._tab_width

    def take_damage(self) -> tuple[int, int | None] | None:
        """Return the rows [first, end) changed since the last call; None is the end of text."""
        damage, self._damage = self._damage, None
        return damage

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """Wrap every line at `width` cells, or not at all if 0."""
        self._width = width
        self._tab_width = tab_width or self._tab_width
        if width:
            self._tab_width = min(self._tab_width, width)
        self._wrap_offsets = [self._rewrap_line(line)[0] for line in self.document.lines]
        self._tops = None
        self._damage = (0, None)

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Do nothing, because the document has already reported the edit."""

    def on_replaced(
        self, top: int, old: list[str], new: list[str], unchanged: int, tail: int
    ) -> None:
        """Rewrap after an edit that replaced the old lines from `top` with the new ones.

        The first `unchanged` characters of the first line and the last `tail` characters of the
        last line are unchanged.
        """
        breaks = self._wrap_offsets[top : top + len(old)]
        unchanged_end = (breaks[-1], tail, len(old[-1]))
        if len(new) == 1:
            first, start, end = self._rewrap_line(new[0], breaks[0], unchanged, *unchanged_end)
            new_breaks = [first]
        else:
            first, start, end = self._rewrap_line(new[0], breaks[0], unchanged)
            middle = [self._rewrap_line(line)[0] for line in new[1:-1]]
            new_breaks = [first, *middle, self._rewrap_line(new[-1], [], 0, *unchanged_end)[0]]
        in_place = len(old) == len(new) == 1 and len(first) == len(breaks[0])
        row = self.tops[top]
        if not in_place:
            self._tops = None
        self._wrap_offsets[top : top + len(old)] = new_breaks
        self._add_damage(row + start, row + end if in_place else None)

    def _add_damage(self, start: int, end: int | None) -> None:
        if self._damage is not None:
            first, last = self._damage
            start = min(start, first)
            end = None if end is None or last is None else max(end, last)
        self._damage = (start, end)

    def _rewrap_line(
        self,
        line: str,
        before: Sequence[int] = (),
        unchanged: int = 0,
        after: Sequence[int] = (),
        tail: int = 0,
        old_length: int = 0,
    ) -> tuple[list[int], int, int]:
        """Return the breaks of a line and its changed rows [first, end).

        Its first `unchanged` characters had breaks at `before`; its last `tail` characters ended
        a line of `old_length` characters with breaks at `after`.
        """
        width, tab_size = self._width, self._tab_width
        if not width:
            return [], 0, 1
        head, start = self._resume(line, before, unchanged)
        breaks = list(before[:head])
        change_end, shift = len(line) - tail, len(line) - old_length
        tab = line.find("\t", change_end)
        for position in _iter_breaks(line, start, width, tab_size):
            # Rows after the edit that start at the same position wrap as before, unless the width
            # up to the next tab has changed.
            if position > max(change_end, tab):
                index = bisect_left(after, position - shift)
                if index < len(after) and after[index] == position - shift:
                    end = len(breaks) + 1
                    return [*breaks, *(old + shift for old in after[index:])], head, end
            breaks.append(position)
        return breaks, head, len(breaks) + 1

    def _resume(self, line: str, before: Sequence[int], unchanged: int) -> tuple[int, int]:
        """Return the number of breaks that remain valid, and the last of them."""
        count = bisect_left(before, unchanged)
        while count:
            row = before[count - 1]
            if _starts_chunk(line, row):
                if _chunk_end(line, row) < unchanged:
                    return count, row
                count -= 1
                continue
            # The row starts inside a folded word, with a cluster that did not fit into the row
            # above. Its break is valid if the cluster is unchanged and the word still too wide.
            if next(iter_clusters(line, row, len(line), self._tab_width))[1] >= unchanged:
                count -= 1
                continue
            word = count - 1
            while word and not _starts_chunk(line, before[word - 1]):
                word -= 1
            start = before[word - 1] if word else 0
            end = _chunk_end(line, start)
            if _chunk_cells(line, start, end, self._width, self._tab_width) > self._width:
                return count, row
            count = word
        return 0, 0

    def offset_to_location(self, offset: Offset) -> Location:
        """Return the location nearest to an offset from the document's top-left corner."""
        x, y = max(0, offset[0]), clamp(offset[1], 0, self.height - 1)
        line_index, section = self.line_at(y)
        return line_index, self.get_target_document_column(line_index, x, section)

    def location_to_offset(self, location: Location) -> Offset:
        """Return the offset of a location from the document's top-left corner."""
        line_index = clamp(location[0], 0, len(self._wrap_offsets) - 1)
        column = location[1]
        section = bisect_right(self._wrap_offsets[line_index], column)
        start, _ = self.section(line_index, section)
        x = cells_between(self.document[line_index], start, column, self._tab_width)
        return Offset(x, self.tops[line_index] + section)

    def line_at(self, row: int) -> tuple[int, int]:
        """Return the line at a row of the document, and the section of the line."""
        line_index = bisect_right(self.tops, row) - 1
        return line_index, row - self.tops[line_index]

    def section(self, line_index: int, section: int) -> tuple[int, int]:
        """Return the first column of a section of a line, and the column after its last."""
        breaks = self._wrap_offsets[line_index]
        start = breaks[section - 1] if section else 0
        end = breaks[section] if section < len(breaks) else len(self.document[line_index])
        return start, end

    def get_target_document_column(self, line_index: int, x_offset: int, y_offset: int) -> int:
        """Return the column at `x_offset` cells in a section; -1 is the last section."""
        section = y_offset % (len(self._wrap_offsets[line_index]) + 1)
        line = self.document[line_index]
        start, end = self.section(line_index, section)
        cells = 0
        last = start
        for first, _, size in iter_clusters(line, start, end, self._tab_width):
            cells += size
            if cells > x_offset:
                return first
            last = first
        return end if end == len(line) else last

    def cluster_at(self, line_index: int, column: int) -> tuple[int, int]:
        """Return the columns [first, end) of the grapheme cluster at a column."""
        section = bisect_right(self._wrap_offsets[line_index], column)
        start, end = self.section(line_index, section)
        line = self.document[line_index]
        if line[start:end].isascii():
            return column, min(column + 1, len(line))
        for first, last, _ in iter_clusters(line, start, end, self._tab_width):
            if column < last:
                return first, last
        return end, end

    def get_sections(self, line_index: int) -> list[str]:
        """Return the text of each row of a line."""
        line, breaks = self.document[line_index], self._wrap_offsets[line_index]
        return [line[a:b] for a, b in pairwise([0, *breaks, len(line)])]
