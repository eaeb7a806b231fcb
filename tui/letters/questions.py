"""The parts of a letter that an officer writes."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from shared.letters import FIELD_LIMITS, FieldKind, LetterDraft, LetterField
from shared.problems import FieldError
from tui.forms.fields import CharacterCount
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput
from tui.widgets.long_text import LongText


class LetterQuestion(Field):
    """A part of a letter; a long one with the count of its characters."""

    def __init__(self, field: LetterField) -> None:
        self.is_long = field.kind is FieldKind.TEXT
        self.limit = FIELD_LIMITS[field.kind]
        is_line = field.kind in {FieldKind.LINE, FieldKind.DAY}
        control = (
            LineInput(field.text, max_length=self.limit, compact=True)
            if is_line
            else LongText(field.text, classes="" if self.is_long else "lines")
        )
        super().__init__(
            field.id, field.label, control, required=field.required, help_text=field.help
        )
        self.hint = field.help

    def compose(self) -> ComposeResult:
        """Lay out the field above its count."""
        yield from super().compose()
        if self.is_long:
            yield CharacterCount(self.limit)

    def on_mount(self) -> None:
        """Show the count."""
        self.recount()
        self.count_words()

    @property
    def length(self) -> int:
        """The number of characters."""
        return self.control.length if isinstance(self.control, LongText) else len(self.value)

    @property
    def too_long(self) -> str:
        """The error of a text that is too long."""
        return f"{self.label} must be {self.limit} characters or fewer."

    def count_words(self) -> None:
        """Update the word count, which is too slow to do on every key."""
        for count in self.query(CharacterCount):
            count.count_words(self.value)

    def recount(self) -> None:
        """Update the count of a long text."""
        for count in self.query(CharacterCount):
            count.show(self.length)


class LetterQuestions(Vertical):
    """The parts of one letter."""

    async def ask(self, draft: LetterDraft) -> None:
        """Add a question for each field of a letter."""
        await self.mount_all([LetterQuestion(field) for field in draft.fields])

    def load(self, draft: LetterDraft) -> None:
        """Replace what is typed by the texts of a letter."""
        texts = {field.id: field.text for field in draft.fields}
        for question in self.query(LetterQuestion):
            question.load(texts.get(question.name or "", ""))

    def texts(self) -> dict[str, str]:
        """Return what is typed, by field."""
        return {field.name or "": field.value for field in self.query(LetterQuestion)}

    def errors(self) -> list[FieldError]:
        """Return an error for each text that is too long to be sent."""
        return [
            FieldError(pointer=f"/{question.name}", code="too_long", message=question.too_long)
            for question in self.query(LetterQuestion)
            if question.length > question.limit
        ]

    def show_errors(self, errors: list[FieldError]) -> None:
        """Show errors at their fields, and clear the others, without moving the focus."""
        messages = {error.pointer.rsplit("/", 1)[-1]: error.message for error in errors}
        for field in self.query(LetterQuestion):
            field.show_error(messages.get(field.name or "", ""))

    def count_words(self) -> None:
        """Update the word counts."""
        for question in self.query(LetterQuestion):
            question.count_words()
