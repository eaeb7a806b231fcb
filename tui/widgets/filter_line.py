"""The line above a long list: its filter, its views, and how many rows there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from textual.containers import Horizontal
from textual.widgets import Select, Static

from tui.widgets.line_input import LineInput

ViewT = TypeVar("ViewT", bound=str)


def create_filter_line(
    label: str, placeholder: str, views: Mapping[ViewT, str], view: ViewT
) -> Horizontal:
    """Create the line with `#filter`, `#view` and `#found`; `views` holds their labels."""
    options = [(text, key) for key, text in views.items()]
    return Horizontal(
        Static(label, classes="label"),
        LineInput(placeholder=placeholder, id="filter", compact=True, max_length=200),
        Static("View:", classes="label"),
        Select(options, value=view, allow_blank=False, compact=True, id="view"),
        Static("", id="found", markup=False),
        id="filter-line",
    )
