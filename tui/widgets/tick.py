"""A checkbox whose state is visible without colour."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Checkbox

from tui.widgets.marked import Marked


class Tick(Marked, Checkbox):
    """A checkbox drawn as [x] or [ ], where Textual's differ only in colour."""

    def __init__(self, label: str, value: bool = False, *, id: str | None = None) -> None:
        super().__init__(label, value, id=id, compact=True)

    @property
    def _button(self) -> Content:
        return Content("[x]" if self.value else "[ ]")
