"""An edit conflict: both versions are shown, and the user chooses one."""

from __future__ import annotations

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from shared.problems import Problem
from shared.values.days import write_clock, write_day
from tui.people.questions import QUESTIONS, Typed, in_words
from tui.widgets.dialog import Action, Question

KEEP = "keep"
TAKE = "take"


def changed_words(problem: Problem) -> str:
    """Return who changed the details and when, as far as the server knows."""
    by = problem.changed_by or "Someone"
    when = ""
    if problem.changed_at:
        moment = datetime.fromisoformat(problem.changed_at)
        when = f" on {write_day(moment.date())} at {write_clock(moment)}"
    return f"{by} changed these details{when}, after you opened them. Nothing is lost yet."


class Clash(Question):
    """Compares the input with the stored details; returns KEEP, TAKE or ''."""

    def __init__(self, mine: Typed, theirs: Typed, problem: Problem) -> None:
        answers = ((KEEP, "Keep mine"), (TAKE, "Take theirs"))
        super().__init__("These details have changed", changed_words(problem), answers)
        self._rows = [
            f"{question.label}\n  yours:  {in_words(question.name, mine[question.name])}\n"
            f"  theirs: {in_words(question.name, theirs[question.name])}"
            for question in QUESTIONS
            if mine[question.name] != theirs[question.name]
        ]

    def compose(self) -> ComposeResult:
        """Lay out the differences above the answers; Esc goes back to editing."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="title", markup=False)
            yield Static(self._text, classes="paragraph", markup=False)
            with VerticalScroll(classes="text"):
                yield Static("\n".join(self._rows), markup=False)
            with Horizontal(classes="actions"):
                for name, words in self._answers:
                    yield Action(words, id=name)
