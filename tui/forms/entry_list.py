"""The entries of a repeating group as a list with one row each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from shared.forms.answers import Level, check_entry, is_answered
from shared.forms.definition import Agreement, FileUpload, Group, Step, WorkDetailsCard
from shared.forms.submissions import Entry
from shared.forms.summary import answer_text
from tui.documents.states import UploadState
from tui.documents.texts import printable
from tui.forms.state import FormState
from tui.forms.uploads import FileSlot
from tui.widgets.focus_marker import MARK, mark_strip

EMPTY = "· empty"
INCOMPLETE = "◐ incomplete"
COMPLETE = "✓ complete"
INVALID = "✗ to correct"
UPLOAD_STATES = {
    UploadState.CHOSEN: "! not uploaded",
    UploadState.UPLOADING: "… uploading",
    UploadState.FAILED: "✗ not uploaded",
}
NOTHING_ENTERED = "Nothing entered yet"
STATE_WIDTH = max(map(len, UPLOAD_STATES.values()))
EXCERPT_LENGTH = 200
"""Maximum number of characters of an answer in a row."""
MAX_PARTS = 2
"""Maximum number of answers in a row, including an error."""


class EntryList(ScrollView, can_focus=True):
    """One line per entry; Enter opens the entry.

    `format_row` returns the text of a line, and is called only for lines in view.
    """

    DEFAULT_CSS = """
    EntryList { height: auto; max-height: 8; overflow-x: hidden; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("home", "jump(False)", "first", show=False),
        Binding("end", "jump(True)", "last", show=False),
        Binding("enter,space", "choose", "open", show=False),
    ]
    help_text = "Up and Down move between the entries, Enter opens one; Done closes it again."

    @dataclass
    class Chosen(Message):
        """The entry at `index` should be opened."""

        index: int

    def __init__(self, format_row: Callable[[int], str]) -> None:
        super().__init__()
        self.display = False
        self.current = 0
        self._count = 0
        self._format_row = format_row

    def show(self, count: int) -> None:
        """Show `count` entries, keeping the current one."""
        if count != self._count:
            self._count = count
            self.display = bool(count)
            self.refresh(layout=True)
        self.virtual_size = Size(1, count)
        self.move_to(self.current)

    def move_to(self, index: int) -> None:
        """Make the entry at an index current and scroll it into view."""
        self.current = max(0, min(index, self._count - 1))
        self.scroll_to_region(Region(0, self.current, 1, 1), animate=False, force=True)
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one line per entry."""
        return self._count

    def render_line(self, y: int) -> Strip:
        """Draw the row at line `y` of the view."""
        index, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        if index >= self._count:
            return Strip.blank(width, self.rich_style)
        row, is_current = self._format_row(index), self.has_focus and index == self.current
        text = Text(row, no_wrap=True, end="")
        text.truncate(width, overflow="ellipsis", pad=True)
        style = Style(reverse=is_current)
        segments = Segment.apply_style(text.render(self.app.console), self.rich_style + style)
        strip = Strip(segments).adjust_cell_length(width, self.rich_style + style)
        return Strip.join([mark_strip(self), strip.crop(len(MARK))]) if is_current else strip

    def on_resize(self) -> None:
        """Keep the current entry in view."""
        self.show(self._count)

    def on_focus(self) -> None:
        """Highlight the current entry."""
        self.refresh()

    def on_blur(self) -> None:
        """Stop highlighting the current entry."""
        self.refresh()

    def action_move(self, rows: int) -> None:
        """Move up or down by rows."""
        self.move_to(self.current + rows)

    def action_page(self, pages: int) -> None:
        """Move up or down by a screenful."""
        self.move_to(self.current + pages * max(1, self.size.height - 1))

    def action_jump(self, end: bool) -> None:
        """Move to the first or the last entry."""
        self.move_to(self._count if end else 0)

    def action_choose(self) -> None:
        """Open the current entry."""
        if self._count:
            self.post_message(self.Chosen(self.current))

    def on_click(self, event: Click) -> None:
        """Open the entry that was clicked."""
        index = self.scroll_offset.y + event.y
        if index < self._count:
            self.move_to(index)
            self.action_choose()


def entry_row(
    state: FormState,
    step: Step,
    group: Group,
    index: int,
    *,
    is_open: bool,
    error: str,
) -> str:
    """Return the row of an entry: its number, state and main answers, or its error."""
    entry = state.entries(group.id)[index]
    state_text = INVALID if error else _state_text(state, step, group, index, entry)
    parts = [*([error] if error else []), *_main_answers(state, group, entry)]
    text = " · ".join(parts[:MAX_PARTS]) or NOTHING_ENTERED
    return f"{'▾' if is_open else ' '}{index + 1:>4}  {state_text:<{STATE_WIDTH}}  {text}"


def _state_text(state: FormState, step: Step, group: Group, index: int, entry: Entry) -> str:
    """Return the symbol and text of an entry's state."""
    for field in group.fields:
        if upload := state.uploads.find(FileSlot(group.id, str(entry["id"]), field.id)):
            return UPLOAD_STATES.get(upload.state, COMPLETE)
    findings = list(check_entry(step, group, index, entry, state.answers, state.facts))
    if any(finding.level is Level.INVALID for finding in findings):
        return INVALID
    if not any(is_answered(entry.get(field.id)) for field in group.fields):
        return EMPTY
    return INCOMPLETE if findings else COMPLETE


def _main_answers(state: FormState, group: Group, entry: Entry) -> Iterator[str]:
    """Yield the entry's file, then its other answers, each as one line."""
    for field in sorted(group.fields, key=lambda field: not isinstance(field, FileUpload)):
        answer = entry.get(field.id)
        if upload := state.uploads.find(FileSlot(group.id, str(entry["id"]), field.id)):
            yield printable(upload.file.name)
        elif is_answered(answer) and not isinstance(field, Agreement):
            is_reference = isinstance(field, FileUpload | WorkDetailsCard)
            text = answer_text(field, answer, state.names(str(answer)) if is_reference else {})
            yield printable(" ".join(text[:EXCERPT_LENGTH].split()))
