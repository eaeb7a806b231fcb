"""Search in the questions and answers of all steps of a form."""

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
from tui.widgets.results import ResultList

MAX_RESULTS = 50
EXCERPT_LENGTH = 64
"""Characters of an answer shown around the first match."""
CONTEXT_LENGTH = 16
"""Characters shown before the match."""


class SearchResult(NamedTuple):
    """A matching question; `excerpt` is the matching part of its answer, or ''."""

    line: Line
    excerpt: str


def search_lines(lines: Sequence[Line], words: str) -> list[SearchResult]:
    """Return the questions that contain all words, in form order."""
    terms = words.casefold().split()
    results: list[SearchResult] = []
    for line in lines if terms else ():
        question = f"{line.step_title} {line.label}".casefold()
        answer = "" if line.text == NOT_PROVIDED else " ".join(line.text.split())
        folded = answer.casefold()
        if line.pointer and all(word in question or word in folded for word in terms):
            starts = [folded.find(word) for word in terms]
            position = min((start for start in starts if start >= 0), default=None)
            results.append(SearchResult(line, _excerpt(answer, position)))
        if len(results) == MAX_RESULTS:
            break
    return results


def _excerpt(answer: str, position: int | None) -> str:
    if position is None:
        return ""
    start = max(0, position - CONTEXT_LENGTH)
    end = start + EXCERPT_LENGTH
    return f"{'…' if start else ''}{answer[start:end]}{'…' if end < len(answer) else ''}"


class FindAnswer(Dialog[Line]):
    """Lists the matching questions; returns the chosen one."""

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
        self._results: list[SearchResult] = []

    def compose(self) -> ComposeResult:
        """Lay out the search box above the results."""
        with Vertical(classes="dialog"):
            yield Static("Search this form", classes="title", markup=False)
            yield LineInput(placeholder="Words of a question or an answer", compact=True)
            yield ResultList(markup=False)
            yield Static(texts.SEARCH_HINT, classes="hint", markup=False)

    def on_mount(self) -> None:
        """Hide the empty list."""
        self._show("")

    @on(Input.Changed)
    def _on_typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def _show(self, words: str) -> None:
        self._results = search_lines(self._lines, words)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([_row(result) for result in self._results])
        options.display = bool(self._results)
        options.highlighted = 0 if self._results else None
        hint = texts.NOTHING_FOUND if words.strip() else texts.SEARCH_HINT
        self.query_one(".hint", Static).update("" if self._results else hint)

    def action_move(self, offset: int) -> None:
        """Move to another result while the search box has the focus."""
        options = self.query_one(OptionList)
        if self._results:
            options.highlighted = ((options.highlighted or 0) + offset) % len(self._results)

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _choose(self) -> None:
        index = self.query_one(OptionList).highlighted
        if index is not None and index < len(self._results):
            self.dismiss(self._results[index].line)

    def action_close(self) -> None:
        """Close without a result."""
        self.dismiss(None)


def _row(result: SearchResult) -> str:
    line = result.line
    question = f"{line.step_title} · {line.label}"
    return f"{question}\n  {result.excerpt}" if result.excerpt else question
