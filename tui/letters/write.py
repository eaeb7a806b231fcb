"""The screen for writing a letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static, TextArea

from shared.letters import LetterDraft, LetterRow
from shared.problems import ProblemCode
from shared.values.days import format_time
from tui.core.commands import command
from tui.core.errors import PortalError, Refused
from tui.desk.send_errors import show_send_error
from tui.letters import api
from tui.letters.autosave import NOT_SAVED, Autosave
from tui.letters.exchange import LetterExchange
from tui.letters.missing import MissingItems
from tui.letters.preview import PreviewLetter
from tui.letters.questions import LetterQuestion, LetterQuestions
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.screen import SEND_LINKS, PortalScreen

if TYPE_CHECKING:
    from collections.abc import Callable

MADE_BEFORE = "{name} is made and kept with the case. What you type now is a new draft."
CHANGED = "Somebody else has changed this letter"
CHANGED_ANSWERS = (
    ("stay", "Go on writing"),
    ("mine", "Keep mine"),
    ("theirs", "Take theirs"),
)


class WriteLetter(PortalScreen):
    """The parts of a letter that an officer writes, saved while they type.

    `letter` is a case and a kind of letter; a `consultation`, and `advice` that is asked for by
    post, have a letter of their own.
    """

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
        command("letter.show", "ctrl+s", "show", "show the letter", "Show the whole letter."),
    ]

    def __init__(self, letter: str = "", consultation: str = "", advice: str = "") -> None:
        super().__init__()
        if consultation:
            path = api.consultation_letter_path(UUID(consultation))
        elif advice:
            path = api.advice_letter_path(UUID(advice))
        else:
            case, kind = letter.split("/")
            path = api.letter_path(UUID(case), kind)
        self._questions = LetterQuestions(id="questions")
        self._exchange = LetterExchange(self.portal.client, path, self)
        self._autosave = Autosave(self, self._questions, self._exchange)
        self._draft: LetterDraft | None = None

    def body(self) -> ComposeResult:
        """Lay out the page; `_load` adds the questions."""
        yield Static("", id="letter-title", classes="title", markup=False)
        yield ErrorSummary()
        yield MissingItems(id="missing")
        yield self._questions
        with Horizontal(classes="actions"):
            yield Action("Show the letter", id="send")
            yield SecondaryAction("Back", id="back")

    def on_mount(self) -> None:
        """Load the letter."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        draft = await self._exchange.read()
        self.set_location(f"Cases › {draft.child} › Letters")
        self.query_one("#letter-title", Static).update(draft.title)
        await self._questions.ask(draft)
        await self._exchange.show(draft)
        self._exchange.mark_saved()
        # What is missing stays in view above it, if there is room.
        self.query(LetterQuestion).first().control.focus(scroll_visible=False)
        self.call_after_refresh(self._show_focused)

    def texts(self) -> dict[str, str]:
        """Return what is typed now, by field."""
        return self._questions.texts()

    async def show(self, draft: LetterDraft) -> None:
        """Show what is missing, and when the draft was saved."""
        self._draft = draft
        focused = self.focused
        await self.query_one(MissingItems).show(draft)
        if focused is not None and not focused.is_attached:
            self.query(Field).first().focus_control()
        self.clear_working()

    def show_made_before(self, letter: LetterRow) -> None:
        """Show that a letter was made, whose reply was lost."""
        self.notify(MADE_BEFORE.format(name=letter.name), markup=False)

    def clear_working(self) -> None:
        """Show when the draft was saved instead of 'Working…'."""
        saved_at = self._draft.saved_at if self._draft else None
        self.show_state(f"Saved {format_time(saved_at)}" if saved_at else "")

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _on_typed(self, event: Input.Changed | TextArea.Changed) -> None:
        if self._draft is not None:
            event.control.query_ancestor(LetterQuestion).recount()
            if self._exchange.has_unsaved_texts:  # not what was loaded just now
                self._autosave.restart()

    @on(Link.Chosen, "#missing Link")
    def _go_to_missing(self, event: Link.Chosen) -> None:
        name = event.link.value
        if isinstance(name, str) and name:
            event.stop()
            self.query_one(f"#field-{name}", Field).focus_control()

    @on(Button.Pressed, "#send")
    def action_show(self) -> None:
        """Save the draft, and show the whole letter."""
        errors = self._questions.errors()
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, "")
        if self._draft is not None and not errors:
            self.send(self._save_and_show(), self._on_send_error)

    async def _save_and_show(self) -> None:
        await self._autosave.save()
        if self._draft is not None and self.is_on_top:
            self.app.push_screen(PreviewLetter(self._draft), self._on_shown)

    def _on_shown(self, is_approved: bool | None) -> None:
        if is_approved:
            self.send(self._make(), self._on_send_error)

    async def _make(self) -> None:
        letter = await self._exchange.make()
        self.notify(f"{letter.name} is made and kept with the case.", markup=False)
        self.finish()

    def _on_send_error(self, error: PortalError) -> None:
        self.show_state(NOT_SAVED)
        if isinstance(error, Refused) and error.code is ProblemCode.STALE:
            self._ask_whose(error)
        else:
            show_send_error(self, error)

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
        draft = await self._exchange.read()
        if not keep:
            self._questions.load(draft)
            self._exchange.mark_saved()
        await self._exchange.show(draft)
        if keep:
            await self._autosave.save()

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Save the draft, and go back."""
        super().action_back()

    def leave_for(self, navigate: Callable[[], None]) -> None:
        """Save the draft, then navigate; ask first if it can't be saved."""
        self.run_worker(self._leave(navigate), group="leave", exclusive=True, exit_on_error=False)

    async def _leave(self, navigate: Callable[[], None]) -> None:
        await self._autosave.save_quietly()
        super().leave_for(navigate)

    @property
    def has_unsaved_input(self) -> bool:
        """Whether something was typed since the last save."""
        return self._exchange.has_unsaved_texts

    async def save_input(self) -> bool:
        """Save the draft before the program ends; return whether all of it is safe."""
        return await self._autosave.save_quietly()
