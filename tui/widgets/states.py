"""States in colour: a sign at the start of a line, and the days that a deadline is near or past."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.text import Text
from textual.content import Content

SIGNS = {"✓": "done", "●": "act", "◐": "act", "!": "due", "✗": "wrong", "–": "hint", "…": "act"}
_SIGN = re.compile(rf"^\s*([{''.join(SIGNS)}])(?= )", re.MULTILINE)
_LATE = re.compile(r"\b\d+ days? late\b(?!, excused)")
_SOON = re.compile(r"\bdue today\b|\b[0-7] days? left\b")


def coloured_content(text: str) -> Content:
    """Return a text whose signs and deadlines have the colours of their states."""
    content = Content(text)
    for start, end, token in _states(text):
        content = content.stylize(f"bold ${token}", start, end)
    return content


def coloured_cell(text: str) -> Text:
    """Return such a text for a cell of a table."""
    cell = Text(text)
    for start, end, token in _states(text):
        cell.stylize(token, start, end)
    return cell


def _states(text: str) -> Iterator[tuple[int, int, str]]:
    for sign in _SIGN.finditer(text):
        yield *sign.span(1), SIGNS[sign.group(1)]
    for late in _LATE.finditer(text):
        yield *late.span(), "wrong"
    for soon in _SOON.finditer(text):
        yield *soon.span(), "due"
