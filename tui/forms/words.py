"""The sentences of the form editor."""

from __future__ import annotations

from collections.abc import Sequence

from shared.forms.submissions import Answer, Answers
from tui.forms.state import FormState

HELP = (
    "What you type is saved as you type; the top line says when. Ctrl+S saves and goes to the "
    "next step, F3 to the one before, F2 to the line of steps, where a number opens any of them. "
    "Nothing has to be complete before Submit."
)
SAVE_HELP = "Save and go on to the next step."
BACK_HELP = "Save and go to the step before."
STEPS_HELP = "Go to the line of steps, to open any of them."
BROUGHT_BACK = "What you typed and could not be saved last time is here again."
LEFT_UNSAVED = "The server is away. What you typed is kept, and sent when you open the form again."
SHOWN = 300
"""Characters of each of two versions that the question about them shows."""

Asked = tuple[str, str, tuple[tuple[str, str], ...]]


def not_uploaded(files: Sequence[str]) -> Asked:
    """Ask about files that were chosen and not uploaded."""
    them = "them" if len(files) > 1 else "it"
    return (
        "Chosen, but not uploaded",
        f"{', '.join(files)}: without Upload the form goes without {them}.",
        (("upload", "Upload now"), ("go", "Go on without"), ("stay", "Stay here")),
    )


def clash(state: FormState, theirs: Answers, fields: Sequence[str]) -> Asked:
    """Ask which of two versions of the same answers is to be kept, showing both."""
    parts = []
    for field in fields:
        label = state.form.field(field).label
        parts.append(
            f"{label}\nYours: {_short(state.unsaved.get(field))}\n"
            f"Saved elsewhere: {_short(theirs.get(field))}"
        )
    return (
        "This form was changed elsewhere while you typed",
        "\n\n".join(parts),
        (("mine", "Keep mine"), ("theirs", "Keep the other"), ("both", "Keep both")),
    )


def _short(answer: Answer | None) -> str:
    if isinstance(answer, list):
        return f"{len(answer)} entries"
    text = "empty" if answer in (None, "") else str(answer)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
