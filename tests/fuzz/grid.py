"""Terminal model: a grid of styled grapheme clusters, as wide as Rich measures them."""

import re

from rich.cells import cell_len
from textual.geometry import Size
from wcwidth import iter_graphemes

_SEQUENCE = re.compile(r"\x1b\[([<=>?]?)([0-9;]*)(\$?[A-Za-z])|\x1b\][^\x07]*\x07")
_RIGHT_HALF = ""

Cell = tuple[str, str]
"""A cell's text and style codes; the right half of a wide character has no text."""


class Grid:
    """A screen that processes the cursor moves, styles and text that the program writes."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.rows = _undrawn_rows(size)
        self._x = self._y = 0
        self._style = ""

    def resize(self, size: Size) -> None:
        """Resize, keeping the cells in place; new cells are undrawn until written."""
        old, self.rows, self.size = self.rows, _undrawn_rows(size), size
        for row, old_row in zip(self.rows, old, strict=False):
            row[: len(old_row)] = old_row[: len(row)]

    def feed(self, data: str) -> None:
        """Process output written to the terminal."""
        position = 0
        for sequence in _SEQUENCE.finditer(data):
            self._write(data[position : sequence.start()])
            position = sequence.end()
            private, codes, command = sequence.groups()
            if command is None:
                continue  # an operating system command, for the pointer shape or the clipboard
            if not private and command == "H":
                row, column = (int(code) for code in (codes or "1;1").split(";"))
                self._x, self._y = column - 1, row - 1
            elif not private and command == "m":
                self._style = "" if codes in ("", "0") else codes
        self._write(data[position:])

    def _write(self, text: str) -> None:
        for line_index, line in enumerate(text.split("\n")):
            if line_index:
                self._x, self._y = 0, self._y + 1
            for cluster in iter_graphemes(line):
                self._put(cluster, cell_len(cluster))

    def _put(self, cluster: str, cells: int) -> None:
        if not 0 <= self._y < self.size.height:
            return
        row = self.rows[self._y]
        if not cells:
            if 0 < self._x <= len(row):
                text, style = row[self._x - 1]
                row[self._x - 1] = (text + cluster, style)
            return
        for x in range(self._x, min(self._x + cells, len(row))):
            self._blank_other_half(row, x)
            row[x] = (cluster if x == self._x else _RIGHT_HALF, self._style)
        self._x += cells

    def _blank_other_half(self, row: list[Cell], x: int) -> None:
        """Blank the other half of a wide character when one half is overwritten."""
        if row[x][0] == _RIGHT_HALF and x:
            row[x - 1] = (" ", row[x - 1][1])
        if x + 1 < len(row) and row[x + 1][0] == _RIGHT_HALF:
            row[x + 1] = (" ", row[x + 1][1])


def _undrawn_rows(size: Size) -> list[list[Cell]]:
    return [[("?", "")] * size.width for _ in range(size.height)]
