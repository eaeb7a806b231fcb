"""The parts of the progress page: stages, forms with their actions, documents."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from shared.cases.states import STAGE_LABELS, FormRow, ProgressOut, PublishedOut, StageOut
from shared.documents import human_size
from shared.forms.submissions import SubmissionState
from shared.places import PlaceKind
from shared.values.days import london_day, write_day
from tui.widgets.header import Link
from tui.widgets.timeline import Stop

PARENT_REQUEST = "parent-request"
EDITING = "◐ Being edited: what you changed is sent when you submit it again."
TAKEN_BACK = "Withdrawn to be changed: the Local Authority sees it when you submit it again."
WITHDRAWING = (
    "The Local Authority is told, and decides on it no longer; where nobody else has asked for "
    "an assessment, the case ends. What you sent is kept: it can be read, and not be changed. "
    "You can start a new one."
)
WITHDRAWING_ADVICE = (
    "The Local Authority sees it no longer, until you submit it again. What you wrote stays here: "
    "choose Continue to change it. The day it is due stays the same."
)

QuestionText = tuple[str, str, tuple[tuple[str, str], ...]]


class FormGroup(Vertical):
    """A form with its submissions and a link to start one; `words` are searched."""

    def __init__(self, title: str, rows: list[FormRow], start: str | None) -> None:
        super().__init__()
        self._title = title
        self._rows = rows
        self._start = start
        details = [words for row in rows for words in (row_words(row), *notes_of(row))]
        self.words = " ".join([title, *details]).casefold()

    def compose(self) -> ComposeResult:
        """Lay out the submissions, each with its actions."""
        yield Static(self._title, markup=False)
        for row in self._rows:
            yield from _lines(row)
        if self._start:
            words = "Start a new one" if self._rows else "Start"
            yield Link(words, value=self._start, id=f"start-{self._start}", classes="start")


class Published(Horizontal):
    """A document published by the authority, with a link to save it."""

    def __init__(self, published: PublishedOut) -> None:
        super().__init__(classes="row")
        self.published = published

    def compose(self) -> ComposeResult:
        """Lay out the line."""
        yield Static(published_words(self.published), markup=False)
        document = self.published.document.id
        yield Link("Save a copy", id=f"save-{document}", classes="save-copy")


def groups_of(progress: ProgressOut) -> list[FormGroup]:
    """Group the forms by their titles, those that can be started or filled first."""
    to_start = {to_start.title: to_start.form for to_start in progress.to_start}
    to_fill = sorted(progress.forms, key=lambda row: not row.editable)
    titles = dict.fromkeys([*to_start, *(row.title for row in to_fill)])
    return [
        FormGroup(title, [r for r in progress.forms if r.title == title], to_start.get(title))
        for title in titles
    ]


def published_of(progress: ProgressOut) -> Iterator[Widget]:
    """Yield the published documents below a heading, or nothing if there are none."""
    if progress.published:
        yield Static("Documents from the Local Authority", classes="title")
    for published in progress.published:
        yield Published(published)


def published_words(published: PublishedOut) -> str:
    """Return the title, day, file name and size of a published document."""
    document = published.document
    day = write_day(london_day(published.published_at))
    return f"{published.title} · {day} · {document.name}, {human_size(document.size)}"


def _lines(row: FormRow) -> Iterator[Widget]:
    """Yield the lines of a form: two links beside its state, any others below."""
    links = _links(row)
    with_words, below = links[:2], links[2:]
    yield Horizontal(Static(row_words(row), markup=False), *with_words, classes="row")
    notes = notes_of(row)
    if below:
        short = [note for note in notes[:1] if row.due_words]
        yield Horizontal(Static("".join(short), markup=False), *below, classes="row")
        notes = notes[len(short) :]
    for note in notes:
        yield Static(note, classes="note", markup=False)


def _links(row: FormRow) -> list[Link]:
    links = []
    if row.editable:
        edits = row.state is SubmissionState.SUBMITTED
        words = "Edit" if edits else "Continue"
        kind = PlaceKind.FORM if edits else PlaceKind.CONTINUE_FORM
        links.append(Link(words, place=kind.of(row.submission), id=f"open-{row.submission}"))
    if row.submitted_at:
        links.append(
            Link(
                "View details",
                place=PlaceKind.VERSIONS.of(row.submission),
                id=f"details-{row.submission}",
            )
        )
    if row.editable:
        words = "Sharing" if row.shared else "Share"
        links.append(
            Link(words, place=PlaceKind.SHARING.of(row.submission), id=f"share-{row.submission}")
        )
    if row.withdrawable:
        links.append(
            Link(
                "Withdraw",
                value=row,
                id=f"withdraw-{row.submission}",
                classes="withdraw",
            )
        )
    return links


def row_words(row: FormRow) -> str:
    """Return the state of a form with a sign, its author and its day."""
    if row.submitted_at is None:
        by = "" if row.by_you else f"by {row.by} on "
        started = write_day(london_day(row.started_at))
        return f"◐ Started {by}{started} · {row.steps_done} of {row.steps} steps"
    day = write_day(london_day(row.submitted_at))
    if row.form == PARENT_REQUEST:
        return f"✓ Received on {day}"
    by = "you" if row.by_you else row.by
    reference = f" · {row.reference}" if row.reference else ""
    if row.withdrawn:
        return f"– Withdrawn · submitted by {by} on {day}{reference}"
    return f"✓ Submitted by {by} on {day}{reference}"


def notes_of(row: FormRow) -> list[str]:
    """Return further notes on a form: its due day, owner, return reason and state."""
    notes = []
    if row.due_words and not row.closed:
        notes.append(f"{row.due_words[:1].upper()}{row.due_words[1:]}")
    if row.shared:
        notes.append(f"Shared with you by {row.by}")
    if row.returned and not row.closed:
        notes.append(f"! Returned: what is missing: {row.returned}")
    if row.state is SubmissionState.EDITING and not row.closed:
        notes.append(EDITING if row.submitted_at else TAKEN_BACK)
    if row.closed:
        notes.append(row.closed)
    return notes


def withdrawing(row: FormRow) -> QuestionText:
    """Return the question that confirms a withdrawal and explains its effect."""
    return (
        f"Withdraw {row.title}?",
        WITHDRAWING_ADVICE if row.due_words else WITHDRAWING,
        (("keep", "Keep it"), ("withdraw", "Withdraw")),
    )


def stop_of(stage: StageOut) -> Stop:
    """Return a stage of the case as a stop of the timeline."""
    reached = f"since {write_day(stage.reached_on)}" if stage.reached_on else ""
    due = f"by {write_day(stage.due)}" if stage.due else ""
    label = STAGE_LABELS[stage.stage]
    if stage.current:
        return Stop("●", label, tuple(n for n in ("you are here", due or reached) if n))
    if stage.done:
        return Stop("✓", label, tuple(n for n in ("done", reached.replace("since", "from")) if n))
    return Stop("○", label, (due,) if due else ())
