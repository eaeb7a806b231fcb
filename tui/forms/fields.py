"""A question of a form: label, help, control, character count and error."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.events import Callback
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Select, Static, TextArea
from textual.widgets.select import InvalidSelectValueError
from textual.widgets.text_area import Selection

from shared.forms.definition import (
    Agreement,
    Choice,
    Day,
    FileUpload,
    LongText,
    Need,
    Number,
    SimpleField,
    YesNo,
)
from tui.forms.work_cards import WorkCards
from tui.saving.texts import find_edits
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field
from tui.widgets.line_input import DateInput, LineInput
from tui.widgets.long_text import LongText as LongTextArea
from tui.widgets.tick import Tick

if TYPE_CHECKING:
    from shared.forms.submissions import Answer

EXPECTED = "Expected by the authority."
PLEASE_SELECT = "Please select"


def field_name(field: str, entry: str = "") -> str:
    """Return the widget name of a field, including the id of its entry in a group."""
    return re.sub(r"[^a-z0-9_-]", "_", f"{field}-{entry}".lower()) if entry else field


class CharacterCount(Static):
    """Characters remaining and word count; one fixed line, so typing needs no layout."""

    DEFAULT_CSS = "CharacterCount { height: 1; }"

    def __init__(self, limit: int) -> None:
        super().__init__("", classes="hint", markup=False)
        self._limit = limit
        self._length = 0
        self._words: int | None = 0
        """The number of words, or None while the text changes."""

    def count_words(self, text: str) -> None:
        """Update the word count, which is too slow to do on every key."""
        self._words = len(text.split())
        self._show(len(text))

    def on_resize(self) -> None:
        """Show the word count if it fits."""
        self._show(self._length)

    def show(self, length: int) -> None:
        """Show the count for a text of `length` characters, whose words are counted later."""
        if length != self._length:
            self._words = None
        self._show(length)

    def _show(self, length: int) -> None:
        self._length = length
        remaining = self._limit - length
        text = f"There is a limit of {self._limit} characters. {remaining} remaining"
        if remaining < 0:
            text = f"✗ There is a limit of {self._limit} characters. {-remaining} too many"
        words = "" if self._words is None else f" · {self._words:,} word{'s' * (self._words != 1)}"
        if len(text) + len(words) <= self.size.width:
            text += words
        self.update(text, layout=False)


DEFAULT_HELP = {True: "It must be answered.", False: "You may leave it empty."}


class AnswerArea(LongTextArea):
    """A long answer that is entered at its end, and later where the cursor was left."""

    _was_entered = False

    def on_focus(self) -> None:
        """Put the cursor at the end, without scrolling yet, as a click may move it again."""
        if not self._was_entered:
            self._was_entered = True
            self.set_reactive(AnswerArea.selection, Selection.cursor(self.document.end))
            self.refresh()


class Question(Field):
    """A field of the form; `entry` is the id of its entry in a group, or ''.

    Without `show_help`, the help is shown only with F1.
    """

    def __init__(
        self,
        field: SimpleField,
        answer: Answer | None,
        *,
        entry: str = "",
        control: Widget | None = None,
        show_help: bool = True,
    ) -> None:
        expected = EXPECTED if field.need is Need.EXPECTED else ""
        text = " ".join(part for part in (expected, field.help) if part)
        super().__init__(
            field_name(field.id, entry),
            field_label(field),
            control or make_control(field, answer),
            required=field.need is Need.REQUIRED,
            hint=text if show_help else expected,
            help_text=text or DEFAULT_HELP[field.need is Need.REQUIRED],
        )
        self.definition = field
        self.entry = entry
        self._last_answer: str | bool = ""

    def compose(self) -> ComposeResult:
        """Lay out the field, with the count of a long text or the text of an agreement."""
        if isinstance(self.definition, Agreement):
            yield Static(self.definition.text, classes="agreement", markup=False)
        yield from super().compose()
        if isinstance(self.definition, LongText):
            yield CharacterCount(self.definition.limit)

    def on_mount(self) -> None:
        """Show the count and record the initial answer."""
        self.recount()
        if self.has_answer:
            self._last_answer = self.current_answer
            self._count_words(self._last_answer)

    def _count_words(self, answer: str | bool) -> None:
        if isinstance(answer, str):
            for count in self.query(CharacterCount):
                count.count_words(answer)

    def on_descendant_blur(self) -> None:
        """Count the words of a long text when it is left."""
        if isinstance(self.control, LongTextArea):
            self._count_words(self.current_answer)

    def on_descendant_focus(self) -> None:
        """Scroll the count of a long text into view."""
        if isinstance(self.control, LongTextArea):
            self.call_after_refresh(self.query_one(CharacterCount).scroll_visible, animate=False)

    @on(TextArea.Changed)
    def recount(self) -> None:
        """Update the count of a long text."""
        if isinstance(self.control, LongTextArea):
            self.query_one(CharacterCount).show(self.control.length)

    @property
    def first_control(self) -> Widget | None:
        """The control, or the first focusable widget in it."""
        if self.control.can_focus:
            return self.control
        return next(
            (widget for widget in self.control.query("*").results() if widget.focusable), None
        )

    def focus_control(self) -> None:
        """Focus the control, or the first focusable widget in it."""
        if self.control.can_focus:
            super().focus_control()
        elif first := self.first_control:
            first.focus()

    def go_on(self) -> None:
        """Focus what follows, without pressing it."""
        self.screen.focus_next()

    @property
    def has_answer(self) -> bool:
        """Whether the control holds the answer; an upload row posts it when stored."""
        return not isinstance(self.definition, FileUpload)

    @property
    def is_edited(self) -> bool:
        """Whether the answer changed since it was last collected."""
        return self.has_answer and self.current_answer != self._last_answer

    def collect_answer(self) -> str | bool:
        """Return the answer in the control and mark it as collected."""
        self._last_answer = self.current_answer
        self._count_words(self._last_answer)
        return self._last_answer

    def show(self, answer: Answer | None) -> None:
        """Show a merged answer, keeping the cursor in place if possible."""
        if not self.has_answer or self.current_answer == (
            answer or False if self._is_checkbox else answer or ""
        ):
            return
        text = answer if isinstance(answer, str) else ""
        match self.control:
            case TextArea() as area:
                replace_text(area, text)
            case Checkbox() as box:
                box.value = answer is True
            case WorkCards() as cards:
                cards.show(text)
            case Select() as select:
                select_option(select, text)
            case Input() as line:
                line.value = text
        self._last_answer = self.current_answer
        self._count_words(self._last_answer)

    @property
    def _is_checkbox(self) -> bool:
        return isinstance(self.control, Checkbox)

    @property
    def current_answer(self) -> str | bool:
        """The current answer in the control."""
        if isinstance(self.control, TextArea):
            return self.control.text
        if isinstance(self.control, Checkbox):
            return self.control.value
        if isinstance(self.control, WorkCards):
            return self.control.selected_id
        return self.value


async def process_keys(questions: Iterable[Question]) -> None:
    """Wait until each control has processed all queued key presses."""
    pending = []
    for question in questions:
        processed = asyncio.Event()
        if question.control.post_message(Callback(callback=processed.set)):
            pending.append(processed.wait())
    await asyncio.gather(*pending)


def field_label(field: SimpleField) -> str:
    """Return the label of a field, with its unit or date format."""
    if isinstance(field, Number) and field.unit:
        return f"{field.label} ({field.unit})"
    if isinstance(field, Day):
        return f"{field.label} (dd/mm/yyyy)"
    return field.label


def make_control(field: SimpleField, answer: Answer | None) -> Widget:
    """Create the control for a field."""
    text = answer if isinstance(answer, str) else ""
    match field:
        case LongText():
            return AnswerArea(text)
        case Choice():
            return _select([(option.label, option.value) for option in field.options], text)
        case YesNo():
            return _select([("Yes", "yes"), ("No", "no")], text)
        case Agreement():
            return Tick("I agree", answer is True)
        case Day():
            return DateInput(text, placeholder="dd/mm/yyyy", compact=True)
    return LineInput(text, compact=True)


def replace_text(area: TextArea, text: str) -> None:
    """Replace only the parts that differ, so that the cursor stays in place."""
    area.history.checkpoint()
    old_text = area.text
    for start, end, part in reversed(find_edits(old_text, text)):
        positions = [_position(old_text, offset) for offset in (start, end)]
        area.replace(part, *positions, maintain_selection_offset=True)
    area.history.checkpoint()


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset), offset - (text.rfind("\n", 0, offset) + 1)


def select_option(select: Select[str], answer: str) -> None:
    """Select an option, or clear the selection if the option does not exist."""
    try:
        select.value = answer
    except InvalidSelectValueError:
        select.clear()


def _select(options: list[tuple[str, str]], answer: str) -> Select[str]:
    if any(value == answer for _, value in options):
        return ChoiceList(options, prompt=PLEASE_SELECT, value=answer, compact=True)
    return ChoiceList(options, prompt=PLEASE_SELECT, compact=True)
