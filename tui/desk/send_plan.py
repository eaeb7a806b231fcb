"""The dialog that sends the draft or final plan: its date, its document and who may read it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from textual import on
from textual.widgets import Select

from shared.cases.actions import EventChoice, EventIn
from shared.cases.events import EventKind
from shared.desk import CaseOut
from shared.documents import ScanState
from shared.problems import FieldError
from shared.publications import PlanIn
from tui.desk.actions import READERS_HINT, WHO_READS, AddEvent
from tui.desk.file_field import FileField
from tui.desk.readers_field import ReadersField
from tui.documents.upload_row import UploadRow
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field

NO_DOCUMENT, UPLOAD = "none", "upload"
NOT_PUBLISHED = "None: it is published already, or only on paper"
UPLOADED = "A file that I upload now"
GOES_TO = {
    EventKind.DRAFT_SERVED: (
        "It goes to the {family} with the advice (Reg. 13(1)): post or email it."
    ),
    EventKind.FINAL_ISSUED: (
        "It goes to the {family}, the setting and the commissioning body (Reg. 13(2)): post or "
        "email it."
    ),
}
PLAN_HELP = (
    "The document is published with the step. A document for officers only can be opened by its "
    "readers from then on."
)


class SendPlan(AddEvent):
    """Records that a plan was sent, and publishes its document in the same step."""

    def __init__(self, case: CaseOut, choice: EventChoice) -> None:
        super().__init__(case, choice)
        self._publication_id = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for the date, the document, and who may read it in the portal."""
        yield from super().fields()
        kept = [
            (f"{row.title} ({row.name})" if row.title != row.name else row.name, str(row.document))
            for row in self.case.filed
            if row.scan is not ScanState.INFECTED and not row.of_others
        ]
        options = [(NOT_PUBLISHED, NO_DOCUMENT), *kept, (UPLOADED, UPLOAD)]
        choice = ChoiceList(options, value=NO_DOCUMENT, allow_blank=False, compact=True)
        hint = GOES_TO[self.choice.kind].format(family=self.case.family)
        yield Field("plan", "The plan", choice, hint=hint, help_text=PLAN_HELP)
        yield FileField("The file", self.case.person.id)
        yield ReadersField(WHO_READS, self.case.professionals, hint=READERS_HINT)

    def on_mount(self) -> None:
        """Show what the choice of the document asks for."""
        self._show_fields()
        super().on_mount()

    @on(Select.Changed)
    def _show_fields(self) -> None:
        plan = self.value("plan")
        self.query_one("#field-document").display = plan == UPLOAD
        self.query_one("#field-readers").display = plan != NO_DOCUMENT

    def _values(self) -> dict[str, str]:
        names = ("on", "plan")
        row = self.query_one(UploadRow)
        return (
            {name: self.value(name) for name in names}
            | {"document": str(row.document or row.chosen_file)}
            | {"readers": self.query_one(ReadersField).value}
        )

    @property
    def _document(self) -> UUID | None:
        """The chosen document, or None."""
        match self.value("plan"):
            case "none":
                return None
            case "upload":
                uploaded = self.query_one(UploadRow).document
                return uploaded.id if uploaded else None
            case document:
                return UUID(document)

    def errors(self) -> list[FieldError]:
        """Check the date, and that a file was uploaded if it was to be."""
        needs_file = self.value("plan") == UPLOAD
        missing = self.query_one(FileField).errors() if needs_file else []
        return [*super().errors(), *missing]

    def build_event(self) -> EventIn:
        """Build the event with its document."""
        event, document = super().build_event(), self._document
        if document is None:
            return event
        readers = self.query_one(ReadersField).readers
        plan = PlanIn(id=self._publication_id, document=document, readers=readers)
        return event.model_copy(update={"plan": plan})
