"""Dialog for choosing between two versions after an edit conflict."""

from __future__ import annotations

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.problems import Problem
from shared.values.days import format_day, format_time
from tui.people.questions import QUESTIONS, FieldTexts, answer_text
from tui.widgets.dialog import Action, ChoiceDialog, DialogBody, SecondaryAction

KEEP_MINE = "keep"
TAKE_THEIRS = "take"


def conflict_text(problem: Problem) -> str:
    """Describe who changed the details and when, as far as known."""
    changed_by = problem.changed_by or "Someone"
    when = ""
    if problem.changed_at:
        changed_at = datetime.fromisoformat(problem.changed_at)
        when = f" on {format_day(changed_at.date())} at {format_time(changed_at)}"
    return f"{changed_by} changed these details{when}, after you opened them. Nothing is lost yet."


class EditConflict(ChoiceDialog):
    """Compares the input with the stored details; returns KEEP_MINE, TAKE_THEIRS or ''."""

    def __init__(self, own_texts: FieldTexts, stored_texts: FieldTexts, problem: Problem) -> None:
        answers = ((KEEP_MINE, "Keep mine"), (TAKE_THEIRS, "Take theirs"))
        super().__init__("These details have changed", conflict_text(problem), answers)
        self._rows = [
            f"{question.label}\n  yours:  {answer_text(question.name, own_texts[question.name])}\n"
            f"  theirs: {answer_text(question.name, stored_texts[question.name])}"
            for question in QUESTIONS
            if own_texts[question.name] != stored_texts[question.name]
        ]

    def compose(self) -> ComposeResult:
        """Lay out the differences above the answers."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="title", markup=False)
            yield Static(self._text, classes="paragraph", markup=False)
            with DialogBody(classes="text"):
                yield Static("\n".join(self._rows), markup=False)
            with Horizontal(classes="actions"):
                for index, (name, label) in enumerate(self._answers):
                    yield (SecondaryAction if index else Action)(label, id=name)
