"""The sentences of the form editor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from rich.cells import cell_len

from shared.forms.answers import StepState
from shared.forms.definition import Group
from shared.forms.submissions import Answer, Entry
from shared.forms.summary import in_words
from shared.values.days import write_clock, write_clock_of, write_day
from tui.saving import entries
from tui.saving.saver import Standing

SIGNS = {
    StepState.NOT_STARTED: "·",
    StepState.STARTED: "◐",
    StepState.DONE: "✓",
    StepState.LOOK_AT: "✗",
    StepState.NOT_APPLICABLE: "–",
}

if TYPE_CHECKING:
    from shared.forms.submissions import Confirmation
    from tui.forms.state import FormState
    from tui.saving.draft import Unsaved

HELP = (
    "What you type is saved as you type; the top line says when. Ctrl+S saves and goes to the "
    "next step, F3 to the one before, F2 to the line of steps, where a number opens any of them. "
    "Nothing has to be complete before Submit."
)
SAVE_HELP = "Save and go on to the next step."
BACK_HELP = "Save and go to the step before."
STEPS_HELP = "Go to the line of steps, to open any of them."
BROUGHT_BACK = "What you typed and could not be saved last time is here again."
LEFT_UNSAVED = (
    "The server does not have all of it yet. The rest is kept here, and sent once it answers."
)
NO_COPY_YET = (
    "No copy was saved: the server does not have all of the form yet. What you typed is kept; "
    "save the copy once the top line says Saved."
)
COPY_HELP = "Save a copy as PDF or plain text, with a signed receipt."
LEFT_UNDECIDED = "Yours is kept. It is sent once you have looked at both: F4 in the form."
SIGNED_OUT = (
    "! You were signed out. F4 signs in again; what you type meanwhile is kept and then sent."
)
SUBMITTING = "Submitting: all is being saved, then sent."
NOT_CONFIRMED = (
    "! The server has not answered yet whether the form was submitted. It is asked again until it "
    "answers: nothing is sent twice."
)
ATTEND_HELP = "Sign in again, or look at what another changed where you did."
YOU = "You, on another machine,"
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
    """Return the form and its child, with the due day if the header has room."""
    due = _due(state) if _due_fits(state, width) else ""
    return f"{state.person_name} › {state.form.short}{due}"


def step_title(state: FormState, place: int, width: int) -> str:
    """Return the title of a step, with the due day if the header has no room."""
    steps = state.form.steps
    due = "" if _due_fits(state, width) else _due(state)
    return f"Step {place + 1} of {len(steps)} · {steps[place].title}{due}"


def returned(missing: str) -> str:
    """Return a short notice that the form was returned, and what is missing."""
    whole = " ".join(missing.split())
    if len(whole) > RETURNED:
        whole = f"{whole[:RETURNED]}… The whole text stands on the child's progress page."
    return f"! Returned by the Local Authority. What is missing: {whole}"


def left(state: FormState) -> str:
    """Return the notice on leaving that the server does not have everything yet."""
    return LEFT_UNDECIDED if state.draft.overlaps else LEFT_UNSAVED


def standing(how: Standing, state: FormState) -> str:
    """Return the save state for the header; it is always true."""
    match how:
        case Standing.SAVED:
            return f"✓ Saved {write_clock_of(state.draft.saved_at, state.facts.today)}"
        case Standing.SAVING:
            return "… Saving"
        case Standing.ON_DISK:
            return "! Not saved yet: kept here"
        case Standing.IN_MEMORY:
            return "! Not saved: in memory only"
        case Standing.TO_LOOK_AT:
            return "! Another's change to look at"


def met(people: Sequence[str]) -> str:
    """Return the notice that changes of others are shown now."""
    who = " and ".join(people) or YOU
    return f"{who} changed this form too. Both your answers and theirs are kept."


def overlaps(state: FormState) -> str:
    """Return the notice of conflicting answers, and what to do about them."""
    field, first = next(iter(state.draft.overlaps.items()))
    more = len(state.draft.overlaps) - 1
    others = f" and {more} more" if more else ""
    label = state.form.field(field).label
    return (
        f"! {first.by or YOU} changed ‘{label}’{others} where you did. F4 shows both; "
        "until then yours is kept here and not sent."
    )


def submitted_by(who: str, at: datetime) -> str:
    """Return the notice that somebody else submitted the open form."""
    return (
        f"! {who} submitted this form, {write_clock(at)}, as it was saved then. "
        "What you change now goes with the next Submit."
    )


def submitted_before(confirmation: Confirmation) -> str:
    """Return the notice that later input is not part of the submission."""
    return (
        f"Submitted. Your reference: {confirmation.reference}. What you typed since is not in it: "
        "Submit sends it as a further version."
    )


def cannot_be_sent(why: str, unsaved: Unsaved) -> Asked:
    """Show what was typed into a form that can't be filled any more, to copy or to discard."""
    texts = (value for value in unsaved.answers.values() if isinstance(value, str) and value)
    return (
        "What you typed here can't be sent any more",
        "\n\n".join([f"{unsaved.title}. {why}", *texts]),
        (("stay", "Leave it here"), ("discard", "Discard it")),
    )


def left_refused(title: str, why: str) -> str:
    """Return the notice, after leaving, that the server refused the form."""
    return f"{title}: {why} What you typed is kept here."


def left_submitted(confirmation: Confirmation) -> str:
    """Return the notice, after leaving, that the form was submitted."""
    return (
        f"{confirmation.form_title} for {confirmation.person_name} was submitted. "
        f"Your reference: {confirmation.reference}."
    )


def overlap(state: FormState, field: str) -> Asked:
    """Return the question which of two versions of an answer to keep."""
    who = state.draft.overlaps[field].by or YOU
    yours, other = _beside(state, field, state.draft.overlaps[field].theirs)
    both = (("both", "Keep both"),) if state.draft.holds_both(field) else ()
    return (
        f"{who} changed this answer while you typed",
        f"{state.form.field(field).label}\n\nYours: {yours}\n\n{who}: {other}",
        # Keeping both comes first, so that an Enter meant for the text loses nothing.
        (*both, ("mine", "Keep mine"), ("theirs", "Keep the other")),
    )


def _beside(state: FormState, field: str, theirs: Answer | None) -> tuple[str, str]:
    """Write two answers from where they begin to differ."""
    mine = state.answers.get(field)
    names = state.names()
    if isinstance(mine, list) and isinstance(theirs, list):
        ids = entries.clashing(state.draft.overlaps[field].base, mine, theirs)
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
    lines = [
        ", ".join(names.get(str(v), str(v)) for name, v in entry.items() if name != "id" and v)
        for entry in entries
        if entry["id"] in ids
    ]
    return _cut("; ".join(lines), 0)


def _cut(text: str, start: int) -> str:
    before = "…" if start else ""
    after = "…" if len(text) > start + SHOWN else ""
    return f"{before}{text[start : start + SHOWN]}{after}"
