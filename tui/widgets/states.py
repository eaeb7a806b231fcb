"""Coloured states: the symbol of a line or of a part after a dot, and deadlines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.text import Text
from textual.content import Content

SYMBOL_TOKENS = {
    "✓": "done",
    "●": "act",
    "◐": "act",
    "!": "due",
    "✗": "wrong",
    "–": "hint",
    "…": "act",
}
# These patterns are compiled when they are first used, after the first frame.
_SYMBOL = rf"(?m)(?:^\s*|(?<= · ))([{''.join(SYMBOL_TOKENS)}])(?= |$)"
_LATE = r"\b\d+ days? late\b(?!, with an exception)"
_SOON = r"\bdue today\b|\b[0-7] days? left\b"


def coloured_content(text: str) -> Content:
    """Return text with its symbols and deadlines in the colours of their states."""
    content = Content(text)
    for start, end, token in _find_states(text):
        content = content.stylize(f"bold ${token}", start, end)
    return content


def coloured_cell(text: str) -> Text:
    """Return text for a table cell, coloured as in `coloured_content`."""
    cell = Text(text)
    for start, end, token in _find_states(text):
        cell.stylize(token, start, end)
    return cell


def _find_states(text: str) -> Iterator[tuple[int, int, str]]:
    for symbol in re.finditer(_SYMBOL, text):
        yield *symbol.span(1), SYMBOL_TOKENS[symbol.group(1)]
    for late in re.finditer(_LATE, text):
        yield *late.span(), "wrong"
    for soon in re.finditer(_SOON, text):
        yield *soon.span(), "due"
