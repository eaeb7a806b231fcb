"""The field for a file that an officer uploads."""

from __future__ import annotations

from uuid import UUID

from textual import on

from shared.problems import FieldError
from tui.documents.upload_row import UploadRow
from tui.widgets.dialog import Action
from tui.widgets.field import Field

NO_FILE = "Choose a file and upload it."
NOT_UPLOADED = "Press Upload to send the file that you chose."
BEING_UPLOADED = "The file is still being uploaded. Wait for the ✓, then go on."


class FileField(Field):
    """A file about a person, named `document`; its error goes once it is uploaded."""

    def __init__(self, label: str, person: UUID, *, required: bool = True, hint: str = "") -> None:
        self.row = UploadRow(person)
        super().__init__("document", label, self.row, required=required, hint=hint)

    @property
    def value(self) -> str:
        """The uploaded document or the chosen file, or '' if none."""
        return str(self.row.document.id if self.row.document else self.row.chosen_file or "")

    def errors(self) -> list[FieldError]:
        """Return the error if no file is uploaded: choose it, or wait for it."""
        if self.row.document is not None or not (self.required or self.row.chosen_file):
            return []
        upload = self.row.upload
        message = NOT_UPLOADED if upload else NO_FILE
        if upload and upload.is_running:
            message = BEING_UPLOADED
        return [FieldError(pointer=f"/{self.name}", code="missing", message=message)]

    def focus_control(self) -> None:
        """Focus what comes next: Choose file or Upload."""
        next(action for action in self.row.query(Action) if action.display).focus()
        self.scroll_visible(animate=False)

    @on(UploadRow.Uploaded)
    def _on_uploaded(self) -> None:
        self.clear_error()
