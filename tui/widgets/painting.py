"""Write to the terminal only those cells of a widget that are not what they were.

Textual draws a changed row again from the widget's left edge, after two more messages and a timer.
A widget in which people type can answer sooner and with a tenth of the bytes: it draws the row
itself, compares it with what it drew there last, and writes what is between the first cell and the
last that differ. Where anything is in doubt (another widget lies over it, a layout is due) it
leaves the drawing to Textual.
"""

from collections.abc import Iterable, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.geometry import Offset, Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.clusters import clusters, is_plain

Span = tuple[int, int]
"""Columns [first, end)."""


class CellRuns(CompositorUpdate):
    """Runs of cells to write, each at its column and row of the screen."""

    def __init__(self, runs: list[tuple[int, int, Strip]]) -> None:
        self.runs = runs

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for x, y, strip in self.runs:
            yield Control.move_to(x, y).segment
            yield from strip

    def render_segments(self, console: Console) -> str:
        """The bytes to write: a cursor move and the cells of each run."""
        return "".join(
            f"{Control.move_to(x, y).segment.text}{strip.render(console)}"
            for x, y, strip in self.runs
        )


class WholeClusters(Strip):
    """A strip in which a grapheme cluster is blank where a cut divides it, as by a toast.

    Rich cuts between the characters of a cluster, even where two clusters meet.
    """

    def crop(self, start: int, end: int | None = None) -> Strip:
        """The cells [start, end)."""
        end = self.cell_length if end is None else end
        return WholeClusters(Strip(self._cut({start, end})).crop(start, end))

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """The parts up to each of the cuts."""
        cuts = list(cuts)
        return Strip(self._cut(set(cuts))).divide(cuts)

    def _cut(self, cuts: set[int]) -> list[Segment]:
        """Segments of which none has a cut inside it, but for those of plain text."""
        if is_plain(self.text):
            return self._segments
        segments, x = [], 0
        for text, style, _ in self:
            start = 0
            for first, last, cells in clusters(text, 0, len(text), 1):
                inside = not cuts.isdisjoint(range(x + 1, x + cells))
                if inside or x in cuts:
                    segments.append(Segment(text[start:first], style))
                    start = first
                if inside:
                    segments.append(Segment(" " * cells, style))
                    start = last
                x += cells
            segments.append(Segment(text[start:], style))
        return segments


def _cells(strip: Strip) -> list[tuple[str, Style | None]] | None:
    """The cells of a strip, or None where a character is not exactly one cell wide."""
    if not is_plain(strip.text):
        return None
    return [(character, style) for text, style, _ in strip for character in text]


def changed_span(old: Strip | None, new: Strip) -> Span | None:
    """The columns of a row that must be written again, or None if none must."""
    if old is None:
        return 0, new.cell_length
    before, after = _cells(old), _cells(new)
    if before is None or after is None or len(before) != len(after):
        return None if old == new else (0, new.cell_length)
    differing = [column for column, cell in enumerate(after) if cell != before[column]]
    return (differing[0], differing[-1] + 1) if differing else None


def visible_spans(
    screen: Screen[object], widget: Widget, rows: Region
) -> tuple[Offset, dict[int, list[Span]]] | None:
    """Where a widget stands on the screen, and in which columns of its rows nothing covers it.

    rows is the region of the widget to look at, in its own coordinates; so are the spans. None if
    the widget is not on the screen, or not yet with the size it has.
    """
    compositor = screen._compositor
    placed = compositor.visible_widgets.get(widget)
    if placed is None or placed[0].size != widget.outer_size:
        return None
    region, clip = placed
    drawn = rows.translate(region.offset).intersection(clip).intersection(region)
    spans = {}
    for y in drawn.line_range:
        free = [drawn.column_span]
        for other, cover, _ in compositor.layers_visible[y]:
            if other is widget:
                break
            free = [part for span in free for part in _outside(span, cover.column_span)]
        spans[y - region.y] = [(a - region.x, b - region.x) for a, b in free]
    return region.offset, spans


def clipped(spans: list[Span], changed: Span | None) -> list[Span]:
    """The parts of spans that lie in a changed one."""
    if changed is None:
        return []
    parts = [(max(a, changed[0]), min(b, changed[1])) for a, b in spans]
    return [(a, b) for a, b in parts if a < b]


def _outside(span: Span, cover: Span) -> list[Span]:
    (start, end), (first, last) = span, cover
    parts = [(start, min(end, first)), (max(start, last), end)]
    return [(a, b) for a, b in parts if a < b]
