"""Line filter that keeps hidden characters out of the terminal."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
"""Control characters, direction marks and zero-width spaces, which take no cell."""


class ControlCharacterFilter(LineFilter):
    """Removes hidden characters, because names and answers are untrusted input.

    Joiners are kept, because some scripts and emoji need them.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without hidden characters."""
        if not any(_HIDDEN.search(text) for text, _, _ in segments):
            return segments
        return [Segment(_HIDDEN.sub("", text), style, control) for text, style, control in segments]
