"""The minimum size of the terminal, and the notice if it is smaller."""

from __future__ import annotations

from typing import TypeVar

from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

Result = TypeVar("Result")

MIN_COLUMNS, MIN_ROWS = 60, 20
TOO_SMALL = (
    f"The window is too small: {MIN_COLUMNS} columns by {MIN_ROWS} rows are needed. "
    "What you typed is kept."
)


class TooSmall(Static):
    """Covers a screen in a terminal that is too small, without moving the focus."""

    DEFAULT_CSS = """
    TooSmall { dock: top; layer: _toastrack; width: 100%; height: 100%; background: $background; }
    """

    def __init__(self) -> None:
        super().__init__(TOO_SMALL, markup=False)


def is_too_small(size: Size) -> bool:
    """Return whether a terminal is too small."""
    return size.width < MIN_COLUMNS or size.height < MIN_ROWS


def cover_if_too_small(screen: Screen[Result]) -> None:
    """Cover a screen if the terminal is too small, or else uncover it."""
    covers = screen.query(TooSmall)
    if not is_too_small(screen.app.size):
        covers.remove()
    elif not covers:
        screen.mount(TooSmall())
