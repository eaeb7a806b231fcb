"""The smallest terminal in which every screen can be used, and what a smaller one shows."""

from __future__ import annotations

from typing import TypeVar

from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

Result = TypeVar("Result")

COLUMNS, ROWS = 60, 20
TOO_SMALL = (
    f"The window is too small: {COLUMNS} columns by {ROWS} rows are needed. What you typed is kept."
)


class TooSmall(Static):
    """Covers a screen that has too little room; the focus stays where it is."""

    DEFAULT_CSS = """
    TooSmall { dock: top; layer: _toastrack; width: 100%; height: 100%; background: $background; }
    """

    def __init__(self) -> None:
        super().__init__(TOO_SMALL, markup=False)


def is_too_small(size: Size) -> bool:
    """Return whether a terminal is too small."""
    return size.width < COLUMNS or size.height < ROWS


def cover_if_too_small(screen: Screen[Result]) -> None:
    """Cover a screen while its terminal is too small."""
    covers = screen.query(TooSmall)
    if not is_too_small(screen.app.size):
        covers.remove()
    elif not covers:
        screen.mount(TooSmall())
