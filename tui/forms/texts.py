"""Texts of the form editor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from rich.cells import cell_len

from shared.forms.answers import StepState
from shared.forms.definition import Group
from shared.forms.shapes import ENTRIES_LIMIT
from shared.forms.submissions import Answer, Entry
from shared.forms.summary import answer_text
from shared.values.days import format_dated_time, format_day, format_time
from tui.documents.texts import printable
from tui.saving import entries
from tui.saving.saver import SaveState

SYMBOLS = {
    StepState.NOT_STARTED: "·",
    StepState.STARTED: "◐",
    StepState.DONE: "✓",
    StepState.NEEDS_ATTENTION: "✗",
    StepState.NOT_APPLICABLE: "–",
}

SHORT_SAVE_STATES = {
    SaveState.SAVED: "✓ Saved",
    SaveState.SAVING: "… Saving",
    SaveState.ON_DISK: "! Kept here",
    SaveState.IN_MEMORY: "! In memory only",
    SaveState.NEEDS_REVIEW: "! To look at",
}

if TYPE_CHECKING:
    from shared.forms.answers import Finding
    from shared.forms.submissions import Confirmation
    from tui.documents.upload import Upload
    from tui.forms.state import FormState
    from tui.forms.uploads import FileSlot
    from tui.saving.draft import Unsaved

HELP = (
    "What you type is saved as you type; the top line says when. {form.save} saves and goes to "
    "the next step, {form.back} to the one before, {form.steps} to the line of steps, where a "
    "number opens any of them, {form.submit} to Submit. Enter in a line of text goes on to the "
    "next field; in a closed list a letter opens it and finds an answer. "
    "Nothing has to be complete before Submit."
)
SAVE_HELP = "Save and go on to the next step."
SUBMIT_HELP = "Go to Submit, below the summary of your answers. Nothing is sent yet."
BACK_HELP = "Save and go to the step before."
STEPS_HELP = "Go to the line of steps, to open any of them."
RESTORED = "What you typed last time is here again. The top line says when it is saved."
LEFT_UNSAVED = (
    "The server does not have all of it yet. The rest is kept here, and sent once it answers."
)
NO_COPY_YET = (
    "No copy was saved: the server does not have all of the form yet. What you typed is kept; "
    "save the copy once the top line says Saved."
)
COPY_HELP = "Save a copy as PDF or plain text, with a signed receipt."
LEFT_WITH_OVERLAPS = (
    "Yours is kept. It is sent once you have looked at both: {form.attend} in the form."
)
SIGNED_OUT = (
    "! You were signed out. {form.attend} signs in again; what you type meanwhile is kept and then "
    "sent."
)
SUBMITTING = "Submitting: the form goes with all that you typed. Wait for the confirmation."
NOT_SUBMITTED_YET = "Not submitted yet. Press Enter on Submit to submit the form."
NOT_CONFIRMED = (
    "! The server has not answered yet whether the form was submitted. It is asked again until it "
    "answers: nothing is sent twice."
)
TERMS = "When you upload the first file, you confirm this for all files of this step."
TERMS_AGREED = "✓ Confirmed: files that you choose here are uploaded automatically."
TOO_MANY_ENTRIES = f"There can be {ENTRIES_LIMIT} entries at most; no more were added."
ATTEND_HELP = "Sign in again, or look at what another changed where you did."
PHRASE_HELP = "Put one of your own phrases in at the cursor, or add, change and delete them."
PHRASES_HELP = (
    "Type words of a phrase, move with Up and Down, and put it in with Enter. New begins with the "
    "text that is selected in the answer."
)
FIND_HELP = "Find words in the questions and answers of all steps, and go there."
SEARCH_HELP = "Type words of a question or an answer; Up and Down move, and Enter goes there."
SEARCH_HINT = "The questions and answers of all steps are searched. Enter goes there."
NOTHING_FOUND = "No question or answer has these words."
NO_PHRASES = "You have no phrases yet. New adds one; it is kept with your account."
NO_SUCH_PHRASE = "No phrase has these words."
NO_ANSWER_FOR_PHRASE = "Put the cursor into a long answer first: the phrase goes there."
MAX_MISSING_SHOWN = 5
"""Maximum number of empty answers listed at Submit."""
YOU = "You, on another machine,"
EXCERPT_LENGTH = 300
"""Characters of each version shown in the question about an overlap."""
STATUS_WIDTH = 34
"""Columns of the header reserved for the longest save state and the link."""
RETURNED_LENGTH = 200
"""Characters of the missing information shown above each step."""
CONTEXT_LENGTH = 40
"""Characters of context shown before the first difference."""

QuestionArgs = tuple[str, str, tuple[tuple[str, str], ...]]


def not_uploaded_question(state: FormState, slots: Sequence[FileSlot]) -> QuestionArgs:
    """Return the question about files not attached yet, with any unaccepted terms."""
    uploads = [upload for upload in map(state.uploads.find, slots) if upload]
    names = ", ".join(printable(upload.file.name) for upload in uploads)
    pronoun = "them" if len(slots) > 1 else "it"
    leave_option = ("go", f"Go on without {pronoun}")
    if all(upload.is_running for upload in uploads):
        text = f"{names}: the form would go without {pronoun}."
        return "Still being uploaded", text, (("stay", "Wait"), leave_option)
    terms = state.upload_terms({slot.group for slot in slots} - state.uploads.agreed_groups)
    text = f"{names}: without Upload the form goes without {pronoun}."
    return (
        "Chosen, but not uploaded",
        "\n\n".join([text, *terms]),
        (("stay", "Stay here"), ("upload", "Upload"), leave_option),
    )


def phrase_limit(limit: int) -> str:
    """Return the hint about the length of a phrase."""
    return f"There is a limit of {limit:,} characters. Name no child in it."


def phrase_error(text: str, limit: int) -> str:
    """Return the reason why a phrase can't be saved, or ''."""
    if not text.strip():
        return "✗ Write the phrase first."
    if len(text) > limit:
        return f"✗ The phrase has {len(text):,} characters. It was not saved; shorten it."
    return ""


