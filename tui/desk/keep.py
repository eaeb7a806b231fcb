"""The screen for keeping a document with a case, for officers only."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from shared.desk import CaseOut, FileIn
from shared.problems import FieldError
from tui.core.commands import command
from tui.desk import api
from tui.desk.file_field import FileField
from tui.desk.publish import TITLE_LIMIT, PublishDocument
from tui.documents.upload_row import UploadRow
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput

TITLE_HELP = "Left empty, the title is the name of the file."


class KeepDocument(PublishDocument):
    """Keeps a document with a case, which no professional sees."""

    HEADING = "Keep a document for officers only"
    BUTTON = "Keep it"
    QUESTION = "Keep it for officers only?"
    ANSWER = "Keep it"
    HELP_TEXT = (
        "Upload the file and give it a title. {keep.send} keeps it with the case once you have "
        "confirmed it. Officers see it, professionals don't."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("keep.send", "ctrl+s", "send", "keep it", "Keep the document with the case."),
    ]

    def create_fields(self, case: CaseOut) -> list[Field]:
        """Ask for the file and its title."""
        title = LineInput(max_length=TITLE_LIMIT, compact=True)
        return [
            FileField("The document", case.person.id),
            Field("title", "Title", title, help_text=TITLE_HELP),
        ]

    def errors(self) -> list[FieldError]:
        """Check that a file was uploaded."""
        return self.query_one(FileField).errors()

    def confirmation(self, case: CaseOut) -> str:
        """Name the child and say who will see the document."""
        return (
            f"It is kept with the case of {case.person.name}. Every officer can read it, no "
            "professional can. It can't be published later: upload it again for that."
        )

    async def submit(self) -> None:
        """Keep the uploaded document with the case."""
        document = self.query_one(UploadRow).document
        if document is None:
            return
        body = FileIn(document=document.id, title=self.query_one("#field-title", Field).value)
        await api.file_document(self.portal.client, self.case_id, body)
        self.notify(f"{document.name} is kept for officers only.", markup=False)
        self.finish()
