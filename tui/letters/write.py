"""The screen for writing a letter."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static, TextArea

from shared.letters import (
    FIELD_LIMITS,
    FieldKind,
    LetterDraft,
    LetterField,
    LetterRow,
    MakeLetter,
    MissingFrom,
)
from shared.places import PlaceKind
from shared.problems import FieldError, ProblemCode
from shared.values.days import format_time
from tui.core.commands import command
from tui.core.errors import PortalError, Refused, Unreachable
from tui.desk.send_errors import show_send_error
from tui.forms.fields import CharacterCount
from tui.letters import api
from tui.letters.preview import PreviewLetter
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput
from tui.widgets.long_text import LongText
from tui.widgets.screen import SEND_LINKS, PortalScreen
from tui.widgets.states import coloured_content

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

SAVE_SECONDS = 1.0
"""Pause in typing after which the draft is saved."""
RETRY_SECONDS = 5.0
"""Pause before the next attempt to save while the portal can't be reached."""
NOT_SAVED = "Not saved yet"
NOT_SAVED_CHANGED = "✗ Not saved: somebody else changed it"
COMPLETE = "✓ Nothing is missing."
MADE_BEFORE = "{name} is made and kept with the case. What you type now is a new draft."
CHANGED = "Somebody else has changed this letter"
CHANGED_ANSWERS = (
    ("stay", "Go on writing"),
    ("mine", "Keep mine"),
    ("theirs", "Take theirs"),
)


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


