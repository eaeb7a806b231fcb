"""View details: the submitted versions of a form, and the changes between them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from shared.documents import SCAN_NOTES, DocumentOut
from shared.forms.answers import Facts, facts_for
from shared.forms.copy import (
    build_sections,
    document_text,
    entry_text,
    names_by_id,
    received_text,
)
from shared.forms.submissions import SubmissionHistory, SubmittedVersion
from shared.forms.summary import compare_answers
from shared.values.days import format_day, format_time, london_day
from tui.core.commands import command
from tui.forms import texts
from tui.widgets.focus_marker import CURRENT_CLASS
from tui.widgets.header import Link
from tui.widgets.long_list import LazyItem, LongList, text_height
from tui.widgets.screen import SEND_LINKS, PortalScreen


class Versions(PortalScreen):
    """Shows the newest submitted version, or any other on request."""

    CSS_PATH = "versions.tcss"
    LOCATION = "SEND › View details"
    LINKS = SEND_LINKS
    HELP_TEXT = (
        "Each version that was submitted is kept. Choose one with {next} and Enter to read its "
        "answers; the arrow keys, PgUp and PgDn scroll. Nothing can be changed here. Save a copy "
        "keeps the version shown as PDF or plain text, with a receipt of when it was received."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("form.copy", "ctrl+s", "save_copy", "save a copy", texts.COPY_HELP),
    ]
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self, submission: str) -> None:
        super().__init__()
        self._submission = UUID(submission)
        self._history: SubmissionHistory | None = None
        self._selected: SubmittedVersion | None = None

    def body(self) -> ComposeResult:
        """Lay out the list of versions above the answers."""
        yield Static("", id="form-title", classes="title", markup=False)
        yield Static("", id="about", classes="hint", markup=False)
        yield Vertical(id="versions")
        copy = Link("Save a copy of this version", id="copy")
        copy.display = False
        yield copy
        yield LongList(id="version")

    def on_mount(self) -> None:
        """Load the whole history."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        history = await self.portal.client.request(
            "GET", f"/v1/submissions/{self._submission}/versions", SubmissionHistory
        )
        self._history = history
        self.set_location(f"{history.person_name} › View details")
        self.query_one("#form-title", Static).update(history.form.title)
        reference = f" · reference {history.reference}" if history.reference else ""
        self.query_one("#about", Static).update(f"for {history.person_name}{reference}")
        newest_first = sorted(history.versions, key=lambda version: -version.number)
        links = [
            Link("", value=version, id=f"version-{version.number}") for version in newest_first
        ]
        await self.query_one("#versions").mount_all(links)
        if newest_first:
            await self._show(newest_first[0])
            links[0].focus(scroll_visible=False)

    async def _show(self, selected: SubmittedVersion) -> None:
        history = self._history
        if history is None:
            return
        self._selected = selected
        self.query_one("#copy").display = True
        for version in history.versions:
            link = self.query_one(f"#version-{version.number}", Link)
            link.update(version_text(version))
            link.set_class(version is selected, CURRENT_CLASS)
        await self.query_one("#version", LongList).show(list(_parts(history, selected)))

    @on(Link.Chosen, "#versions Link")
    def _choose(self, event: Link.Chosen) -> None:
        event.stop()
        version = event.link.value
        if isinstance(version, SubmittedVersion):
            self.run_worker(self._show(version), group="show", exclusive=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to save a copy only if there is a version."""
        return action != "save_copy" or self._selected is not None

    @on(Link.Chosen, "#copy")
    def action_save_copy(self) -> None:
        """Offer to save a copy of the visible version."""
        from tui.forms.copies import save_form_copy

        if self._history and self._selected:
            reference, number = self._history.reference, self._selected.number
            self.app.push_screen(save_form_copy(self._submission, reference, number))

    @on(Link.Chosen, ".save-copy")
    def _save_document(self, event: Link.Chosen) -> None:
        event.stop()
        document = event.link.value
        if isinstance(document, DocumentOut):
            self.portal.save_document(document.id, document.name)


def version_text(version: SubmittedVersion) -> str:
    """Return the number of a version, with its dates and author."""
    submitted_at = version.submitted_at
    when = f"{format_day(london_day(submitted_at))} {format_time(submitted_at)}"
    if version.received_on:
        received = received_text(version.received_on, version.submitted_by)
        return f"Version {version.number} · {received} · {entry_text(version, when)}"
    author = "you" if version.by_you else version.submitted_by
    return f"Version {version.number} · submitted {when} by {author}"


def _facts(history: SubmissionHistory, version: SubmittedVersion) -> Facts:
    day = london_day(version.submitted_at)
    return facts_for(history.person_born, day)


def _names(*versions: SubmittedVersion) -> dict[str, str]:
    documents = [document for version in versions for document in version.documents]
    return names_by_id(documents, [v.work_details for v in versions if v.work_details])


def _parts(history: SubmissionHistory, version: SubmittedVersion) -> Iterator[LazyItem]:
    previous = next((v for v in history.versions if v.number == version.number - 1), None)
    if previous:
        yield from _changes(history, previous, version)
    if version.documents:
        yield _text("Documents", "title step")
        for document in version.documents:
            yield LazyItem(partial(_document, document), 1)
    facts, names = _facts(history, version), _names(version)
    for section in build_sections(history.form, version.answers, facts, names, version.written_by):
        yield _text(section.title, "title step")
        for line in section.lines:
            if line.label:
                yield _text(line.label, "hint")
            yield _text(line.text, "answer")


def _changes(
    history: SubmissionHistory, previous: SubmittedVersion, current: SubmittedVersion
) -> Iterator[LazyItem]:
    differences = compare_answers(
        history.form,
        previous.answers,
        current.answers,
        _facts(history, current),
        _names(previous, current),
    )
    yield _text(f"What changed since version {previous.number}", "title step")
    if not differences:
        yield _text("No answer changed.", "answer")
    for change in differences:
        yield _text(f"{change.step_title} › {change.label}", "hint")
        yield _text(f"Before: {change.before}", "answer")
        yield _text(f"After:  {change.after}", "answer")


def _text(text: str, classes: str) -> LazyItem:
    height = text_height(text) + ("step" in classes)
    return LazyItem(partial(Static, text, classes=classes, markup=False), height)


def _document(document: DocumentOut) -> Widget:
    parts = (document_text(document), SCAN_NOTES[document.scan])
    return Horizontal(
        Static(" · ".join(filter(None, parts)), markup=False),
        Link("Save a copy", value=document, id=f"save-{document.id}", classes="save-copy"),
        classes="document",
    )
