"""Baseline for P3 and P4: only Textual's own text area, with text of a given length."""

import sys

from textual.app import App, ComposeResult
from textual.widgets import TextArea

from benchmarks.prose import prose


class BareTextArea(App[None]):
    """One text area with one paragraph, the cursor at its end or in its middle."""

    def __init__(self, characters: int, place: str) -> None:
        super().__init__()
        self.characters = characters
        self.place = place

    def compose(self) -> ComposeResult:
        """Yield the text area."""
        yield self.area(prose(self.characters))

    def area(self, text: str) -> TextArea:
        """Create the text area to measure."""
        return TextArea(text)

    def on_mount(self) -> None:
        """Put the cursor where the keys are typed."""
        area = self.query_one(TextArea)
        area.focus()
        column = self.characters if self.place == "end" else self.characters // 2
        area.move_cursor((0, column))


if __name__ == "__main__":
    BareTextArea(int(sys.argv[1]), sys.argv[2]).run()
