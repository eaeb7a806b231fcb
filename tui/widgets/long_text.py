"""Text area for long answers, with a constant cost per key at any text length.

Wrapping resumes at the edit (wrapping.py), and only changed cells are written (painting.py).

A screen that contains it must avoid these costs on each key:
- `.text` joins the whole answer. Read it when saving, not on every `Changed`; `.length` is cheap.
- A label that shows the count is drawn by the compositor. Give it a fixed width and height and
  call `update(..., layout=False)`, or every key triggers a layout of the whole screen.
- Anything that calls `refresh_bindings()` on a key (a `reactive(..., bindings=True)`, a footer that
  recomposes) costs more than the key. Do it only when a result of `check_action` changes.
- `height: auto` triggers a layout whenever a row is added; a fixed height never does.
- On a screen that is covered or being laid out, Textual draws the widget as usual.
"""

import os
import unicodedata
from dataclasses import replace
from itertools import pairwise

from rich.segment import Segment
from rich.style import Style
from textual._types import WatchCallbackType
from textual.binding import Binding, BindingType
from textual.document._document import EditResult, Location, Selection
from textual.document._edit import Edit
from textual.dom import DOMNode
from textual.events import Key
from textual.geometry import Region, Size, clamp
from textual.reactive import Reactive, reactive
from textual.strip import Strip
from textual.widgets import TextArea

from tui.core.commands import remappable
from tui.widgets.clusters import display_text
from tui.widgets.long_navigator import LongNavigator
from tui.widgets.painting import (
    CellRuns,
    WholeClusters,
    changed_span,
    clip_spans,
    visible_spans,
)
from tui.widgets.wrapping import LongDocument, LongWrapping

_RESERVED_KEYS = {"f6", "f7"}
"""Keys of Textual's text area that the portal uses for other commands."""


def _build_bindings() -> list[BindingType]:
    """Return TextArea's bindings with ids, without the reserved keys, plus extra ones."""
    overrides = {
        "cursor_line_start": "home",
        "cursor_line_start(True)": "shift+home",
    }
    bindings: list[Binding] = []
    for binding in TextArea.BINDINGS:
        if isinstance(binding, Binding) and binding.key not in _RESERVED_KEYS:
            name = binding.action.replace("(True)", ".select")
            key = overrides.get(binding.action, binding.key)
            bindings.append(replace(binding, key=key, id=f"long_text.{name}"))
    bindings += [
        Binding("ctrl+a", "select_all", "Select all", show=False, id="long_text.select_all"),
        Binding("ctrl+home", "text_start", "Start of text", show=False, id="long_text.text_start"),
        Binding("ctrl+end", "text_end", "End of text", show=False, id="long_text.text_end"),
    ]
    return [remappable(binding) for binding in bindings]


def _is_invisible(character: str | None) -> bool:
    """Return whether a character is text but not printable, such as a joiner."""
    return (
        character is not None
        and len(character) == 1
        and not character.isprintable()
        and unicodedata.category(character) != "Cc"
    )


