"""A question of a form: label, help, control by kind, count and error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Select, Static, TextArea
from textual.widgets.select import InvalidSelectValueError

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
from tui.saving.texts import edits
from tui.widgets.field import Field
from tui.widgets.long_text import LongText as LongTextArea
from tui.widgets.tick import Tick

if TYPE_CHECKING:
    from shared.forms.submissions import Answer

EXPECTED = "Expected by the authority."
PLEASE_SELECT = "Please select"


def name_of(field: str, entry: str = "") -> str:
    """Name a field on the screen; in a group it is named by its entry too."""
    return re.sub(r"[^a-z0-9_-]", "_", f"{field}-{entry}".lower()) if entry else field


class Count(Static):
    """The number of characters left, of a fixed size to avoid a layout on each key."""

    DEFAULT_CSS = "Count { height: 1; }"

    def __init__(self, limit: int) -> None:
        super().__init__("", classes="hint", markup=False)
        self._limit = limit

    def show(self, length: int) -> None:
        """Show how many characters are left or too many."""
        left = self._limit - length
        words = f"There is a limit of {self._limit} characters. {left} remaining"
        if left < 0:
            words = f"✗ There is a limit of {self._limit} characters. {-left} too many"
        self.update(words, layout=False)


WITHOUT_HINT = {True: "It must be answered.", False: "You may leave it empty."}


class Question(Field):
    """A field of the form; `entry` is the id of the group's entry it stands in, or ''."""

    def __init__(
        self,
        field: SimpleField,
        answer: Answer | None,
        *,
        entry: str = "",
        control: Widget | None = None,
    ) -> None:
        hint = " ".join(
            words
            for words in (EXPECTED if field.need is Need.EXPECTED else "", field.help)
            if words
        )
        super().__init__(
            name_of(field.id, entry),
            label_of(field),
            control or control_of(field, answer),
            required=field.need is Need.REQUIRED,
            hint=hint,
            help_text=f"{field.label}. {hint or WITHOUT_HINT[field.need is Need.REQUIRED]}",
        )
        self.question = field
        self.entry = entry
        self._last: str | bool = ""

    def compose(self) -> ComposeResult:
        """Lay the field out, with a count below a long answer and a text above an agreement."""
        if isinstance(self.question, Agreement):
            yield Static(self.question.text, classes="agreement", markup=False)
        parts = list(super().compose())
        error = parts.pop()
        yield from parts
        if isinstance(self.question, LongText):
            yield Count(self.question.limit)
        yield error

    def on_mount(self) -> None:
        """Show the count of a long answer, and record the initial answer."""
        self.recount()
        if self.has_answer:
            self._last = self.current_answer

    def on_descendant_focus(self) -> None:
        """Bring the count of a long answer into view with it."""
        if isinstance(self.control, LongTextArea):
            self.call_after_refresh(self.query_one(Count).scroll_visible, animate=False)

    def recount(self) -> None:
        """Update the count of a long answer."""
        if isinstance(self.control, LongTextArea):
            self.query_one(Count).show(self.control.length)

    @property
    def first_control(self) -> Widget | None:
        """The answer itself, or the first thing in it that takes the focus."""
        if self.control.can_focus:
            return self.control
        return next((w for w in self.control.query("*").results() if w.focusable), None)

    def focus_control(self) -> None:
        """Put the cursor into the answer, or on the first thing in it that takes the focus."""
        if self.control.can_focus:
            super().focus_control()
        elif first := self.first_control:
            first.focus()

    @property
    def has_answer(self) -> bool:
        """Whether the control holds the answer; a file's row reports it once stored."""
        return not isinstance(self.question, FileUpload)

    @property
    def edited(self) -> bool:
        """Whether the answer changed since it was last taken."""
        return self.has_answer and self.current_answer != self._last

    def take(self) -> str | bool:
        """Return the answer in the control and mark it as taken."""
        self._last = self.current_answer
        return self._last

    def show(self, answer: Answer | None) -> None:
        """Show an answer of somebody else, keeping the cursor in place if possible."""
        if not self.has_answer or self.current_answer == (
            answer or False if self._ticks else answer or ""
        ):
            return
        text = answer if isinstance(answer, str) else ""
        match self.control:
            case TextArea() as area:
                rewrite(area, text)
            case Checkbox() as box:
                box.value = answer is True
            case WorkCards() as cards:
                cards.show(text)
            case Select() as select:
                show_chosen(select, text)
            case Input() as line:
                line.value = text
        self._last = self.current_answer

    @property
    def _ticks(self) -> bool:
        return isinstance(self.control, Checkbox)

    @property
    def current_answer(self) -> str | bool:
        """The answer in the control."""
        if isinstance(self.control, TextArea):
            return self.control.text
        if isinstance(self.control, Checkbox):
            return self.control.value
        if isinstance(self.control, WorkCards):
            return self.control.selected
        return self.value


def label_of(field: SimpleField) -> str:
    """Write a field's label, with its unit."""
    if isinstance(field, Number) and field.unit:
        return f"{field.label} ({field.unit})"
    if isinstance(field, Day):
        return f"{field.label} (dd/mm/yyyy)"
    return field.label


def control_of(field: SimpleField, answer: Answer | None) -> Widget:
    """Make the control that takes a field's answer."""
    text = answer if isinstance(answer, str) else ""
    match field:
        case LongText():
            return LongTextArea(text)
        case Choice():
            return _select([(option.label, option.value) for option in field.options], text)
        case YesNo():
            return _select([("Yes", "yes"), ("No", "no")], text)
        case Agreement():
            return Tick("I agree", answer is True)
        case Day():
            return Input(text, placeholder="dd/mm/yyyy", compact=True)
    return Input(text, compact=True)


def rewrite(area: TextArea, text: str) -> None:
    """Replace only the differing part, so that the cursor stays in place."""
    area.history.checkpoint()
    before = area.text
    for start, end, part in reversed(edits(before, text)):
        places = [_place(before, offset) for offset in (start, end)]
        area.replace(part, *places, maintain_selection_offset=True)
    area.history.checkpoint()


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset), offset - (text.rfind("\n", 0, offset) + 1)


def show_chosen(select: Select[str], answer: str) -> None:
    """Choose in a drop-down, or leave it unchosen for an answer that it does not have."""
    try:
        select.value = answer
    except InvalidSelectValueError:
        select.clear()


def _select(options: list[tuple[str, str]], answer: str) -> Select[str]:
    if any(value == answer for _, value in options):
        return Select(options, prompt=PLEASE_SELECT, value=answer, compact=True)
    return Select(options, prompt=PLEASE_SELECT, compact=True)
