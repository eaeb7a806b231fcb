"""A timeline in one line: ✓ past, ● current, ○ upcoming."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

TOKENS = {"✓": "done", "●": "act", "○": "hint"}
YEAR_LENGTH = 4
LINES = (" ── ", " ─ ", " ")
"""The lines between stops, from the longest to the shortest."""


class Stop(NamedTuple):
    """A stop on the timeline; `date` is shown if it fits."""

    symbol: str
    label: str
    date: str = ""

    @property
    def is_deadline(self) -> bool:
        """Whether the date is a deadline, such as `decision by 21/09/2022`."""
        return "by " in self.date

    @property
    def year(self) -> str:
        """The year of the date, or ''."""
        return self.date[-YEAR_LENGTH:]

    @property
    def is_current(self) -> bool:
        """Whether the case is at this stop."""
        return self.symbol == "●"

    @property
    def heading(self) -> str:
        """The symbol and the label."""
        return f"{self.symbol} {self.label}"

    @property
    def heading_with_date(self) -> str:
        """The heading with the date."""
        return f"{self.heading} {self.date}".rstrip()


class Timeline(Static):
    """Shows stops in one line."""

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._stops: Sequence[Stop] = ()

    def show(self, stops: Sequence[Stop]) -> None:
        """Show the stops."""
        self._stops = stops
        self._update_line()

    def on_resize(self) -> None:
        """Fit the line to the new width."""
        self._update_line()

    def _update_line(self) -> None:
        line = render_timeline(self._stops, self.size.width or self.app.size.width)
        if self._stops and line != self.content:
            self.update(line, layout=False)


def render_timeline(stops: Sequence[Stop], width: int) -> Content:
    """Return the timeline, at most `width` cells wide if possible.

    If it does not fit, these are left out in turn: the year if all dates have the same one, all
    dates but the next deadline, every date, and the labels of all stops but the current and the
    next one.
    """
    current = next((index for index, stop in enumerate(stops) if stop.is_current), 0)
    shortened = [
        stop.heading if current <= i <= current + 1 else stop.symbol for i, stop in enumerate(stops)
    ]
    next_due = next((stop for stop in stops if stop.is_deadline), None)
    one_date = [stop.heading_with_date if stop is next_due else stop.heading for stop in stops]
    full = [s.heading_with_date for s in stops]
    has_one_year = len({stop.year for stop in stops if stop.date}) == 1
    no_year = [
        text.removesuffix(f"/{stop.year}") if stop.date else text
        for stop, text in zip(stops, full, strict=True)
    ]
    for texts in (
        full,
        *([no_year] if has_one_year else []),
        one_date,
        [s.heading for s in stops],
        shortened,
    ):
        for line in LINES[:2]:
            if cell_len(line.join(texts)) <= width:
                return _to_content(stops, texts, line)
    return _to_content(stops, shortened, LINES[-1])


def _to_content(stops: Sequence[Stop], texts: Sequence[str], line: str) -> Content:
    parts = []
    for index, (stop, text) in enumerate(zip(stops, texts, strict=True)):
        token = TOKENS[stop.symbol]
        if index:
            parts.append(Content.styled(line, "$done" if stop.symbol == "✓" else "$hint"))
        parts.append(Content.styled(stop.symbol, f"bold ${token}"))
        weight = "bold" if stop.is_current else f"${token}" if stop.symbol == "○" else ""
        parts.append(Content.styled(text[1:], weight))
    return Content("").join(parts)
