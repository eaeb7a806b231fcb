"""A checkbox whose state is visible without colour."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.widgets import Checkbox

from tui.widgets.focus_marker import FocusMarker


class Tick(FocusMarker, Checkbox):
    """A checkbox drawn as [x] or [ ]; the states of Textual's differ only in colour."""

    def __init__(self, label: str | Content, value: bool = False, *, id: str | None = None) -> None:
        # Content, so that a name in brackets is not parsed as markup.
        super().__init__(Content.from_text(label, markup=False), value, id=id, compact=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the height of the label, which may wrap."""
        return self.render().get_height(self.styles.get_rules(), width)

    @property
    def _button(self) -> Content:
        return Content("[x]" if self.value else "[ ]")
