"""Stops on a line, each with a sign and notes: ✓ passed, ● current, ○ to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static


class Stop(NamedTuple):
    """A stop: its sign and label, and the lines of notes below."""

    sign: str
    label: str
    notes: tuple[str, ...]

    @property
    def head(self) -> str:
        """The sign before the label."""
        return f"{self.sign} {self.label}"

    @property
    def width(self) -> int:
        """The width of the widest line in cells."""
        return max(cell_len(line) for line in (self.head, *(f"  {n}" for n in self.notes)))


class Timeline(Static):
    """Stops drawn across the width, or one below another where they do not fit."""

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
            self.update(Content(timeline_words(self._stops, self.size.width)))


def timeline_words(stops: Sequence[Stop], width: int) -> str:
    """Return the stops as text, at most `width` cells wide where that is possible."""
    spare = width - sum(stop.width for stop in stops)
    gaps = len(stops) - 1
    if spare < 2 * gaps:
        return "\n".join(line for s in stops for line in (s.head, *(f"  {n}" for n in s.notes)))
    columns = [stop.width + spare // gaps for stop in stops[:-1]] + [stops[-1].width]
    head = ""
    for stop, column in zip(stops[:-1], columns, strict=False):
        head += f"{stop.head} {'─' * (column - cell_len(stop.head) - 2)} "
    lines = [head + stops[-1].head]
    for depth in range(max(len(stop.notes) for stop in stops)):
        notes = [f"  {stop.notes[depth]}" if depth < len(stop.notes) else "" for stop in stops]
        padded = [n + " " * (c - cell_len(n)) for n, c in zip(notes, columns, strict=True)]
        lines.append("".join(padded).rstrip())
    return "\n".join(lines)