class WriteLetter(PortalScreen):
    """The parts of a letter that an officer writes, saved while they type."""

    CSS_PATH = "letters.tcss"
    LOCATION = "Cases"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "The letter is filled from the case; change here what it says of its own. What you type is "
        "saved as a draft of the letter. {letter.show} shows the whole letter and what is missing, "
        "and from there it is made."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("letter.show", "ctrl+s", "show", "show it", "Show the whole letter."),
    ]

    def __init__(self, letter: str) -> None:
        super().__init__()
        case, kind = letter.split("/")
        self._key = (UUID(case), kind)
        self._letter_id = uuid4()
        """The id of the letter to be made, until it is known to be made."""
        self._unconfirmed_letter: MakeLetter | None = None
        self._draft: LetterDraft | None = None
        self._version = 0
        self._saved: dict[str, str] = {}
        self._unconfirmed: dict[str, str] | None = None
        self._lock = asyncio.Lock()
        self._timer: Timer | None = None
        self._is_unreachable = False

    def body(self) -> ComposeResult:
        """Lay out the page; `_load` adds the questions."""
        yield Static("", id="letter-title", classes="title", markup=False)
        yield ErrorSummary()
        yield Vertical(id="missing")
        yield Vertical(id="questions")
        with Horizontal(classes="actions"):
            yield Action("Show the letter", id="send")
            yield SecondaryAction("Back", id="back")

    def on_mount(self) -> None:
        """Load the letter."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        draft = await api.read_letter(self.portal.client, *self._key)
        self.set_location(f"Cases › {draft.child} › Letters")
        self.query_one("#letter-title", Static).update(draft.title)
        questions = [LetterQuestion(field) for field in draft.fields]
        await self.query_one("#questions").mount_all(questions)
        await self._show(draft)
        self._saved = self._texts()
        # What is missing stays in view above it, if there is room.
        questions[0].control.focus(scroll_visible=False)
        self.call_after_refresh(self._show_focused)

    async def _show(self, draft: LetterDraft) -> None:
        """Show what is missing, and remember the version."""
        self._draft, self._version = draft, draft.version
        widgets = [_missing_widget(draft, index) for index in range(len(draft.missing))]
        container = self.query_one("#missing")
        focused = self.focused
        async with self.batch():
            await container.remove_children()
            await container.mount_all(widgets or [Static(coloured_content(COMPLETE))])
        if focused is not None and not focused.is_attached:
            self.query(Field).first().focus_control()
        saved_at = draft.saved_at
        self.show_state(f"Saved {format_time(saved_at)}" if saved_at else "")

    def clear_working(self) -> None:
        """Show when the draft was saved instead of 'Working…'."""
        saved_at = self._draft.saved_at if self._draft else None
        self.show_state(f"Saved {format_time(saved_at)}" if saved_at else "")

    def _texts(self) -> dict[str, str]:
        return {field.name or "": field.value for field in self.query(LetterQuestion)}

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _on_typed(self, event: Input.Changed | TextArea.Changed) -> None:
        if self._draft is None:
            return
        event.control.query_ancestor(LetterQuestion).recount()
        self.show_state(NOT_SAVED)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SAVE_SECONDS, self._save_later)

    def _save_later(self) -> None:
        for question in self.query(LetterQuestion):
            question.count_words()
        # Not `call`, which would cancel a save that the server may be about to make.
        self.run_worker(self._save_quietly(), group="save", exit_on_error=False)

    async def _save_quietly(self) -> bool:
        """Save, showing an error without moving the focus; return whether all is saved.

        Nothing covers the screen while the officer types.
        """
        if errors := self._errors():
            self._show_at_fields(errors)
            return False
        try:
            await self._save()
        except PortalError as error:
            self._on_save_error(error)
        return not self.has_unsaved_input

    async def _save(self) -> None:
        """Save what was typed since the last save; raises PortalError."""
        async with self._lock:
            if self._unconfirmed is not None:
                # Sent again as it was, so that the server recognises it if it was saved.
                await self._send_texts(self._unconfirmed)
            if self.has_unsaved_input and self._unconfirmed_letter is not None:
                await self._find_unconfirmed(self._unconfirmed_letter)
            if self.has_unsaved_input:
                await self._send_texts(self._texts())
        if self.has_unsaved_input:  # typed meanwhile
            self.show_state(NOT_SAVED)

    async def _send_texts(self, texts: dict[str, str]) -> None:
        self._unconfirmed = texts
        try:
            draft = await api.save_letter(self.portal.client, *self._key, self._version, texts)
        except Refused:
            self._unconfirmed = None
            raise
        self._unconfirmed, self._is_unreachable = None, False
        self._saved = texts
        for field in self.query(Field):
            field.show_error("")
        await self._show(draft)

    def _on_save_error(self, error: PortalError) -> None:
        self.show_state(NOT_SAVED)
        if isinstance(error, Refused) and error.code is ProblemCode.STALE:
            self.show_state(NOT_SAVED_CHANGED, NOT_SAVED)
        elif isinstance(error, Refused) and error.errors:
            self._show_at_fields(error.errors)
        elif isinstance(error, Unreachable):
            if not self._is_unreachable:
                self.portal.show_error(error)
            self._is_unreachable = True
            self._timer = self.set_timer(RETRY_SECONDS, self._save_later)
        else:
            self.portal.show_error(error)

    def _show_at_fields(self, errors: list[FieldError]) -> None:
        messages = {error.pointer.rsplit("/", 1)[-1]: error.message for error in errors}
        for field in self.query(Field):
            field.show_error(messages.get(field.name or "", ""))

    def _errors(self) -> list[FieldError]:
        """Return an error for each text that is too long to be sent."""
        return [
            FieldError(pointer=f"/{question.name}", code="too_long", message=question.too_long)
            for question in self.query(LetterQuestion)
            if question.length > question.limit
        ]

    def _ask_whose(self, error: Refused) -> None:
        problem = error.problem
        author = problem.changed_by or "Another officer, who made the letter,"
        text = f"{author} changed it after you opened it. What you typed is still here."
        self.app.push_screen(ChoiceDialog(CHANGED, text, CHANGED_ANSWERS), self._on_whose)

    def _on_whose(self, answer: str | None) -> None:
        if answer in {"mine", "theirs"}:
            self.call(self._resolve(keep=answer == "mine"), group="resolve")

    async def _resolve(self, *, keep: bool) -> None:
        """Read the letter again, and replace either its texts or those typed here."""
        draft = await api.read_letter(self.portal.client, *self._key)
        if not keep:
            texts = {field.id: field.text for field in draft.fields}
            for question in self.query(LetterQuestion):
                question.load(texts.get(question.name or "", ""))
            self._saved = self._texts()
        await self._show(draft)
        if keep:
            await self._save()

    @on(Link.Chosen, "#missing Link")
    def _go_to_missing(self, event: Link.Chosen) -> None:
        name = event.link.value
        if isinstance(name, str) and name:
            event.stop()
            self.query_one(f"#field-{name}", Field).focus_control()

    @on(Button.Pressed, "#send")
    def action_show(self) -> None:
        """Save the draft, and show the whole letter."""
        errors = self._errors()
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, "")
        if self._draft is not None and not errors:
            self.send(self._save_and_show(), self._on_send_error)

    async def _save_and_show(self) -> None:
        await self._save()
        if self._draft is not None and self.is_on_top:
            self.app.push_screen(PreviewLetter(self._draft), self._on_shown)

    def _on_shown(self, is_approved: bool | None) -> None:
        if is_approved:
            self.send(self._make(), self._on_send_error)

    async def _make(self) -> None:
        letter = await self._send_letter(MakeLetter(id=self._letter_id, version=self._version))
        self._saved = self._texts()
        self.notify(f"{letter.name} is made and kept with the case.", markup=False)
        self.finish()

    async def _send_letter(self, new: MakeLetter) -> LetterRow:
        """Make the letter, or learn that it was made if the reply to that was lost."""
        self._unconfirmed_letter = new
        try:
            letter = await api.make_letter(self.portal.client, *self._key, new)
        except Refused:
            self._unconfirmed_letter = None
            raise
        self._unconfirmed_letter, self._letter_id = None, uuid4()
        return letter

    async def _find_unconfirmed(self, new: MakeLetter) -> None:
        """Learn whether a letter was made although its reply was lost, without making it."""
        letters = await api.list_letters(self.portal.client, self._key[0])
        for letter in letters.made:
            if letter.document == new.id:
                await self._show(await api.read_letter(self.portal.client, *self._key))
                self.notify(MADE_BEFORE.format(name=letter.name), markup=False)
        # What is typed now was not part of it.
        self._unconfirmed_letter, self._letter_id = None, uuid4()

    def _on_send_error(self, error: PortalError) -> None:
        self.show_state(NOT_SAVED)
        if isinstance(error, Refused) and error.code is ProblemCode.STALE:
            self._ask_whose(error)
        else:
            show_send_error(self, error)

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Save the draft, and go back."""
        super().action_back()

    def leave_for(self, navigate: Callable[[], None]) -> None:
        """Save the draft, then navigate; ask first if it can't be saved."""
        self.run_worker(self._leave(navigate), group="leave", exclusive=True, exit_on_error=False)

    async def _leave(self, navigate: Callable[[], None]) -> None:
        await self._save_quietly()
        super().leave_for(navigate)

    @property
    def has_unsaved_input(self) -> bool:
        """Whether something was typed since the last save."""
        return self._draft is not None and self._texts() != self._saved

    async def save_input(self) -> bool:
        """Save the draft before the program ends; return whether all of it is safe."""
        return await self._save_quietly()


def _missing_widget(draft: LetterDraft, index: int) -> Static:
    item = draft.missing[index]
    text = f"! {item.text}"
    if item.where is MissingFrom.LETTER:
        return Link(text, value=item.field, id=f"missing-{index}")
    if item.where is MissingFrom.CASE:
        return Link(text, place=PlaceKind.CASE.of(draft.case), id=f"missing-{index}")
    return Static(coloured_content(text))
