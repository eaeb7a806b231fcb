"""Advice in words: its dates, its summary, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import attrgetter

from shared.advice import AdviceStep, AdviceStepKind
from shared.desk import ADVICE_LABELS, AWAITED, AdviceRow, AdviceState, CaseOut, CaseStep
from shared.letters import LetterRow
from shared.values.days import format_datetime, format_day, london_day
from tui.widgets.headings import truncate

ENDED_ADVICE = frozenset({AdviceState.ACCEPTED, AdviceState.CANCELLED})
READABLE_ADVICE = frozenset({AdviceState.SUBMITTED, AdviceState.RETURNED, AdviceState.ACCEPTED})
STEP_LABELS = {
    AdviceStepKind.CHASED: "Advice chased",
    AdviceStepKind.RETURNED: "Advice returned",
    AdviceStepKind.RECEIVED: "Advice received on paper",
    AdviceStepKind.RECEIPT_REMOVED: "Receipt on paper taken back",
    AdviceStepKind.CONTACTS_CORRECTED: "Request by post corrected",
}
STEP_VERBS = {
    AdviceStepKind.CHASED: "Chased",
    AdviceStepKind.RETURNED: "Returned",
    AdviceStepKind.RECEIVED: "Receipt on paper recorded",
    AdviceStepKind.RECEIPT_REMOVED: "Receipt on paper taken back",
    AdviceStepKind.CONTACTS_CORRECTED: "Corrected",
}
SIGNS = {
    AdviceState.REQUESTED: "●",
    AdviceState.STARTED: "◐",
    AdviceState.SUBMITTED: "●",
    AdviceState.RETURNED: "!",
    AdviceState.ACCEPTED: "✓",
    AdviceState.CANCELLED: "–",
}
"""The sign before a state."""
NO_LETTER = "To be asked by post: no letter made yet"
ON_PAPER = "Received on paper"
UNANSWERED = AWAITED | {AdviceState.CANCELLED}
SHOWN_LENGTH = 200
"""Characters of a message shown with its advice; the history shows all of it."""


def advice_summary(rows: Sequence[AdviceRow]) -> str:
    """Return how much advice was asked for, received and is late, in a line."""
    if not rows:
        return "No advice was asked for yet."
    awaited = [row for row in rows if row.awaited]
    late = sum(row.late_days > 0 and not row.excused for row in awaited)
    needless = sum(row.state in UNANSWERED and not row.awaited for row in rows)
    counts = (
        (len(rows), "asked for"),
        (len(rows) - len(awaited) - needless, "received"),
        (len(awaited), "awaited"),
        (late, "late"),
        (needless, "no longer needed"),
    )
    text = " · ".join(f"{count} {label}" for count, label in counts if count)
    return f"! {text}" if late else text


def advice_lines(row: AdviceRow, letter: LetterRow | None = None) -> list[str]:
    """Return the lines of a piece of advice: from whom, its dates, what was done, its exception.

    `letter` is the newest one that asked for it.
    """
    author = f"{row.by}, {row.organisation}" if row.organisation else row.by
    lines = [f"{row.title} · {author}", _state_text(row, has_letter=letter is not None)]
    if contacts := [text for text in (row.phone, row.address) if text]:
        lines.append(f"How to reach them: {' · '.join(contacts)}")
    if letter:
        lines.append(f"Letter made {format_datetime(letter.made_at)} by {letter.by}")
    if row.received_on:
        late = f" · {count_days(row.late_days)} late" if row.late_days else ""
        lines.append(f"Received {_paper_text(row)}{format_day(row.received_on)}{late}")
    for step in _all_steps(row):
        verb = STEP_VERBS[step.kind]
        text = f": {truncate(' '.join(step.text.split()), SHOWN_LENGTH)}" if step.text else ""
        lines.append(f"{verb} {format_datetime(step.at)} by {step.by}{text}")
    if row.excused:
        lines.append(f"Exception: {row.excused}")
    return lines


def _all_steps(row: AdviceRow) -> list[AdviceStep]:
    """Return what officers did about a piece of advice, oldest first."""
    return sorted((*row.steps, *row.contact_steps), key=attrgetter("at"))


def _paper_text(row: AdviceRow) -> str:
    """Return how advice came, before its day, if not by the form."""
    if row.paper is None:
        return ""
    given_by = f" from {row.paper.given_by}" if row.paper.given_by else ""
    document = "" if row.paper.document else ", without its document,"
    return f"on paper{given_by}{document} "


def is_to_be_asked(row: AdviceRow, *, has_letter: bool) -> bool:
    """Whether advice by post is recorded, but nothing says yet that anybody was asked.

    That is a letter, a step since, or an earlier day of asking: an officer entered it for a letter
    or a call of their own.
    """
    is_new = row.by_post and row.awaited and not row.steps and not has_letter
    return is_new and row.asked_at is not None and row.asked_on == london_day(row.asked_at)


def _state_text(row: AdviceRow, *, has_letter: bool) -> str:
    """Return the state with its sign, ! if it is late without an exception, and the dates."""
    asked = f"asked for {'by post ' if row.by_post else ''}{format_day(row.asked_on)}"
    is_new = row.state is AdviceState.REQUESTED
    label = ON_PAPER if row.paper else ADVICE_LABELS[row.state]
    state = asked.capitalize() if is_new else f"{label} · {asked}"
    if is_to_be_asked(row, has_letter=has_letter):
        state = NO_LETTER
    is_late = row.awaited and row.late_days > 0
    sign = "!" if is_late and not row.excused else SIGNS[row.state]
    return f"{sign} {state} · {row.due_words}{', with an exception' if row.excused else ''}"


def count_days(days: int) -> str:
    """Return a number of days in words."""
    return "1 day" if days == 1 else f"{days} days"


def recorded_step(at: datetime, label: str, by: str, text: str) -> CaseStep:
    """Build a step on the day that it was recorded."""
    return CaseStep(on=london_day(at), at=at, label=label, by=by, text=text)


def past_steps(case: CaseOut) -> Iterator[CaseStep]:
    """Yield each request for advice in a case, and each step of it."""
    with_letter = {letter.about for letter in case.letters}
    for row in case.advice:
        if row.asked_at is not None:
            by_post = " by post" if row.by_post else ""
            text = f"On {format_day(row.asked_on)}{by_post}, due {format_day(row.due)}."
            label = f"Advice asked for: {row.title}, {row.by}"
            if is_to_be_asked(row, has_letter=row.id in with_letter):
                text = f"{NO_LETTER}. Due {format_day(row.due)}."
                label = f"Advice to be asked for: {row.title}, {row.by}"
            asked = recorded_step(row.asked_at, label, row.asked_by, text)
            yield asked.model_copy(update={"on": row.asked_on}) if row.by_post else asked
        for step in _all_steps(row):
            label = f"{STEP_LABELS[step.kind]}: {row.title}, {row.by}"
            done = recorded_step(step.at, label, step.by, step.text)
            yield done.model_copy(update={"on": step.on or done.on})
