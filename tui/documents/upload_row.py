"""One file of a form: chosen, uploaded, and then saved as a copy or removed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Static
from textual.worker import WorkType

from shared.documents import DocumentOut
from shared.problems import ProblemCode
from tui.core.errors import PortalError, Refused, Unreachable
from tui.core.portal import Portal
from tui.documents import api, words
from tui.documents.folder import check
from tui.documents.picker import PickFiles
from tui.documents.save import SaveDocument
from tui.documents.states import ACTIONS, State
from tui.widgets.dialog import Action, Question

SIGN_IN = {401, 403}
"""The statuses that the portal answers by signing in in place."""
GONE = {ProblemCode.IN_USE, ProblemCode.NOT_FOUND}


class UploadRow(Vertical):
    """A file about a person, from 'No file chosen' to the stored document.

    `document` is what is stored already; `name` is the row's, for the form to find it by.
    """

    DEFAULT_CSS = """
    UploadRow { height: auto; }
    UploadRow > Static { height: auto; }
    UploadRow > .actions { height: auto; }
    """
    help_text = words.UPLOAD_HELP

    @dataclass
    class Uploaded(Message):
        """The row's file is stored."""

        row: UploadRow
        document: DocumentOut

    @dataclass
    class Removed(Message):
        """The row's document is no part of the form any more."""

        row: UploadRow

    @dataclass
    class FilesChosen(Message):
        """Several files were picked: the row took the first, these are the others."""

        row: UploadRow
        more: list[Path]

    def __init__(
        self, person: UUID, *, document: DocumentOut | None = None, name: str | None = None
    ) -> None:
        super().__init__(name=name)
        self.document = document
        self._person = person
        self._file: Path | None = None
        self._bytes: int | None = None
        self._document_id = uuid4()
        self._state = State.EMPTY
        self._line = Static(classes="file", markup=False)
        self._note = Static(classes="note", markup=False)
        self._actions = {name: Action(text, id=name) for name, (text, _) in ACTIONS.items()}
        self._show(State.STORED if document else State.EMPTY)

    def compose(self) -> ComposeResult:
        """Lay out the file, what there is to say about it, and what can be done."""
        yield self._line
        yield self._note
        with Horizontal(classes="actions"):
            yield from self._actions.values()

    @property
    def chosen_file(self) -> Path | None:
        """The file that is chosen and not uploaded: it would not be sent with the form."""
        return self._file

    def on_mount(self) -> None:
        """Look at a file that was chosen before the row was shown."""
        if self._file:
            self.choose(self._file)

    def choose(self, path: Path) -> None:
        """Take a file of the disk, in place of one chosen before; it is not uploaded yet."""
        self._file, self._document_id, self.document = path, uuid4(), None
        self._bytes = None
        self._show(State.CHOSEN, words.LOOKING)
        if self.is_attached:
            self._work(partial(self._look, path), "upload")

    def start_upload(self) -> None:
        """Send the chosen file; what was sent before, whole or not, is sent under the same id."""
        if self._file and self._state is not State.UPLOADING:
            self._show(State.UPLOADING, words.LOOKING)
            self._work(partial(self._send, self._file), "upload")

    async def _look(self, file: Path) -> None:
        if await self._is_sound(file):
            self._show(State.CHOSEN, words.NOT_UPLOADED)

    async def _is_sound(self, file: Path) -> bool:
        self._bytes, reason = await asyncio.to_thread(check, file)
        if reason:
            self._show(State.FAILED, f"✗ {reason}")
        return reason is None

    def _work(self, work: WorkType[None], group: str) -> None:
        self.run_worker(work, group=group, exclusive=True, exit_on_error=False)

    @property
    def _portal(self) -> Portal:
        return cast("Portal", self.app)

    async def _send(self, file: Path) -> None:
        if not await self._is_sound(file):
            return
        size = self._bytes or 0
        self._show(State.UPLOADING, words.bar(0, size))
        try:
            document = await api.upload(
                self._portal.client, self._person, self._document_id, file,
                lambda sent: self._note.update(words.bar(sent, size)),
            )  # fmt: skip
        except OSError as error:
            self._show(State.FAILED, f"✗ {words.cant_be_read(words.shown(file.name), error)}")
        except PortalError as error:
            reason = words.UNREACHABLE if isinstance(error, Unreachable) else str(error)
            self._show(State.FAILED, f"✗ {reason}")
            self._tell_of_session(error)
        else:
            self._file, self.document = None, document
            self._show(State.STORED)
            self.post_message(self.Uploaded(self, document))

    async def _remove(self, document: DocumentOut) -> None:
        self._show(State.STORED, words.REMOVING)
        try:
            await api.remove(self._portal.client, document.id)
        except PortalError as error:
            # One that was submitted stays with what was submitted; this form goes on without it.
            if not isinstance(error, Refused) or error.code not in GONE:
                self._show(State.STORED, f"✗ {words.not_removed(str(error))}")
                self._tell_of_session(error)
                return
        self.document = None
        self._show(State.EMPTY)
        self.post_message(self.Removed(self))

    def _tell_of_session(self, error: PortalError) -> None:
        if isinstance(error, Refused) and error.problem.status in SIGN_IN:
            self._portal.show_error(error)

    def _show(self, state: State, note: str = "") -> None:
        self._state = state
        self._line.update(self._words())
        self._note.update(note)
        self._note.display = bool(note)
        self._note.set_class(note.startswith("✗"), "-wrong")
        focused = self.is_attached and self.has_focus_within
        for name, (_, states) in ACTIONS.items():
            self._actions[name].display = state in states
        if focused:
            next(action for action in self._actions.values() if action.display).focus()

    def _words(self) -> str:
        if self.document:
            return words.stored(self.document)
        if self._file is None:
            return words.NO_FILE
        name = words.shown(self._file.name)
        return name if self._bytes is None else words.named(name, self._bytes)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        match event.button.id:
            case "choose" | "another":
                self.app.push_screen(PickFiles(), self._picked)
            case "upload" | "retry":
                self.start_upload()
            case "cancel":
                self.workers.cancel_group(self, "upload")
                self._show(State.CHOSEN, words.STOPPED)
            case "save" if self.document:
                self.app.push_screen(SaveDocument(self.document.id, self.document.name))
            case "remove":
                self.app.push_screen(Question(*words.REMOVAL), self._answered)

    def _answered(self, answer: str | None) -> None:
        if answer == "remove" and self.document:
            self._work(partial(self._remove, self.document), "remove")

    def _picked(self, files: list[Path] | None) -> None:
        if files:
            self.choose(files[0])
            if files[1:]:
                self.post_message(self.FilesChosen(self, files[1:]))
