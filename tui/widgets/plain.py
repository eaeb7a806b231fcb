"""A filter that keeps control characters from reaching the terminal."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


class ControlCharacterFilter(LineFilter):
    """Removes control characters, because names and answers are untrusted input."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without control characters, which have no width."""
        if not any(_CONTROLS.search(text) for text, _, _ in segments):
            return segments
        return [
            Segment(_CONTROLS.sub("", text), style, control) for text, style, control in segments
        ]
