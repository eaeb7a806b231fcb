"""The screen for publishing a document to professionals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from shared.desk import CaseOut, ProfessionalRow
from shared.problems import FieldError, ProblemCode
from shared.publications import PUBLICATION_LABELS, PublicationKind, PublishIn
from tui.core.commands import command
from tui.core.errors import PortalError, Refused
from tui.desk import api
from tui.desk.file_field import FileField
from tui.desk.send_errors import show_send_error
from tui.documents.upload_row import UploadRow
from tui.widgets.choice_list import ChoiceList
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput
from tui.widgets.screen import SEND_LINKS, PortalScreen
from tui.widgets.tick import Tick

NO_KIND = "Choose what it is."
NO_READER = "Choose who may read it."
NO_PROFESSIONAL = (
    "No professional has this child on their list. Go back and allocate the child first."
)
CONFIRMATION = (
    "Each of them gets a message and can save the document. You can withdraw it later, but not a "
    "copy that was saved."
)
TITLE_HELP = "Left empty, the title is what it is, for example Draft EHC plan."
TITLE_LIMIT = 200


class PublishDocument(PortalScreen):
    """Publishes a document to the selected readers."""

    CSS_PATH = "publish.tcss"
    LINKS = SEND_LINKS
    LOCATION = "Cases"
    AUTO_FOCUS = ""
    HEADING = "Publish a document"
    BUTTON = "Publish"
    QUESTION = "Publish it to them?"
    ANSWER = "Publish"
    HELP_TEXT = (
        "Upload the file, say what it is and tick who may read it. {publish.send} publishes once "
        "you have "
        "confirmed it; each reader gets a message and finds the document on the child's progress "
        "page."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("publish.send", "ctrl+s", "send", "publish", "Publish the document."),
    ]

    def __init__(self, case: str) -> None:
        super().__init__()
        self.case_id = UUID(case)
        self._publication_id = uuid4()
        self._case: CaseOut | None = None
        self._confirmed = False

    def body(self) -> ComposeResult:
        """Lay out the page; `_load` adds the questions."""
        yield Static(self.HEADING, classes="title", markup=False)
        yield ErrorSummary()
        yield Vertical(id="questions")
        with Horizontal(classes="actions"):
            yield Action(self.BUTTON, id="send")
            yield SecondaryAction("Back", id="back")

    def on_mount(self) -> None:
        """Read the case."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        self._case = await api.read_case(self.portal.client, self.case_id)
        self.set_location(f"Cases › {self._case.person.name}")
        await self.query_one("#questions").mount_all(self.create_fields(self._case))
        self.query_one(UploadRow).query("Button").first().focus()

    @property
    def _selected_ticks(self) -> list[Tick]:
        return [tick for tick in self.query(Tick) if tick.value]

    @property
    def _readers(self) -> list[UUID]:
        return [UUID((tick.id or "").removeprefix("reader-")) for tick in self._selected_ticks]

    def create_fields(self, case: CaseOut) -> list[Field]:
        """Create the questions."""
        return _create_fields(case)

    def errors(self) -> list[FieldError]:
        """Check that the required questions are answered."""
        answers = {
            "kind": (self.query_one("#field-kind", Field).value, NO_KIND),
            "readers": (self._readers, NO_READER),
        }
        return [*self.query_one(FileField).errors(), *check_missing(answers)]

    def confirmation(self, case: CaseOut) -> str:
        """Name the child and the readers, and say what follows."""
        readers = "\n".join(str(tick.label) for tick in self._selected_ticks)
        return f"{case.person.name}. {CONFIRMATION}\n\n{readers}"

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Ask for confirmation, or show the errors."""
        if self._case is None:
            return
        errors = self.errors()
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, "")
        if not errors:
            answers = (("stay", "Stay here"), ("send", self.ANSWER))
            self.app.push_screen(
                ChoiceDialog(self.QUESTION, self.confirmation(self._case), answers),
                self._on_answer,
            )

    def _on_answer(self, answer: str | None) -> None:
        if answer == "send":
            self.send(self.submit(), self._on_send_error)

    async def submit(self) -> None:
        """Publish the uploaded document."""
        document = self.query_one(UploadRow).document
        if document is None:
            return
        publication = PublishIn(
            id=self._publication_id,
            document=document.id,
            readers=self._readers,
            kind=PublicationKind(self.query_one("#field-kind", Field).value),
            title=self.query_one("#field-title", Field).value.strip(),
            confirmed=self._confirmed,
        )
        await api.publish(self.portal.client, self.case_id, publication)
        self.notify(f"{document.name} is published.", markup=False)
        self.finish()

    def _on_send_error(self, error: PortalError) -> None:
        self._confirmed = False
        if isinstance(error, Refused) and error.code is ProblemCode.NEEDS_CONFIRMATION:
            title, *warnings = str(error).splitlines()
            answers = (("stay", "Go back"), ("send", "Publish it"))
            dialog = ChoiceDialog(title, "\n\n".join(warnings), answers)
            self.app.push_screen(dialog, self._on_warned)
        else:
            show_send_error(self, error)

    def _on_warned(self, answer: str | None) -> None:
        self._confirmed = answer == "send"
        self._on_answer(answer)

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Leave, asking first if a file was chosen."""
        super().action_back()

    @property
    def has_unsaved_input(self) -> bool:
        """Whether leaving would lose a chosen file."""
        return any(row.document or row.chosen_file for row in self.query(UploadRow))


def check_missing(answers: Mapping[str, tuple[object, str]]) -> list[FieldError]:
    """Return an error for each empty answer, given with its message by field."""
    return [
        FieldError(pointer=f"/{name}", code="missing", message=message)
        for name, (answer, message) in answers.items()
        if not answer
    ]


def _create_fields(case: CaseOut) -> list[Field]:
    kinds = [(label, str(kind)) for kind, label in PUBLICATION_LABELS.items()]
    choice = ChoiceList(kinds, prompt="Please select", compact=True)
    title = LineInput(max_length=TITLE_LIMIT, compact=True)
    readers = Vertical(*[create_reader_tick(row) for row in case.professionals], classes="readers")
    hint = "" if case.professionals else NO_PROFESSIONAL
    return [
        FileField("The document", case.person.id),
        Field("kind", "What it is", choice, required=True, help_text="Its kind."),
        Field("title", "Title", title, help_text=TITLE_HELP),
        Field("readers", "Who may read it", readers, required=True, hint=hint),
    ]


def create_reader_tick(row: ProfessionalRow) -> Tick:
    """Create the tick of a professional who may read a document."""
    text = " · ".join(part for part in (row.name, row.role, row.organisation) if part)
    return Tick(text, id=f"reader-{row.account}")
