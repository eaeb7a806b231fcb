"""Search within a form: finds words in the questions and answers of all steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static

from shared.forms.summary import NOT_PROVIDED, Line
from tui.core.commands import command
from tui.forms import texts
from tui.widgets.dialog import Dialog
from tui.widgets.line_input import LineInput

MAX_FOUND = 50
EXCERPT_LENGTH = 64
"""Characters shown of the answer around the first word found."""
BEFORE = 16
"""Characters shown before that word."""


class Found(NamedTuple):
    """A matching question; `excerpt` is the part of its answer with the words, or ''."""

    line: Line
    excerpt: str


def search_lines(lines: Sequence[Line], words: str) -> list[Found]:
    """Find the questions that have all words in their text or their answer, in form order."""
    wanted = words.casefold().split()
    found: list[Found] = []
    for line in lines if wanted else ():
        question = f"{line.step_title} {line.label}".casefold()
        answer = "" if line.text == NOT_PROVIDED else " ".join(line.text.split())
        folded = answer.casefold()
        if line.pointer and all(word in question or word in folded for word in wanted):
            starts = [folded.find(word) for word in wanted]
            place = min((start for start in starts if start >= 0), default=None)
            found.append(Found(line, _excerpt(answer, place)))
        if len(found) == MAX_FOUND:
            break
    return found


def _excerpt(answer: str, place: int | None) -> str:
    if place is None:
        return ""
    start = max(0, place - BEFORE)
    end = start + EXCERPT_LENGTH
    return f"{'…' if start else ''}{answer[start:end]}{'…' if end < len(answer) else ''}"


class FindAnswer(Dialog[Line]):
    """Lists the questions that match the words typed; returns the chosen one."""

    AUTO_FOCUS = "Input"
    HELP_TEXT = texts.SEARCH_HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        command("find.close", "escape", "close", "close", "Close and stay where you are."),
        Binding("down", "move(1)", "down", show=False),
        Binding("up", "move(-1)", "up", show=False),
    ]

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self._lines = lines
        self._found: list[Found] = []

    def compose(self) -> ComposeResult:
        """Lay out the search box above the results."""
        with Vertical(classes="dialog"):
            yield Static("Search this form", classes="title", markup=False)
            yield LineInput(placeholder="Words of a question or an answer", compact=True)
            yield OptionList(markup=False)
            yield Static(texts.SEARCH_HINT, classes="hint", markup=False)

    def on_mount(self) -> None:
        """Hide the empty list."""
        self._show("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def _show(self, words: str) -> None:
        self._found = search_lines(self._lines, words)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([_row(found) for found in self._found])
        options.display = bool(self._found)
        options.highlighted = 0 if self._found else None
        none = texts.NOTHING_FOUND if words.strip() else texts.SEARCH_HINT
        self.query_one(".hint", Static).update("" if self._found else none)

    def action_move(self, step: int) -> None:
        """Move to another result while the search box has the focus."""
        options = self.query_one(OptionList)
        if self._found:
            options.highlighted = ((options.highlighted or 0) + step) % len(self._found)

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _choose(self) -> None:
        index = self.query_one(OptionList).highlighted
        if index is not None and index < len(self._found):
            self.dismiss(self._found[index].line)

    def action_close(self) -> None:
        """Close without a result."""
        self.dismiss(None)


def _row(found: Found) -> str:
    line = found.line
    place = f"{line.step_title} · {line.label}"
    return f"{place}\n  {found.excerpt}" if found.excerpt else place
