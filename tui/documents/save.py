"""Dialog that saves a copy of a form or document without overwriting files."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, cast
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from tui.core.commands import command
from tui.core.confinement import FullFolder, require_quota
from tui.core.errors import PortalError
from tui.core.portal import Portal
from tui.documents import texts
from tui.documents.folder import downloads_folder, parse_path, reserve
from tui.widgets.dialog import Action, Dialog, SecondaryAction
from tui.widgets.field import Field
from tui.widgets.line_input import PathInput


@dataclass(frozen=True)
class Download:
    """A file to download: its path on the server, its name, and its button's label."""

    path: str
    name: str
    label: str = "Save"


class SaveCopy(Dialog[None]):
    """Asks for a folder, saves the chosen file there and shows its path."""

    CSS_PATH = "documents.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("save.send", "ctrl+s", "save", "save", "Save the copy."),
        command("save.close", "escape", "close", "close", "Close."),
        command("save.help", "f1", "app.help", "help", "Help on what has the focus."),
    ]

    def __init__(self, subject: str, files: Sequence[Download]) -> None:
        super().__init__()
        self._subject = subject
        self._files = {f"save-{index}" if index else "save": f for index, f in enumerate(files)}

    def compose(self) -> ComposeResult:
        """Lay out the folder, the result and the buttons."""
        with Vertical(classes="dialog"):
            yield Static(f"Save a copy of {self._subject}", classes="title", markup=False)
            if disk_note := texts.ssh_disk_note(texts.COPY_IS_SAVED_ON):
                yield Static(disk_note, id="disk", markup=False)
            folder = PathInput(str(downloads_folder()))
            yield Field("folder", "Folder", folder, help_text=texts.SAVE_HELP)
            result = Static("", id="saved", markup=False)
            result.display = False
            yield result
            with Horizontal(classes="actions"):
                for button, file in self._files.items():
                    yield Action(file.label, id=button)
                yield SecondaryAction("Close", id="close")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if file := self._files.get(event.button.id or ""):
            self._start(file)
        else:
            self.action_close()

    def action_save(self) -> None:
        """Press the first button, unless the copy is saved."""
        if (button := self.query(Action).first()).display:
            button.press()

    def _start(self, file: Download) -> None:
        folder = self.query_one(Input).value
        self.run_worker(self._save(file, folder), exclusive=True, exit_on_error=False)

    async def _save(self, download: Download, folder: str) -> None:
        field = self.query_one(Field)
        field.show_error("")
        self._show_result(texts.SAVING)
        try:
            file = await self._copy(download, folder)
        except (PortalError, OSError, ValueError, FullFolder) as error:
            self._show_result("")
            field.show_error(_error_message(folder, error))
            field.focus_control()
        else:
            field.display = False
            for button in self._files:
                self.query_one(f"#{button}").display = False
            self._show_result(texts.saved_text(file))
            self.query_one("#close").focus()

    async def _copy(self, download: Download, folder: str) -> Path:
        file = await asyncio.to_thread(
            lambda: reserve(parse_path(folder).absolute(), download.name)
        )
        is_complete = False
        try:
            await cast("Portal", self.app).client.download(download.path, file)
            await asyncio.to_thread(require_quota)
            is_complete = True
        finally:
            if not is_complete:
                file.unlink(missing_ok=True)
        return file

    def _show_result(self, text: str) -> None:
        line = self.query_one("#saved", Static)
        line.update(text)
        line.display = bool(text)

    def action_close(self) -> None:
        """Close, abandoning an incomplete copy."""
        self.dismiss(None)


class SaveDocument(SaveCopy):
    """Saves a copy of a document."""

    def __init__(self, document: UUID, name: str) -> None:
        path = f"/v1/documents/{document}/content"
        super().__init__(texts.printable(name), [Download(path, name)])


def _error_message(folder: str, error: Exception) -> str:
    if isinstance(error, OSError):
        return texts.save_error(folder, error)
    return texts.NO_SUCH_FOLDER if isinstance(error, ValueError) else str(error)