class LongText(TextArea, inherit_bindings=False):
    """A soft-wrapped text area, as fast with a long text as when empty.

    Posts `TextArea.Changed`. Tab moves the focus. Input is cleaned (wrapping.clean).

    It is one class because nearly every method overrides a `TextArea` method with shared state;
    the independent parts are in wrapping, long_navigator, clusters and painting.
    """

    DEFAULT_CSS = """
    LongText {
        height: 8;
        border: none;
        border-left: heavy $border-blurred;
        padding: 0 0 0 1;
        &:focus {
            border: none;
            border-left: heavy $border;
        }
    }
    """
    BINDINGS = _build_bindings()

    # As in TextArea, but moving the cursor repaints only its old and new rows.
    selection: Reactive[Selection] = reactive(
        Selection(), init=False, always_update=True, repaint=False
    )

    document: LongDocument
    wrapped_document: LongWrapping

    def __init__(
        self,
        text: str = "",
        *,
        read_only: bool = False,
        placeholder: str = "",
        id: str | None = None,
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        self._painted: dict[int, Strip] = {}
        super().__init__(
            text,
            read_only=read_only,
            placeholder=placeholder,
            id=id,
            classes=classes,
            disabled=disabled,
            highlight_cursor_line=False,
        )
        if "SSH_CONNECTION" in os.environ:
            self.cursor_blink = False

    def watch(
        self,
        obj: DOMNode,
        attribute_name: str,
        callback: WatchCallbackType,
        init: bool = True,
    ) -> None:
        """Watch an attribute of another node, or subscribe to the theme of the app.

        The app would keep a watcher, and with it the whole form after it is closed.
        """
        if obj is self.app:
            self.app.theme_changed_signal.subscribe(self, lambda _: callback())  # type: ignore[call-arg] # TextArea's callback takes no argument
        else:
            super().watch(obj, attribute_name, callback, init)

    def on_unmount(self) -> None:
        """Unsubscribe from longer-lived objects."""
        self.app.theme_changed_signal.unsubscribe(self)
        self.screen.text_selection_started_signal.unsubscribe(self)

    @property
    def length(self) -> int:
        """The number of characters, newlines included, without joining the text."""
        return self.document.length

    def load_text(self, text: str) -> None:
        """Replace the text; one undo restores the previous text."""
        if not self.length and not self.history.undo_stack:
            super().load_text(text)
            return
        if text == self.text:
            return
        self.history.checkpoint()
        self.replace(text, (0, 0), self.document.end)
        self.history.checkpoint()

    def action_text_start(self) -> None:
        """Move the cursor to the start of the text."""
        self.move_cursor((0, 0))

    def action_text_end(self) -> None:
        """Move the cursor to the end of the text."""
        self.move_cursor(self.document.end)

    # Edits

    def _set_document(self, text: str, language: str | None) -> None:
        self.document = LongDocument(text)
        self.wrapped_document = LongWrapping(self.document, tab_width=self.indent_width)
        self.navigator = LongNavigator(self.wrapped_document)
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    def _build_highlight_map(self) -> None:
        """Do nothing, because there is no highlighting and no row cache."""

    def edit(self, edit: Edit) -> EditResult:
        """Perform an edit, and redraw if the placeholder appears or disappears."""
        was_empty, size = not self.length, self.virtual_size
        result = super().edit(edit)
        if self.placeholder and was_empty != (not self.length):
            self.refresh()
        if self.virtual_size != size:
            # The new rows were not scrollable yet when the cursor moved.
            self.scroll_cursor_visible()
        return result

    def _rewrap_and_refresh_virtual_size(self) -> None:
        super()._rewrap_and_refresh_virtual_size()
        # The next move needs the cursor's row in the new wrapping.
        self._cursor_offset = self.wrapped_document.location_to_offset(self.cursor_location)
        if self.has_focus:
            self.scroll_cursor_visible()

    def _refresh_size(self) -> None:
        size = Size(0, self.wrapped_document.height)
        if self.styles.is_auto_height or not self.is_mounted:
            self.virtual_size = size
            self._refresh_scrollbars()
        elif size != self.virtual_size:
            # No layout is needed, because the widget's own height does not change.
            self.set_reactive(LongText.virtual_size, size)
            self._refresh_scrollbars()
            # A scrollbar changes the width, and so possibly the number of rows.
            self._scroll_update(self.virtual_size)
        if damage := self.wrapped_document.take_damage():
            self._refresh_rows(*damage)

    def _refresh_rows(self, start: int, end: int | None) -> None:
        height = self.size.height
        top = max(0, start - self.scroll_offset.y)
        bottom = height if end is None else min(height, end - self.scroll_offset.y)
        if top < bottom:
            self.refresh(Region(0, top, self.size.width, bottom - top))

    # The cursor

    def clamp_visitable(self, location: Location) -> Location:
        """Return the nearest location that is not inside a cluster."""
        row, column = location
        line = self.document[row] if 0 <= row < self.document.line_count else ""
        row = clamp(row, 0, self.document.line_count - 1)
        column = clamp(column, 0, len(line))
        first, last = self.wrapped_document.cluster_at(row, column)
        return row, column if column == first else last

    def get_cursor_word_left_location(self) -> Location:
        """Return the start of the word to the left, never inside a cluster."""
        row, column = super().get_cursor_word_left_location()
        return row, self.wrapped_document.cluster_at(row, column)[0]

    def get_cursor_word_right_location(self) -> Location:
        """Return the start of the word to the right, never inside a cluster."""
        return self.clamp_visitable(super().get_cursor_word_right_location())

    def _watch_selection(self, previous_selection: Selection, selection: Selection) -> None:
        if not self.is_mounted:
            return
        self.app.clear_selection()
        row = self._cursor_offset[1]
        # An animated scroll would move the cursor out of view again.
        self.app.animator.force_stop_animation(self, "scroll_y")
        self.scroll_cursor_visible()
        if previous_selection.is_empty and selection.is_empty:
            self._refresh_rows(row, row + 1)
            self._refresh_rows(self._cursor_offset[1], self._cursor_offset[1] + 1)
        else:
            self._refresh_rows(0, None)
        self._place_terminal_cursor()
        if previous_selection != selection:
            self.post_message(self.SelectionChanged(selection, self))

    def _watch_has_focus(self, focus: bool) -> None:
        super()._watch_has_focus(focus)
        row = self._cursor_offset[1]
        self._refresh_rows(row, row + 1)
        if focus:
            # Scroll later, because a click may still move the cursor into view.
            self.call_after_refresh(self.scroll_cursor_visible)

    def _watch_scroll_x(self) -> None:
        self._place_terminal_cursor()

    def _watch_scroll_y(self) -> None:
        self._place_terminal_cursor()

    def _place_terminal_cursor(self) -> None:
        """Move the terminal's cursor, where input methods show their composition."""
        if self.has_focus:
            self.app.cursor_position = self.cursor_screen_offset

    # Keys

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Return whether a key is text, including invisible characters."""
        return super().check_consume_key(key, character) or (
            not self.read_only and _is_invisible(character)
        )

    async def _on_key(self, event: Key) -> None:
        # Textual calls its own key handler next unless the default is prevented.
        if _is_invisible(event.character) and not self.read_only:
            event.stop()
            event.prevent_default()
            self._restart_blink()
            self._replace_via_keyboard(event.character or "", *self.selection)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Return row `y` of the area."""
        if self.placeholder and not self.length:
            return super().render_line(y)
        return self._render_line(y)

    def _render_line(self, y: int) -> Strip:
        base = self._theme.base_style or self.rich_style
        row = y + self.scroll_offset.y
        if row >= self.wrapped_document.height:
            return Strip.blank(self.size.width, base)
        line_index, section = self.wrapped_document.line_at(row)
        line = self.document[line_index]
        start, end = self.wrapped_document.section(line_index, section)
        if end == len(line):
            end += 1  # the cell of a cursor at the end of the line
        style_spans = self._style_spans(line_index)
        edges = {
            min(max(edge, start), end) for style_span in style_spans for edge in style_span[:2]
        }
        segments = []
        for first, last in pairwise(sorted({start, end, *edges})):
            styles = (style for a, b, style in style_spans if a <= first < b)
            segments.append(Segment(self._display_text(line, first, last), sum(styles, base)))
        return Strip(segments).adjust_cell_length(self.scrollable_content_region.width, base)

    def _style_spans(self, line_index: int) -> list[tuple[int, int, Style]]:
        """Return the styled columns [first, end) of a line: selection and cursor."""
        style_spans = []
        cursor_row, cursor_column = self.selection.end
        (top, first), (bottom, last) = sorted(self.selection)
        if top <= line_index <= bottom and not self.selection.is_empty:
            first = first if line_index == top else 0
            last = last if line_index == bottom else len(self.document[line_index])
            if not self.document[line_index] and line_index != cursor_row:
                last = 1  # a selected empty line shows one highlighted cell
            style_spans.append((first, last, self._theme.selection_style))
        if line_index == cursor_row and self._draw_cursor:
            _, last = self.wrapped_document.cluster_at(cursor_row, cursor_column)
            last = max(last, cursor_column + 1)  # at the end of the line, the cell after it
            style_spans.append((cursor_column, last, self._theme.cursor_style))
        return [(first, last, style) for first, last, style in style_spans if style is not None]

    def _display_text(self, line: str, start: int, end: int) -> str:
        text = display_text(line, start, min(end, len(line)), self.wrapped_document.tab_size)
        return text + " " * (end > len(line))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return rows for Textual to draw, and invalidate their painted copies."""
        for y in crop.line_range:
            self._painted.pop(y, None)
        self._place_terminal_cursor()
        return [strip.crop(crop.x, crop.right) for strip in self._whole_lines(crop)]

    def _whole_lines(self, crop: Region) -> list[WholeClusters]:
        """Return full-width rows that can be cropped anywhere."""
        crop = Region(0, crop.y, self.outer_size.width, crop.height)
        return [WholeClusters(strip) for strip in super().render_lines(crop)]

    def _check_refresh(self) -> None:
        if self._repaint_required and self._repaint_regions and self._paint():
            self._repaint_required = False
        super()._check_refresh()

    def _paint(self) -> bool:
        """Write the changed cells of dirty rows, or return False if Textual must draw."""
        app, screen = self.app, self.screen
        if not screen.is_active or app._batch_count or app.is_inline:
            return False
        union = Region.from_union(list(self._repaint_regions))
        # If the view has scrolled since a row was marked dirty, every row is dirty.
        crop = Region(0, union.y, self.outer_size.width, union.height).intersection(
            self.outer_size.region
        )
        if (visible := visible_spans(screen, self, crop)) is None:
            return False
        (left, top), spans = visible
        rows = {y for region in self._repaint_regions for y in region.line_range}
        self._repaint_regions.clear()
        self._dirty_regions.clear()
        runs = []
        for y, strip in zip(crop.line_range, self._whole_lines(crop), strict=True):
            if y not in rows:
                continue
            changed = changed_span(self._painted.pop(y, None), strip)
            if y in spans:
                self._painted[y] = strip
                for a, b in clip_spans(spans[y], changed):
                    runs.append((left + a, top + y, strip.crop(a, b)))
        if runs:
            app._display(screen, CellRuns(runs))
        return True
