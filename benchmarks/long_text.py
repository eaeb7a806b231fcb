"""The app of bare_text_area.py with the client's `LongText` instead."""

import sys

from textual.widgets import TextArea

from benchmarks.bare_text_area import BareTextArea
from tui.widgets.long_text import LongText


class FullScreenLongText(BareTextArea):
    """A `LongText` that fills the screen, as in the baseline."""

    CSS = "LongText { height: 1fr; }"

    def create_text_area(self, text: str) -> TextArea:
        """Create the text area to measure."""
        return LongText(text)


if __name__ == "__main__":
    FullScreenLongText(int(sys.argv[1]), sys.argv[2]).run()
