"""Baseline for P3 and P4: only Textual's text area, with text of a given length."""

import sys

from textual.app import App, ComposeResult
from textual.widgets import TextArea

from benchmarks.prose import prose


class BareTextArea(App[None]):
    """A text area of one paragraph, with the cursor at its end or in its middle."""

    def __init__(self, characters: int, position: str) -> None:
        super().__init__()
        self.characters = characters
        self.position = position

    def compose(self) -> ComposeResult:
        """Yield the text area."""
        yield self.create_text_area(prose(self.characters))

    def create_text_area(self, text: str) -> TextArea:
        """Create the text area to measure."""
        return TextArea(text)

    def on_mount(self) -> None:
        """Focus the text area and place the cursor."""
        area = self.query_one(TextArea)
        area.focus()
        column = self.characters if self.position == "end" else self.characters // 2
        area.move_cursor((0, column))


if __name__ == "__main__":
    BareTextArea(int(sys.argv[1]), sys.argv[2]).run()
