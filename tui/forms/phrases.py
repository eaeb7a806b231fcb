"""A professional's phrases: inserting one into an answer, and editing the list."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import ClassVar, cast
from uuid import uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Button, Input, OptionList, Static

from shared.forms.phrases import PHRASE_LENGTH, Phrase
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.core.portal import Portal
from tui.forms import api, texts
from tui.widgets.dialog import DISCARD_INPUT, Action, ChoiceDialog, Dialog, SecondaryAction
from tui.widgets.line_input import LineInput
from tui.widgets.long_text import LongText
from tui.widgets.results import ResultList

ROW_LENGTH = 66
"""Characters of a phrase shown in the list."""


def call(screen: Screen[str], work: Coroutine[object, object, None]) -> None:
    """Call the server in the background and show any error."""

    async def run_guarded() -> None:
        try:
            await work
        except PortalError as error:
            cast("Portal", screen.app).show_error(error)

    screen.run_worker(run_guarded(), group="phrases", exclusive=True, exit_on_error=False)


class Phrases(Dialog[str]):
    """Lists the phrases that match the filter; returns the text of the chosen one, or ''."""

    AUTO_FOCUS = "Input"
    HELP_TEXT = texts.PHRASES_HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        command("phrases.close", "escape", "close", "close", "Close and put in nothing."),
        Binding("down", "move(1)", "down", show=False),
        Binding("up", "move(-1)", "up", show=False),
    ]

    def __init__(self, selected_text: str, *, can_insert: bool) -> None:
        """Use the selected text as the initial text of a new phrase."""
        super().__init__()
        self._selected_text = selected_text[:PHRASE_LENGTH]
        self._can_insert = can_insert
        self._phrases: list[Phrase] = []
        self._matches: list[Phrase] = []

    def compose(self) -> ComposeResult:
        """Lay out the filter, the list, the full phrase and the buttons."""
        with Vertical(classes="dialog"):
            yield Static("My phrases", classes="title", markup=False)
            yield LineInput(placeholder="Words of the phrase", compact=True, max_length=200)
            yield ResultList(markup=False)
            with VerticalScroll(classes="text", can_focus=False):
                yield Static("", id="phrase", markup=False)
            if not self._can_insert:
                yield Static(texts.NO_ANSWER_FOR_PHRASE, classes="hint", markup=False)
            with Horizontal(classes="actions"):
                yield Action("Put in", id="put-in")
                yield SecondaryAction("+ New", id="new")
                yield SecondaryAction("Edit", id="edit")
                yield SecondaryAction("Delete", id="delete")

    def on_mount(self) -> None:
        """Load the phrases."""
        self._show()
        call(self, self._load())

    async def _load(self) -> None:
        self._phrases = await api.list_phrases(cast("Portal", self.app).client)
        self._show()

    @property
    def _current(self) -> Phrase | None:
        index = self.query_one(OptionList).highlighted
        return self._matches[index] if index is not None and index < len(self._matches) else None

    @on(Input.Changed)
    def _show(self) -> None:
        words = self.query_one(Input).value.casefold().split()
        self._matches = [p for p in self._phrases if all(w in p.text.casefold() for w in words)]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([_row(phrase.text) for phrase in self._matches])
        options.display = bool(self._matches)
        options.highlighted = 0 if self._matches else None
        self._show_current()

    @on(OptionList.OptionHighlighted)
    def _show_current(self) -> None:
        phrase = self._current
        placeholder = texts.NO_PHRASES if not self._phrases else texts.NO_SUCH_PHRASE
        self.query_one("#phrase", Static).update(phrase.text if phrase else placeholder)
        self.query_one("#put-in").display = phrase is not None and self._can_insert
        self.query_one("#edit").display = self.query_one("#delete").display = phrase is not None

    def action_move(self, offset: int) -> None:
        """Move to another phrase while the filter has the focus."""
        options = self.query_one(OptionList)
        if self._matches:
            options.highlighted = ((options.highlighted or 0) + offset) % len(self._matches)

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    @on(Button.Pressed, "#put-in")
    def _insert(self) -> None:
        phrase = self._current
        if phrase and self._can_insert:
            self.dismiss(phrase.text)

    @on(Button.Pressed, "#new")
    def _add(self) -> None:
        self._edit(Phrase.model_construct(id=uuid4(), text=self._selected_text))

    @on(Button.Pressed, "#edit")
    def _edit_current(self) -> None:
        if phrase := self._current:
            self._edit(phrase)

    def _edit(self, phrase: Phrase) -> None:
        self.app.push_screen(EditPhrase(phrase), self._reload)

    def _reload(self, saved_id: str | None) -> None:
        if saved_id:
            call(self, self._load_and_show(saved_id))

    async def _load_and_show(self, saved_id: str) -> None:
        """Reload the list with the saved phrase current, so that Enter inserts it."""
        box = self.query_one(Input)
        with self.prevent(Input.Changed):
            box.value = ""
        await self._load()
        ids = [str(phrase.id) for phrase in self._matches]
        self.query_one(OptionList).highlighted = ids.index(saved_id) if saved_id in ids else None
        box.focus()

    @on(Button.Pressed, "#delete")
    def _ask_to_delete(self) -> None:
        phrase = self._current
        if phrase is None:
            return

        def on_answer(answer: str | None) -> None:
            if answer == "delete":
                call(self, self._delete(phrase))

        question = ("Delete this phrase?", _row(phrase.text))
        answers = (("keep", "Keep"), ("delete", "Delete"))
        self.app.push_screen(ChoiceDialog(*question, answers), on_answer)

    async def _delete(self, phrase: Phrase) -> None:
        await api.remove_phrase(cast("Portal", self.app).client, phrase.id)
        await self._load()

    def action_close(self) -> None:
        """Close without a phrase."""
        self.dismiss("")


class EditPhrase(Dialog[str]):
    """Edits one phrase; returns its id once it is saved."""

    AUTO_FOCUS = "LongText"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("phrase.save", "ctrl+s", "save", "save", "Save the phrase."),
        command("phrase.close", "escape", "close", "close", "Close; you are asked about changes."),
    ]

    def __init__(self, phrase: Phrase) -> None:
        super().__init__()
        self._phrase = phrase

    def compose(self) -> ComposeResult:
        """Lay out the text above the buttons."""
        with Vertical(classes="dialog"):
            yield Static("Phrase", classes="title", markup=False)
            yield LongText(self._phrase.text)
            yield Static(texts.phrase_limit(PHRASE_LENGTH), classes="hint", markup=False)
            yield Static("", classes="error", markup=False)
            with Horizontal(classes="actions"):
                yield Action("Save", id="save")
                yield SecondaryAction("Cancel", id="cancel")

    @property
    def _text(self) -> str:
        return self.query_one(LongText).text

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        """Save the phrase, or show an error and keep the input."""
        text = self._text
        error = texts.phrase_error(text, PHRASE_LENGTH)
        self.query_one(".error", Static).update(error)
        if not error:
            call(self, self._save(Phrase(id=self._phrase.id, text=text)))

    async def _save(self, phrase: Phrase) -> None:
        await api.save_phrase(cast("Portal", self.app).client, phrase)
        self.dismiss(str(phrase.id))

    @on(Button.Pressed, "#cancel")
    def action_close(self) -> None:
        """Close, asking first if the text has changed."""
        if self._text == self._phrase.text:
            self.dismiss("")
            return

        def on_answer(answer: str | None) -> None:
            if answer == "close":
                self.dismiss("")

        self.app.push_screen(ChoiceDialog(*DISCARD_INPUT), on_answer)


def _row(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= ROW_LENGTH else f"{line[: ROW_LENGTH - 1]}…"
