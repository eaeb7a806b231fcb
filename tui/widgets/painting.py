"""Writes only the changed cells of a widget to the terminal.

Textual redraws a changed row from the widget's left edge, after two more messages and a timer. A
text area can respond sooner and with a tenth of the bytes: it renders the row itself, compares it
with the previous one, and writes the cells from the first to the last difference. If that is unsafe
(another widget overlaps it, a layout is due), Textual draws the row.
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

from tui.widgets.clusters import is_plain, iter_clusters

Span = tuple[int, int]
"""Columns [first, end)."""


class CellRuns(CompositorUpdate):
    """Runs of cells to write, each with its column and row on the screen."""

    def __init__(self, runs: list[tuple[int, int, Strip]]) -> None:
        self.runs = runs

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for x, y, strip in self.runs:
            yield Control.move_to(x, y).segment
            yield from strip

    def render_segments(self, console: Console) -> str:
        """Return the text to write: a cursor move and the cells of each run."""
        return "".join(
            f"{Control.move_to(x, y).segment.text}{strip.render(console)}"
            for x, y, strip in self.runs
        )


class WholeClusters(Strip):
    """A strip that blanks a grapheme cluster if a cut divides it, as at the edge of a toast.

    Rich would cut between the characters of a cluster.
    """

    def crop(self, start: int, end: int | None = None) -> Strip:
        """Return the cells [start, end)."""
        end = self.cell_length if end is None else end
        return WholeClusters(Strip(self._cut({start, end})).crop(start, end))

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Return the parts that end at the cuts."""
        cuts = list(cuts)
        return Strip(self._cut(set(cuts))).divide(cuts)

    def _cut(self, cuts: set[int]) -> list[Segment]:
        """Return segments split at the cuts; plain text is returned unchanged."""
        if is_plain(self.text):
            return self._segments
        segments, x = [], 0
        for text, style, _ in self:
            start = 0
            for first, last, cells in iter_clusters(text, 0, len(text), 1):
                is_divided = not cuts.isdisjoint(range(x + 1, x + cells))
                if is_divided or x in cuts:
                    segments.append(Segment(text[start:first], style))
                    start = first
                if is_divided:
                    segments.append(Segment(" " * cells, style))
                    start = last
                x += cells
            segments.append(Segment(text[start:], style))
        return segments


def _cells(strip: Strip) -> list[tuple[str, Style | None]] | None:
    """Return the cells of a strip, or None unless every character is one cell wide."""
    if not is_plain(strip.text):
        return None
    return [(character, style) for text, style, _ in strip for character in text]


def changed_span(old: Strip | None, new: Strip) -> Span | None:
    """Return the columns of a row to rewrite, or None if nothing has changed."""
    if old is None:
        return 0, new.cell_length
    before, after = _cells(old), _cells(new)
    if before is None or after is None or len(before) != len(after):
        return None if old == new else (0, new.cell_length)
    changed_columns = [column for column, cell in enumerate(after) if cell != before[column]]
    return (changed_columns[0], changed_columns[-1] + 1) if changed_columns else None


def visible_spans(
    screen: Screen[object], widget: Widget, rows: Region
) -> tuple[Offset, dict[int, list[Span]]] | None:
    """Return a widget's offset on the screen and the uncovered columns of its rows.

    `rows` is the region to examine. It and the spans are in the widget's coordinates. Returns None
    if the widget is not on the screen, or not laid out at its current size.
    """
    compositor = screen._compositor
    placement = compositor.visible_widgets.get(widget)
    if placement is None or placement[0].size != widget.outer_size:
        return None
    region, clip = placement
    visible = rows.translate(region.offset).intersection(clip).intersection(region)
    spans = {}
    for y in visible.line_range:
        uncovered = [visible.column_span]
        for other, cover, _ in compositor.layers_visible[y]:
            if other is widget:
                break
            uncovered = [part for span in uncovered for part in _subtract(span, cover.column_span)]
        spans[y - region.y] = [(a - region.x, b - region.x) for a, b in uncovered]
    return region.offset, spans


def clip_spans(spans: list[Span], changed: Span | None) -> list[Span]:
    """Return the parts of spans that overlap the changed span."""
    if changed is None:
        return []
    parts = [(max(a, changed[0]), min(b, changed[1])) for a, b in spans]
    return [(a, b) for a, b in parts if a < b]


def _subtract(span: Span, cover: Span) -> list[Span]:
    (start, end), (cover_start, cover_end) = span, cover
    parts = [(start, min(end, cover_start)), (max(start, cover_end), end)]
    return [(a, b) for a, b in parts if a < b]
