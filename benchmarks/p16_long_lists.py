"""P16: show steps of a form and lists with many entries, compared with few."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from time import process_time
from typing import Any
from uuid import uuid4

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget

from benchmarks.row import Row, measure_medians
from server.forms.catalogue import catalogue
from shared.cases.actions import EventRow
from shared.cases.events import EventKind
from shared.cases.states import FormRow, ProgressOut
from shared.desk import CaseOut
from shared.documents import DocumentOut, ScanState
from shared.forms.shapes import ENTRIES_LIMIT
from shared.forms.submissions import SubmissionOut, SubmissionState
from shared.publications import PublicationKind, PublishedRow
from tui.cases.rows import build_form_groups
from tui.desk.document_parts import build_documents_section
from tui.desk.history import build_history_section
from tui.forms.state import FormState
from tui.forms.step_view import StepView
from tui.forms.summary_view import SummaryView
from tui.forms.uploads import FormUploads
from tui.saving.draft import Draft
from tui.widgets.long_list import LongList

FEW = 5
SCREENFUL = 40
"""Number of rows that fill the view and the margin mounted around it."""
GOAL = 1.3
NOW = datetime(2026, 3, 2, 10, 42, tzinfo=UTC)


class ListApp(App[None]):
    """An app that shows one list in a scrolling page."""

    def compose(self) -> ComposeResult:
        """Lay out the empty page."""
        yield VerticalScroll(id="body")


def measure_rows() -> Iterator[Row]:
    """Compare the CPU time of showing many entries with that of showing few."""
    for label, many, few, build in (
        ("step with 200 documents", ENTRIES_LIMIT, FEW, build_documents_step),
        ("summary with 200 documents", ENTRIES_LIMIT, FEW, build_documents_summary),
        ("case with 400 events", 400, SCREENFUL, build_case_history),
        ("case with 200 documents", 200, SCREENFUL, build_case_documents),
        ("progress with 300 drafts", 300, SCREENFUL, build_progress_drafts),
    ):
        medians = measure_medians(
            {
                "many": partial(measure_mount, partial(build, many)),
                "few": partial(measure_mount, partial(build, few)),
            }
        )
        yield Row(
            "P16",
            f"{label} vs {few}",
            medians["many"] * 1000,
            medians["few"] * 1000,
            GOAL,
            "ms",
        )


def measure_mount(build: Callable[[], Widget]) -> float:
    """Return the CPU seconds from mounting a widget until the app is idle."""
    return asyncio.run(_measure_mount(build))


async def _measure_mount(build: Callable[[], Widget]) -> float:
    app, widget = ListApp(), build()
    async with app.run_test(size=(80, 24)) as pilot:
        started_at = process_time()
        await app.query_one("#body").mount(widget)
        await pilot.pause()
        return process_time() - started_at


def build_form_state(documents: int) -> FormState:
    """Build the state of a request with the given number of documents."""
    stored_documents = [
        DocumentOut(
            id=uuid4(),
            name=f"report {number}.pdf",
            media_type="application/pdf",
            type_label="PDF document",
            size=34_567,
            uploaded_at=NOW,
            scan=ScanState.CLEAN,
        )
        for number in range(documents)
    ]
    entries = [
        {"id": uuid4().hex, "description": "school_report", "file": str(document.id)}
        for document in stored_documents
    ]
    submission = SubmissionOut(
        id=uuid4(),
        form=catalogue()["professional-request"],
        person=uuid4(),
        person_name="Ivo Larkspur-Dunne",
        person_born=date(2018, 3, 14),
        state=SubmissionState.DRAFT,
        reference=None,
        version=1,
        saved_at=NOW,
        today=NOW.date(),
        editable=True,
        why_not_editable=None,
        answers={"documents": entries},
        documents=stored_documents,
        work_details=[],
    )
    return FormState(
        submission, Draft(submission), FormUploads(lambda slot, document: None, lambda upload: None)
    )


def build_documents_step(documents: int) -> Widget:
    """Build the documents step of a request with the given number of documents."""
    state = build_form_state(documents)
    step = next(step for step in state.form.steps if step.id == "documentation")
    return StepView(state, step)


def build_documents_summary(documents: int) -> Widget:
    """Build the summary of a request with the given number of documents."""
    state = build_form_state(documents)
    return SummaryView(state, state.form.steps[-1])


def build_case_history(count: int) -> Widget:
    """Build the history of a case with the given number of events."""
    event = EventRow(
        id=1,
        kind=EventKind.REQUEST_RECEIVED,
        words="Advice asked for",
        on=NOW.date(),
        at=NOW,
        by="O Officer",
        reason="",
    )
    parts: dict[str, Any] = {"events": [event] * count, "earlier": []}
    parts |= {name: [] for name in ("advice", "corrected")}
    case = CaseOut.model_construct(**parts)
    return LongList(build_history_section(case))


def build_case_documents(count: int) -> Widget:
    """Build the document list of a case with the given number of documents."""
    rows = [
        PublishedRow(
            id=uuid4(),
            document=uuid4(),
            name="report.pdf",
            kind=PublicationKind.OTHER,
            title="Report",
            published_at=NOW,
            scan=ScanState.CLEAN,
            readers=["Ada Quill"],
        )
        for _ in range(count)
    ]
    parts: dict[str, Any] = {"published": rows, "held": []}
    return LongList(build_documents_section(CaseOut.model_construct(**parts)))


def build_progress_drafts(count: int) -> Widget:
    """Build the form list of a progress page with the given number of drafts."""
    rows = [
        FormRow(
            submission=uuid4(),
            form="professional-request",
            title="Professional Request",
            state=SubmissionState.DRAFT,
            by_you=True,
            by="Ada Quill",
            started_at=NOW,
            submitted_at=None,
            reference=None,
            steps_done=2,
            steps=8,
            editable=True,
        )
        for _ in range(count)
    ]
    parts: dict[str, Any] = {"forms": rows, "to_start": []}
    progress = ProgressOut.model_construct(**parts)
    return LongList([item for group in build_form_groups(progress) for item in group.items])