def background_upload_notice(title: str, upload: Upload) -> str:
    """Return the notice that a file of a closed form could not be uploaded."""
    reason = upload.note.removeprefix("✗ ")
    return f"{title}: {printable(upload.file.name)} is not attached. {reason}"


def _due(state: FormState) -> str:
    if state.not_needed:
        return " · no longer needed"
    return f" · due {format_day(state.due)}" if state.due else ""


def _due_fits(state: FormState, width: int) -> bool:
    text = f"{state.person_name} › {state.form.short}{_due(state)}"
    return cell_len(text) <= width - STATUS_WIDTH


def location_text(state: FormState, width: int) -> str:
    """Return the child and the form, with the due date, or that it has none, if that fits."""
    due = _due(state) if _due_fits(state, width) else ""
    return f"{state.person_name} › {state.form.short}{due}"


def due_notice(state: FormState, width: int) -> str:
    """Return the due date, or that it has none, if that does not fit into the header."""
    return _due(state).removeprefix(" · ").capitalize() if not _due_fits(state, width) else ""


def missing_count(count: int) -> str:
    """Return the text with the number of expected answers that are empty."""
    if count == 1:
        return "1 answer that the authority expects is empty"
    return f"{count} answers that the authority expects are empty"


def missing_question(missing: Sequence[Finding]) -> QuestionArgs:
    """Return the question whether to submit without expected answers."""
    lines = [f"· {finding.message}" for finding in missing[:MAX_MISSING_SHOWN]]
    if len(missing) > MAX_MISSING_SHOWN:
        lines.append(f"and {len(missing) - MAX_MISSING_SHOWN} more")
    return (
        missing_count(len(missing)),
        "\n".join([*lines, "", "The form can go without them; the authority may ask for them."]),
        (("first", "Go to the first"), ("submit", "Submit anyway")),
    )


def being_checked_question(names: Sequence[str]) -> QuestionArgs:
    """Return the question whether to submit files that are being checked for viruses."""
    count = len(names)
    return (
        f"{count} {'file is' if count == 1 else 'files are'} being checked for viruses",
        "\n".join(
            [
                *(f"· {name}" for name in names[:MAX_MISSING_SHOWN]),
                *([f"and {count - MAX_MISSING_SHOWN} more"] if count > MAX_MISSING_SHOWN else []),
                "",
                "You can submit now. The authority can open a file once it is checked. If a virus "
                "is found, you get a message.",
            ]
        ),
        (("wait", "Wait"), ("submit", "Submit now")),
    )


def returned_notice(missing: str) -> str:
    """Return the notice that the form was returned, with the missing information."""
    text = " ".join(missing.split())
    if len(text) > RETURNED_LENGTH:
        text = f"{text[:RETURNED_LENGTH]}… The whole text stands on the child's progress page."
    return f"! Returned by the Local Authority. What is missing: {text}"


def unsaved_notice(state: FormState) -> str:
    """Return the notice on leaving a form that is not saved completely."""
    return LEFT_WITH_OVERLAPS if state.draft.overlaps else LEFT_UNSAVED


