"""A timeline of stops with signs and notes: ✓ passed, ● current, ○ to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static


class Stop(NamedTuple):
    """A stop on the timeline, with lines of notes below it."""

    sign: str
    label: str
    notes: tuple[str, ...]

    @property
    def heading(self) -> str:
        """The sign before the label."""
        return f"{self.sign} {self.label}"

    @property
    def width(self) -> int:
        """The width of the widest line in cells."""
        return max(cell_len(line) for line in (self.heading, *(f"  {n}" for n in self.notes)))


class Timeline(Static):
    """Draws stops in a row, or in a column if they do not fit."""

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._stops: Sequence[Stop] = ()

    def show(self, stops: Sequence[Stop]) -> None:
        """Show these stops."""
        self._stops = stops
        self._draw()

    def on_resize(self) -> None:
        """Fit the line to the new width."""
        self._draw()

    def _draw(self) -> None:
        if self._stops:
            self.update(Content(timeline_text(self._stops, self.size.width)))


def timeline_text(stops: Sequence[Stop], width: int) -> str:
    """Return the stops as text, at most `width` cells wide if possible."""
    spare = width - sum(stop.width for stop in stops)
    gaps = len(stops) - 1
    if spare < 2 * gaps:
        return "\n".join(line for s in stops for line in (s.heading, *(f"  {n}" for n in s.notes)))
    columns = [stop.width + spare // gaps for stop in stops[:-1]] + [stops[-1].width]
    heading = ""
    for stop, column in zip(stops[:-1], columns, strict=False):
        heading += f"{stop.heading} {'─' * (column - cell_len(stop.heading) - 2)} "
    lines = [heading + stops[-1].heading]
    for depth in range(max(len(stop.notes) for stop in stops)):
        notes = [f"  {stop.notes[depth]}" if depth < len(stop.notes) else "" for stop in stops]
        padded = [n + " " * (c - cell_len(n)) for n, c in zip(notes, columns, strict=True)]
        lines.append("".join(padded).rstrip())
    return "\n".join(lines)
