"""Parts of the progress page: stages, forms and documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from shared.cases.states import STAGE_LABELS, FormRow, ProgressOut, PublishedOut, StageOut
from shared.documents import SCAN_NOTES, ScanState, human_size
from shared.forms.copy import received_text
from shared.forms.submissions import SubmissionState
from shared.places import PlaceKind
from shared.values.days import format_day, london_day
from tui.widgets.header import Link
from tui.widgets.long_list import LazyItem
from tui.widgets.states import coloured_content
from tui.widgets.timeline import Stop

PARENT_REQUEST = "parent-request"
BEING_EDITED = "◐ Being edited: what you changed is sent when you submit it again."
WITHDRAWN_TO_EDIT = "Withdrawn to be changed: the Local Authority sees it when you submit it again."
WITHDRAWAL_TEXT = (
    "The Local Authority is told, and decides on it no longer; where nobody else has asked for "
    "an assessment, the case ends. What you sent is kept: it can be read, and not be changed. "
    "You can start a new one."
)
ADVICE_WITHDRAWAL_TEXT = (
    "The Local Authority sees it no longer, until you submit it again. What you wrote stays here: "
    "choose Continue to change it. The day it is due stays the same."
)

QuestionText = tuple[str, str, tuple[tuple[str, str], ...]]


class FormGroup(NamedTuple):
    """The items of one form: title, submissions and a link to start another."""

    items: list[LazyItem]
    search_text: str


class FormLines(Vertical):
    """The lines of one submission, with its actions."""

    def __init__(self, row: FormRow, classes: str) -> None:
        super().__init__(classes=classes)
        self._row = row

    def compose(self) -> ComposeResult:
        """Lay out the lines."""
        yield from _row_widgets(self._row)


class PublishedDocument(Horizontal):
    """A document published by the authority, with a link to save it."""

    def __init__(self, published: PublishedOut) -> None:
        super().__init__(classes="row")
        self.published = published

    def compose(self) -> ComposeResult:
        """Lay out the line."""
        yield Static(published_text(self.published), markup=False)
        document = self.published.document.id
        yield Link("Save a copy", id=f"save-{document}", classes="save-copy")


def build_form_groups(progress: ProgressOut) -> list[FormGroup]:
    """Group the forms by title; forms that can be started or filled come first."""
    startable = {form.title: form.form for form in progress.to_start}
    ordered_rows = sorted(progress.forms, key=lambda row: not row.editable)
    titles = dict.fromkeys([*startable, *(row.title for row in ordered_rows)])
    return [
        _build_form_group(
            title, [row for row in progress.forms if row.title == title], startable.get(title)
        )
        for title in titles
    ]


def _build_form_group(title: str, rows: list[FormRow], start: str | None) -> FormGroup:
    builders: list[tuple[Callable[[str], Widget], int]] = [(partial(_title_line, title), 1)]
    builders += [(partial(FormLines, row), _row_height(row)) for row in rows]
    if start:
        label = "Start a new one" if rows else "Start"
        builders.append((partial(_start_link, label, start), 1))
    items = [LazyItem(partial(build, "form"), height) for build, height in builders[:-1]]
    last, height = builders[-1]
    details = [detail for row in rows for detail in (row_text(row), *row_notes(row))]
    return FormGroup(
        [*items, LazyItem(partial(last, "form -last"), height + 1)],
        " ".join([title, *details]).casefold(),
    )


def _row_height(row: FormRow) -> int:
    links = 2 * row.editable + (row.submitted_at is not None) + row.withdrawable
    return 1 + (links > 2) + len(row_notes(row))


def _title_line(title: str, classes: str) -> Widget:
    return Static(title, classes=classes, markup=False)


def _start_link(label: str, form: str, classes: str) -> Widget:
    return Link(label, value=form, id=f"start-{form}", classes=f"start {classes}")


def build_published_items(progress: ProgressOut) -> list[LazyItem]:
    """Return a heading and the published documents, or nothing if there are none."""
    if not progress.published:
        return []
    heading = LazyItem(partial(_title_line, "Documents from the Local Authority", "title"), 1)
    return [heading, *(LazyItem(partial(PublishedDocument, row), 1) for row in progress.published)]


def published_text(published: PublishedOut) -> str:
    """Format the title, date, file name, size and state of a published document."""
    document = published.document
    day = format_day(london_day(published.published_at))
    file = f"{document.name}, {human_size(document.size)}"
    is_openable = document.scan in (ScanState.CLEAN, ScanState.UNSCANNED)
    note = "" if is_openable else SCAN_NOTES[document.scan]
    return " · ".join(filter(None, (published.title, day, file, note)))


def _row_widgets(row: FormRow) -> Iterator[Widget]:
    """Yield the lines of a form: its state with up to two links, further links, and notes."""
    links = _links(row)
    first_links, other_links = links[:2], links[2:]
    yield Horizontal(Static(coloured_content(row_text(row))), *first_links, classes="row")
    notes = row_notes(row)
    if other_links:
        first_note = [note for note in notes[:1] if row.due_words]
        yield Horizontal(Static(coloured_content("".join(first_note))), *other_links, classes="row")
        notes = notes[len(first_note) :]
    for note in notes:
        yield Static(coloured_content(note), classes="note")


def _links(row: FormRow) -> list[Link]:
    links = []
    if row.editable:
        is_submitted = row.state is SubmissionState.SUBMITTED
        label = "Edit" if is_submitted else "Continue"
        kind = PlaceKind.FORM if is_submitted else PlaceKind.CONTINUE_FORM
        links.append(Link(label, place=kind.of(row.submission), id=f"open-{row.submission}"))
    if row.submitted_at:
        links.append(
            Link(
                "View details",
                place=PlaceKind.VERSIONS.of(row.submission),
                id=f"details-{row.submission}",
            )
        )
    if row.editable:
        label = "Sharing" if row.shared else "Share"
        links.append(
            Link(label, place=PlaceKind.SHARING.of(row.submission), id=f"share-{row.submission}")
        )
    if row.withdrawable:
        links.append(
            Link(
                "Withdraw",
                value=row,
                id=f"withdraw-{row.submission}",
                classes="withdraw apart",
            )
        )
    return links


def row_text(row: FormRow) -> str:
    """Format the state of a form with its author and date."""
    if row.submitted_at is None:
        author = "" if row.by_you else f"by {row.by} on "
        day = format_day(london_day(row.started_at))
        return f"◐ Started {author}{day} · {row.steps_done} of {row.steps} steps"
    day = format_day(london_day(row.submitted_at))
    if row.form == PARENT_REQUEST:
        return f"✓ {_entered_text(row, day)}"
    author = "you" if row.by_you else row.by
    reference = f" · {row.reference}" if row.reference else ""
    if row.withdrawn:
        return f"– Withdrawn · submitted by {author} on {day}{reference}"
    return f"✓ Submitted by {author} on {day}{reference}"


def _entered_text(row: FormRow, day: str) -> str:
    """Format when a family's request was received and, for officers, from whom and by whom."""
    if row.received_on is None:
        return f"Entered by the Local Authority on {day}"  # it may have come days before
    if not row.received_from:
        return f"Received by the Local Authority on {format_day(row.received_on)}"
    received = received_text(row.received_on, row.received_from)
    officer = f" by {row.entered_by}" if row.entered_by else ""
    return f"R{received[1:]} · entered {day}{officer}"


