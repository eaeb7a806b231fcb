"""The sentences of the form editor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from rich.cells import cell_len

from shared.days import write_clock, write_day
from shared.forms.answers import StepState
from shared.forms.definition import Group
from shared.forms.submissions import Answer, Entry
from shared.forms.summary import in_words

SIGNS = {
    StepState.NOT_STARTED: "·",
    StepState.STARTED: "◐",
    StepState.DONE: "✓",
    StepState.LOOK_AT: "✗",
    StepState.NOT_APPLICABLE: "–",
}

if TYPE_CHECKING:
    from tui.forms.saver import Clash
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
BESIDE_WHERE = 34
"""Columns of the header that the longest words of saving and the link need."""
RETURNED = 200
"""Characters of what is missing that stand above each step."""
BEFORE = 40
"""Characters of them shown before the first in which they differ."""

Asked = tuple[str, str, tuple[tuple[str, str], ...]]


def not_uploaded(files: Sequence[str]) -> Asked:
    """Ask about files that were chosen and not uploaded."""
    them = "them" if len(files) > 1 else "it"
    return (
        "Chosen, but not uploaded",
        f"{', '.join(files)}: without Upload the form goes without {them}.",
        (("upload", "Upload now"), ("go", "Go on without"), ("stay", "Stay here")),
    )


def _due(state: FormState) -> str:
    return f" · due {write_day(state.due)}" if state.due else ""


def _due_fits(state: FormState, width: int) -> bool:
    where = f"{state.person_name} › {state.form.short}{_due(state)}"
    return cell_len(where) <= width - BESIDE_WHERE


def where(state: FormState, width: int) -> str:
    """Say for whom which form is, and when it is due where the header has room for it."""
    due = _due(state) if _due_fits(state, width) else ""
    return f"{state.person_name} › {state.form.short}{due}"


def step_title(state: FormState, place: int, width: int) -> str:
    """Say which step it is, and when the form is due where the header does not."""
    steps = state.form.steps
    due = "" if _due_fits(state, width) else _due(state)
    return f"Step {place + 1} of {len(steps)} · {steps[place].title}{due}"


def returned(missing: str) -> str:
    """Say that a form was returned, and what is missing, in few lines above the step."""
    whole = " ".join(missing.split())
    if len(whole) > RETURNED:
        whole = f"{whole[:RETURNED]}… The whole text stands on the child's progress page."
    return f"! Returned by the Local Authority. What is missing: {whole}"


def met(by: str) -> str:
    """Tell that what somebody else saved meanwhile is shown now."""
    return f"{by or 'Somebody'} changed this form too. Both your answers and theirs are kept."


def clash(state: FormState, clash: Clash, field: str) -> Asked:
    """Ask which of two versions of the same answer is to be kept, showing both, who and when."""
    who = clash.by or "Somebody"
    theirs = clash.other.answers.get(field)
    yours, other = _beside(state, field, theirs)
    both = (("both", "Keep both"),) if state.holds_both(field) else ()
    return (
        f"{who} changed this answer at {write_clock(clash.other.saved_at)} while you typed",
        f"{state.form.field(field).label}\n\nYours: {yours}\n\n{who}: {other}",
        # Both first: an Enter that was typed into the text loses nothing.
        (*both, ("mine", "Keep mine"), ("theirs", "Keep the other")),
    )


def _beside(state: FormState, field: str, theirs: Answer | None) -> tuple[str, str]:
    """Write two answers from where they begin to differ."""
    mine = state.unsaved[field]
    names = state.names()
    if isinstance(mine, list) and isinstance(theirs, list):
        ids = state.clashing(field, {field: theirs})
        return _entries(mine, ids, names), _entries(theirs, ids, names)
    pair = [_text(state, field, answer) for answer in (mine, theirs)]
    same = takewhile(lambda letters: letters[0] == letters[1], zip(*pair, strict=False))
    start = max(0, sum(1 for _ in same) - BEFORE)
    return _cut(pair[0], start), _cut(pair[1], start)


def _text(state: FormState, field: str, answer: Answer | None) -> str:
    definition = state.form.field(field)
    if isinstance(answer, list) or isinstance(definition, Group):
        return f"{len(answer) if isinstance(answer, list) else 0} entries"
    return in_words(definition, answer, state.names())


def _entries(entries: list[Entry], ids: list[str], names: dict[str, str]) -> str:
    told = [
        ", ".join(names.get(str(v), str(v)) for name, v in entry.items() if name != "id" and v)
        for entry in entries
        if entry["id"] in ids
    ]
    return _cut("; ".join(told), 0)


def _cut(text: str, start: int) -> str:
    before = "…" if start else ""
    after = "…" if len(text) > start + SHOWN else ""
    return f"{before}{text[start : start + SHOWN]}{after}"