def save_state_text(save_state: SaveState, state: FormState) -> str:
    """Return the save state for the header."""
    match save_state:
        case SaveState.SAVED:
            return f"✓ Saved {format_dated_time(state.draft.saved_at, state.facts.today)}"
        case SaveState.SAVING:
            return "… Saving"
        case SaveState.ON_DISK:
            return "! Not saved yet: kept here"
        case SaveState.IN_MEMORY:
            return "! Not saved: in memory only"
        case SaveState.NEEDS_REVIEW:
            return "! Another's change to look at"


def merged_notice(authors: Sequence[str]) -> str:
    """Return the notice that others' changes were merged."""
    author = " and ".join(authors) or YOU
    return f"{author} changed this form too. Both your answers and theirs are kept."


def overlaps_notice(state: FormState) -> str:
    """Return the notice about overlaps, and how to resolve them."""
    field, first = next(iter(state.draft.overlaps.items()))
    more = len(state.draft.overlaps) - 1
    others = f" and {more} more" if more else ""
    label = state.form.field(field).label
    return (
        f"! {first.by or YOU} changed ‘{label}’{others} where you did. {{form.attend}} shows both; "
        "until then yours is kept here and not sent."
    )


def submitted_by_notice(author: str, submitted_at: datetime) -> str:
    """Return the notice that another user submitted the open form."""
    return (
        f"! {author} submitted this form, {format_time(submitted_at)}, as it was saved then. "
        "What you change now goes with the next Submit."
    )


def later_input_notice(confirmation: Confirmation) -> str:
    """Return the notice that later input is not part of the submission."""
    return (
        f"Submitted. Your reference: {confirmation.reference}. What you typed since is not in it: "
        "Submit sends it as a further version."
    )


def cannot_be_sent_question(reason: str, unsaved: Unsaved) -> QuestionArgs:
    """Return the question whether to discard input that can no longer be sent."""
    answers = (value for value in unsaved.answers.values() if isinstance(value, str) and value)
    return (
        "What you typed here can't be sent any more",
        "\n\n".join([f"{unsaved.title}. {reason}", *answers]),
        (("stay", "Leave it here"), ("discard", "Discard it")),
    )


def background_error_notice(title: str, reason: str) -> str:
    """Return the notice about an error in a closed form."""
    return f"{title}: {reason} What you typed is kept here."


def background_submitted_notice(confirmation: Confirmation) -> str:
    """Return the notice that a closed form was submitted."""
    return (
        f"{confirmation.form_title} for {confirmation.person_name} was submitted. "
        f"Your reference: {confirmation.reference}."
    )


def overlap_question(state: FormState, field: str) -> QuestionArgs:
    """Return the question which version of an answer to keep."""
    author = state.draft.overlaps[field].by or YOU
    yours, other = _excerpts(state, field, state.draft.overlaps[field].theirs)
    both = (("both", "Keep both"),) if state.draft.can_keep_both(field) else ()
    return (
        f"{author} changed this answer while you typed",
        f"{state.form.field(field).label}\n\nYours: {yours}\n\n{author}: {other}",
        # "Keep both" is first, so that an accidental Enter loses nothing.
        (*both, ("mine", "Keep mine"), ("theirs", "Keep the other")),
    )


def _excerpts(state: FormState, field: str, theirs: Answer | None) -> tuple[str, str]:
    """Return excerpts of two answers around their first difference."""
    mine = state.answers.get(field)
    names = state.names()
    if isinstance(mine, list) and isinstance(theirs, list):
        ids = entries.find_overlaps(state.draft.overlaps[field].base, mine, theirs)
        return _entries(mine, ids, names), _entries(theirs, ids, names)
    excerpts = [_text(state, field, answer) for answer in (mine, theirs)]
    common = takewhile(lambda chars: chars[0] == chars[1], zip(*excerpts, strict=False))
    start = max(0, sum(1 for _ in common) - CONTEXT_LENGTH)
    return _excerpt(excerpts[0], start), _excerpt(excerpts[1], start)


def _text(state: FormState, field: str, answer: Answer | None) -> str:
    definition = state.form.field(field)
    if isinstance(answer, list) or isinstance(definition, Group):
        return f"{len(answer) if isinstance(answer, list) else 0} entries"
    return answer_text(definition, answer, state.names())


def _entries(entries: list[Entry], ids: list[str], names: dict[str, str]) -> str:
    lines = [
        ", ".join(names.get(str(v), str(v)) for name, v in entry.items() if name != "id" and v)
        for entry in entries
        if entry["id"] in ids
    ]
    return _excerpt("; ".join(lines), 0)


def _excerpt(text: str, start: int) -> str:
    before = "…" if start else ""
    after = "…" if len(text) > start + EXCERPT_LENGTH else ""
    return f"{before}{text[start : start + EXCERPT_LENGTH]}{after}"
