"""Same as bare_text_area.py, with the client's own text area."""

import sys

from textual.widgets import TextArea

from benchmarks.bare_text_area import BareTextArea
from tui.widgets.long_text import LongText


class OwnTextArea(BareTextArea):
    """One long text that fills the screen, as in the baseline."""

    CSS = "LongText { height: 1fr; }"

    def area(self, text: str) -> TextArea:
        """Create the text area to measure."""
        return LongText(text)


if __name__ == "__main__":
    OwnTextArea(int(sys.argv[1]), sys.argv[2]).run()
