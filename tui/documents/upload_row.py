"""A form row for one file: choosing, uploading, saving a copy and removing it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Static

from shared.documents import DocumentOut, ScanState
from shared.problems import ProblemCode
from tui.core.client import Client
from tui.core.errors import PortalError, Refused, is_signed_out, is_transient
from tui.core.portal import Portal
from tui.documents import api, texts
from tui.documents.picker import DOCUMENT, DOCUMENTS, PickFiles
from tui.documents.save import SaveDocument
from tui.documents.states import ACTIONS, UploadState
from tui.documents.upload import Upload
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.states import coloured_content

SIGN_IN_STATUSES = {401, 403}
"""HTTP statuses after which the portal asks the user to sign in again."""
FIRST_POLL_SECONDS, MAX_POLL_SECONDS = 2.0, 30.0
"""Seconds between polls of a document that is being checked; they double up to the maximum."""
FIRST_ACTIONS = {"choose", "upload", "retry"}
"""Actions that are drawn as primary; the others are beside them."""
DETACH_ONLY = {ProblemCode.IN_USE, ProblemCode.NOT_FOUND}
"""Problems of a deletion after which the document is still removed from the form."""


class UploadOwner(Protocol):
    """Keeps uploads running without their row, and tracks agreement to the upload terms."""

    @property
    def has_agreed(self) -> bool:
        """Whether the user agreed to the upload terms."""
        ...

    def agree(self) -> None:
        """Record the agreement, and upload all chosen files."""
        ...

    def add_upload(self, upload: Upload) -> None:
        """Add an upload, and start it if the user has agreed."""
        ...


class UploadRow(Vertical):
    """A row for a file about a person, from 'No file chosen' to the stored document.

    `document` is the stored document about `person`, if any; `name` identifies the row in its form.
    An `owner` continues the upload after the row is removed, and uploads chosen files
    automatically once the user has agreed. Without one, a file that is picked is uploaded at once,
    and goes with the row unless what it was for was done.
    """

    DEFAULT_CSS = """
    UploadRow { height: auto; }
    UploadRow > Static { height: auto; }
    UploadRow > .actions { height: auto; }
    """
    help_text = texts.UPLOAD_HELP

    @dataclass
    class Uploaded(Message):
        """Posted when the row's file has been stored."""

        row: UploadRow
        document: DocumentOut

    @dataclass
    class Checked(Message):
        """Posted when the row's document has been scanned for viruses."""

        row: UploadRow
        document: DocumentOut

    @dataclass
    class Removed(Message):
        """Posted when the row's document has been removed from the form."""

        row: UploadRow

    @dataclass
    class FilesChosen(Message):
        """Posted when several files were picked; `more` are all but the first."""

        row: UploadRow
        more: list[Path]

    def __init__(
        self,
        person: UUID,
        *,
        document: DocumentOut | None = None,
        name: str | None = None,
        upload: Upload | None = None,
        owner: UploadOwner | None = None,
    ) -> None:
        super().__init__(name=name)
        self.document = document
        self.upload = upload
        self._owner = owner
        self.person = person
        self._shown_state = UploadState.EMPTY
        self._line = Static(classes="file", markup=False)
        self._note = Static(classes="note", markup=False)
        self._actions = {
            name: (Action if name in FIRST_ACTIONS else SecondaryAction)(
                text, id=name, classes="apart" if name == "remove" else None
            )
            for name, (text, _) in ACTIONS.items()
        }
        self._show_all()

    def compose(self) -> ComposeResult:
        """Lay out the file, its note, and the actions."""
        yield self._line
        yield self._note
        with Horizontal(classes="actions"):
            yield from self._actions.values()

    @property
    def chosen_file(self) -> Path | None:
        """The chosen file, if it is not stored yet."""
        return self.upload.file if self.upload else None

    def on_mount(self) -> None:
        """Show an upload that started before the row was mounted."""
        if self.upload:
            self.upload.on_change = self._on_upload_changed
            self._on_upload_changed()
        self._watch_scan()

    def on_unmount(self) -> None:
        """Stop the upload, and remove what was stored for nothing, unless an owner has it."""
        if self.upload:
            self.upload.on_change = lambda: None
            if self._owner is None:
                self.upload.stop()
        if self._owner is None and self.document and self.app.is_running:
            work = _remove_unused(self._portal.client, self.document.id)
            self.app.run_worker(work, group="unused", exit_on_error=False)

    def choose(self, path: Path) -> None:
        """Choose a file on disk, replacing any previous one."""
        if self.upload:
            self.upload.stop()
            self.upload.on_change = lambda: None
        self.document = None
        self.upload = Upload(self._portal.client, self.person, path)
        self.upload.on_change = self._on_upload_changed
        if self._owner is not None:
            self._owner.add_upload(self.upload)
        else:
            self.upload.validate()
        self._show_all()

    def show_document(self, document: DocumentOut | None) -> None:
        """Show a document that another user attached or removed."""
        if self.upload is None and document != self.document:
            self.document = document
            self._show_all()

    def start_upload(self) -> None:
        """Send the chosen file."""
        if self.upload:
            self.upload.start()

    def _on_upload_changed(self) -> None:
        if self.upload is None:
            return
        if self.upload.document is not None:
            document, self.upload = self.upload.document, None
            self.document = document
            self.post_message(self.Uploaded(self, document))
        elif self.upload.blocking_error is not None and self._owner is None:
            self._portal.show_error(self.upload.blocking_error)
        if self._state is self._shown_state is UploadState.UPLOADING:
            self._show_note(
                self.upload.note if self.upload else ""
            )  # only the progress bar changed
        else:
            self._show_all()

    @property
    def _portal(self) -> Portal:
        return cast("Portal", self.app)

    @property
    def _state(self) -> UploadState:
        if self.upload is not None:
            return self.upload.state
        if self.document is None:
            return UploadState.EMPTY
        is_held = self.document.scan is ScanState.INFECTED
        return UploadState.HELD if is_held else UploadState.STORED

    @property
    def _note_text(self) -> str:
        if self.upload:
            return self.upload.note
        return texts.stored_note(self.document) if self.document else ""

    def _watch_scan(self) -> None:
        """Poll the document, in the background, while it is being checked."""
        if self.is_attached and self.document and self.document.scan is ScanState.CHECKING:
            work = self._poll_scan(self.document)
            self.run_worker(work, group="scan", exclusive=True, exit_on_error=False)

    async def _poll_scan(self, document: DocumentOut) -> None:
        seconds = FIRST_POLL_SECONDS
        while self.document == document:
            await asyncio.sleep(seconds)
            seconds = min(2 * seconds, MAX_POLL_SECONDS)
            try:
                current = await api.read(self._portal.client, document.id)
            except PortalError as error:
                if not is_transient(error) and not is_signed_out(error):
                    return
                continue  # the next poll may succeed
            if current.scan is not document.scan and self.document == document:
                self.show_document(current)
                self.post_message(self.Checked(self, current))

    async def _remove(self, document: DocumentOut) -> None:
        self._show_note(texts.REMOVING)
        try:
            await api.remove(self._portal.client, document.id)
        except PortalError as error:
            # The server keeps a submitted document with its version; only this form drops it.
            if not isinstance(error, Refused) or error.code not in DETACH_ONLY:
                self._show_note(f"✗ {texts.removal_error(str(error))}")
                if isinstance(error, Refused) and error.problem.status in SIGN_IN_STATUSES:
                    self._portal.show_error(error)
                return
        self.document = None
        self._show_all()
        self.post_message(self.Removed(self))

    def _show_all(self) -> None:
        self._shown_state = self._state
        self._line.update(coloured_content(self._file_text()))
        self._show_note(self._note_text)
        self._watch_scan()
        had_focus = self.is_attached and self.has_focus_within
        for name, (_, states) in ACTIONS.items():
            self._actions[name].display = self._state in states
        if had_focus and not (self.screen.focused and self.screen.focused.display):
            next(action for action in self._actions.values() if action.display).focus()

    def _show_note(self, note: str) -> None:
        self._note.update(note)
        self._note.display = bool(note)
        self._note.set_class(note.startswith("✗"), "-wrong")

    def _file_text(self) -> str:
        if self.document:
            return texts.stored_text(self.document)
        if self.upload is None:
            return texts.NO_FILE
        name = texts.printable(self.upload.file.name)
        return name if self.upload.size is None else texts.name_and_size(name, self.upload.size)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        match event.button.id:
            case "choose" | "another":
                choice = DOCUMENT if self._owner is None else DOCUMENTS
                self.app.push_screen(PickFiles(choice), self._on_picked)
            case "upload":
                if self._owner is not None:
                    self._owner.agree()
                self.start_upload()
            case "retry" if self.upload and self._owner is not None and not self._owner.has_agreed:
                self.upload.validate()
            case "retry":
                self.start_upload()
            case "cancel" if self.upload:
                self.upload.cancel()
            case "save" if self.document:
                self.app.push_screen(SaveDocument(self.document.id, self.document.name))
            case "remove":
                self.app.push_screen(ChoiceDialog(*texts.REMOVAL), self._on_removal_answer)

    def _on_removal_answer(self, answer: str | None) -> None:
        if answer == "remove" and self.document:
            work = self._remove(self.document)
            self.run_worker(work, group="remove", exclusive=True, exit_on_error=False)

    def _on_picked(self, files: list[Path] | None) -> None:
        if files:
            self.choose(files[0])
            if self._owner is None:
                self.start_upload()
            if files[1:]:
                self.post_message(self.FilesChosen(self, files[1:]))


async def _remove_unused(client: Client, document: UUID) -> None:
    """Remove a document unless something uses it, which the server knows.

    What can't be removed now, the server deletes after two weeks.
    """
    with suppress(PortalError):
        await api.remove(client, document)
