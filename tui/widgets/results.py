"""A list of what a search has found, with the mark of the focus at the option that Enter takes."""

from __future__ import annotations

from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, OptionList

from tui.widgets.focus_marker import MARK, mark_strip

APART_CLASS = "-apart"
"""CSS class of a list while the focus is neither in it nor in the search box beside it."""


def mark_option(options: OptionList, y: int, strip: Strip) -> Strip:
    """Return a line of a list, with the mark on the first line of the highlighted option."""
    line = options.scroll_offset.y + y
    if options.highlighted is None or line >= len(options._lines):
        return strip
    if options._lines[line] != (options.highlighted, 0):
        return strip
    return Strip.join([mark_strip(options), strip.crop(len(MARK))])


class ResultList(OptionList):
    """The results of a search box beside it, which may keep the focus."""

    DEFAULT_CSS = """
    ResultList, ResultList:focus {
        height: auto; max-height: 6; padding: 0; border: none; background: $background;
    }
    ResultList > .option-list--option { padding: 0 0 0 2 !important; }
    """

    def on_mount(self) -> None:
        """Follow the focus."""
        self.watch(self.screen, "focused", self._show_focus)

    def _show_focus(self, focused: Widget | None) -> None:
        is_beside = isinstance(focused, Input) and focused.parent is self.parent
        self.set_class(focused is not self and not is_beside, APART_CLASS)

    def render_line(self, y: int) -> Strip:
        """Render a line, with the mark unless the focus is elsewhere."""
        strip = super().render_line(y)
        return strip if self.has_class(APART_CLASS) else mark_option(self, y, strip)
