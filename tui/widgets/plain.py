"""Only words reach the terminal: what it would obey is left out, whoever wrote it."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


class PlainText(LineFilter):
    """Takes the controls out of all that is drawn: names and answers come from others."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Draw a line without them; they take up no cell."""
        if not any(_CONTROLS.search(text) for text, _, _ in segments):
            return segments
        return [
            Segment(_CONTROLS.sub("", text), style, control) for text, style, control in segments
        ]
