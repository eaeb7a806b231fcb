"""Write to the terminal only those cells of a widget that are not what they were.

Textual draws a changed row again from the widget's left edge, after two more messages and a timer.
A widget in which people type can answer sooner and with a tenth of the bytes: it draws the row
itself, compares it with what it drew there last, and writes what is between the first cell and the
last that differ. Where anything is in doubt (another widget lies over it, a layout is due) it
leaves the drawing to Textual.
"""

from functools import lru_cache

from rich.cells import get_character_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.geometry import Offset, Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

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


@lru_cache(4096)
def _single(character: str) -> bool:
    return get_character_cell_size(character) == 1


def _cells(strip: Strip) -> list[tuple[str, Style | None]] | None:
    """The cells of a strip, or None where a character is not exactly one cell wide."""
    if not all(map(_single, set(strip.text))):
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