def row_notes(row: FormRow) -> list[str]:
    """Return notes on a form, such as when it is due and why it was returned."""
    notes = []
    if row.due_words and not row.closed:
        notes.append(f"{row.due_words[:1].upper()}{row.due_words[1:]}")
    if row.shared:
        notes.append(f"Shared with you by {row.by}")
    if row.returned and not row.closed:
        notes.append(f"! Returned. What is missing: {row.returned}")
    if row.state is SubmissionState.EDITING and not row.closed:
        notes.append(BEING_EDITED if row.submitted_at else WITHDRAWN_TO_EDIT)
    if row.closed:
        notes.append(row.closed)
    return notes


def withdrawal_question(row: FormRow) -> QuestionText:
    """Return the confirmation question for a withdrawal."""
    return (
        f"Withdraw {row.title}?",
        ADVICE_WITHDRAWAL_TEXT if row.due_words else WITHDRAWAL_TEXT,
        (("keep", "Keep it"), ("withdraw", "Withdraw")),
    )


def build_timeline_stops(stages: Sequence[StageOut]) -> list[Stop]:
    """Convert the stages of a case to timeline stops, with dates at the current and next stage."""
    current = next((index for index, stage in enumerate(stages) if stage.current), len(stages))
    stops = []
    for index, stage in enumerate(stages):
        symbol = "●" if stage.current else "✓" if stage.done else "○"
        date = f"{stage.what} by {format_day(stage.due)}".lstrip() if stage.due else ""
        if stage.current and stage.reached_on and not stage.due:
            date = f"since {format_day(stage.reached_on)}"
        is_near = current <= index <= current + 1
        stops.append(Stop(symbol, STAGE_LABELS[stage.stage], date if is_near else ""))
    return stops
