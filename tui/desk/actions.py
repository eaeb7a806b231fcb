"""Dialogs for an officer's actions on a case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from shared.cases.actions import NO_VIEWS, EventChoice, EventIn, ExemptionIn
from shared.cases.deadlines import DEADLINE_LABELS, DeadlineKind
from shared.cases.events import EventKind
from shared.cases.excuses import ADVICE_GROUNDS, GROUND_LABELS, Ground
from shared.cases.state_sets import REASON
from shared.desk import AdviceRow, CaseOut
from shared.forms.sharing import Colleague
from shared.problems import FieldError
from shared.values.days import parse_day
from tui.desk import advice_api, api
from tui.desk.dialog import (
    CaseDialog,
    check_day,
    check_required,
    check_set_day,
    create_day_field,
    create_reason_field,
    create_set_day_field,
)
from tui.desk.file_field import FileField
from tui.desk.readers_field import ReadersField
from tui.documents.upload_row import UploadRow
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field
from tui.widgets.finder import Finder
from tui.widgets.focus_marker import CURRENT_MARK

NO_REASON = "Enter the reason."
MISSING_NOT_STATED = "Say what is missing."
DOCUMENT = "As a document, for officers only"
READ_BY_SOME = "As a document, for whom you choose"
WHO_READS = "Who may read it in the portal"
READERS_HINT = "They get a message, and find it on the child's progress page."
NOTHING_TO_READ = "Upload the document for them: what you enter above is for officers only."
NO_GROUND = "Choose the ground."
NO_PROFESSIONAL = "Choose somebody: type a name, an organisation or an email, then press Enter."
VIEWS_HINT = "Or upload their document below. If they have no views, write that."
REASON_HELP = "It is kept in the history of the case, which officers see."
MISSING_HELP = "The professional reads these words in their form and in a message."
CLOSED_FROM = "If it was closed: first day"
CLOSED_TO = "If it was closed: last day"
EXEMPT_EXPLANATION = (
    "The law excepts a time limit only on these grounds. The deadline keeps its date, and is shown "
    "with the exception, its ground and your reason; what is due stays due as soon as practicable."
)
ACCEPT_EXPLANATIONS = {
    "submissions": (
        "The request is then being decided on, and can be edited until that is done. This is not "
        "the decision to assess, which can also be recorded without it."
    ),
    "advice": "The advice then counts as given, and can't be edited any more.",
}
CANCEL_EXPLANATION = "They get a message that it is no longer needed. What they wrote is kept."
CANCEL_BY_POST = (
    "The portal tells nobody who was asked by post: phone them, or write. What was recorded is "
    "kept."
)
ALLOCATE_EXPLANATION = "The child is put on the list of the professional, who is told by a message."
REASSIGN_EXPLANATION = (
    "The form goes to whom you choose, and whoever has it now loses it. What was written stays "
    "under the name of who wrote it; both are told by a message."
)


class AddEvent(CaseDialog):
    """Records an event with its date and, if required, its reason."""

    DONE = "Saved."

    def __init__(self, case: CaseOut, choice: EventChoice) -> None:
        is_accepting = choice.kind is EventKind.REQUEST_ACCEPTED
        explanation = ACCEPT_EXPLANATIONS["submissions"] if is_accepting else ""
        super().__init__(case, choice.action, "Record it", explanation)
        self.choice = choice
        self._event_id = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for the date, and for the other date and the text that the event needs."""
        choice = self.choice
        yield create_day_field("on", "Date")
        if choice.day:
            yield create_set_day_field(
                "day", choice.day, choice.suggested_day, required=choice.day_required
            )
        if choice.reason:
            required = choice.reason_required
            field = create_reason_field("reason", choice.reason, REASON_HELP, required=required)
            field.hint = VIEWS_HINT if choice.document else ""
            yield field
        if choice.document:
            label = READ_BY_SOME if choice.readers else DOCUMENT
            yield FileField(label, self.case.person.id, required=False)
        if choice.readers:
            yield ReadersField(WHO_READS, self.case.professionals, hint=READERS_HINT)

    def errors(self) -> list[FieldError]:
        """Check the dates, the text, and that a chosen file is uploaded."""
        choice = self.choice
        errors = check_day("on", self.value("on"))
        if choice.day:
            errors += check_set_day("day", self.value("day"), required=choice.day_required)
        if choice.reason and choice.reason_required:
            errors += check_required("reason", self.value("reason"), missing_text(choice.reason))
        if choice.document:
            file = self.query_one(FileField)
            errors += file.errors()
            text = self.value("reason") or file.value
            errors += check_required("reason", text, NO_VIEWS)
            if choice.readers and self.value("readers") and not file.value:
                errors += check_required("readers", "", NOTHING_TO_READ)
        return errors

    @on(UploadRow.Uploaded)
    def _clear_missing_text(self) -> None:
        if self.choice.document:  # which stands for the text
            self.query_one("#field-reason", Field).clear_error()
        if self.choice.readers:
            self.query_one(ReadersField).clear_error()

    async def send(self) -> CaseOut:
        """Record the event."""
        return await self.record(self.build_event())

    def build_event(self) -> EventIn:
        """Build the event to record."""
        choice = self.choice
        day = self.value("day") if choice.day else ""
        document = self.query_one(FileField).row.document if choice.document else None
        readers = self.query_one(ReadersField).readers if choice.readers and document else None
        return EventIn(
            id=self._event_id,
            kind=choice.kind,
            on=parse_day(self.value("on")),
            day=parse_day(day) if day else None,
            reason=self.value("reason") if choice.reason else "",
            version=self.case.version,
            confirmed=self.confirmed,
            document=document.id if document else None,
            readers=readers,
        )

    async def record(self, event: EventIn) -> CaseOut:
        """Record the event in the case."""
        return await api.add_event(self.portal.client, self.case.id, event)


def missing_text(label: str) -> str:
    """Return the error of an empty text with a label."""
    return NO_REASON if label == REASON else f"Enter {label[0].lower()}{label[1:]}."


class ReturnForm(CaseDialog):
    """Returns a request or advice, stating what is missing."""

    def __init__(self, case: CaseOut, collection: str, item: UUID) -> None:
        super().__init__(case, "Return the form", "Return it")
        self._collection, self._item = collection, item

    def fields(self) -> Iterable[Field]:
        """Ask what is missing."""
        yield create_reason_field("missing", "What is missing", MISSING_HELP)

    def errors(self) -> list[FieldError]:
        """Check that the missing information is stated."""
        return check_required("missing", self.value("missing"), MISSING_NOT_STATED)

    async def send(self) -> CaseOut:
        """Return the form."""
        text = self.value("missing")
        return await api.return_form(self.portal.client, self._collection, self._item, text)


class Accept(CaseDialog):
    """Accepts a request or advice, after explaining the effect."""

    def __init__(self, case: CaseOut, collection: str, item: UUID) -> None:
        heading = "Accept the request" if collection == "submissions" else "Accept the advice"
        super().__init__(case, heading, "Accept", ACCEPT_EXPLANATIONS[collection])
        self._collection, self._item = collection, item

    async def send(self) -> CaseOut:
        """Accept the form."""
        return await api.accept(self.portal.client, self._collection, self._item)


class CancelAdvice(CaseDialog):
    """Cancels a request for advice; the focus is first on Close, which is safe."""

    AUTO_FOCUS = "#close"

    def __init__(self, case: CaseOut, row: AdviceRow) -> None:
        heading = f"{row.title} from {row.by}: ask no longer"
        explanation = CANCEL_BY_POST if row.by_post else CANCEL_EXPLANATION
        super().__init__(case, heading, "Ask no longer", explanation)
        self._advice = row.id

    async def send(self) -> CaseOut:
        """Cancel the request for advice."""
        return await advice_api.cancel_advice(self.portal.client, self._advice)


class Exempt(CaseDialog):
    """Records an exemption from a deadline, on a statutory ground."""

    def __init__(self, case: CaseOut, kind: DeadlineKind, advice: UUID | None) -> None:
        about = next((item for item in case.advice if item.id == advice), None)
        subject = f"{about.title} from {about.by}" if about else DEADLINE_LABELS[kind]
        heading = f"{subject}: record an exception"
        super().__init__(case, heading, "Record it", EXEMPT_EXPLANATION)
        self._kind, self._advice = kind, advice
        row = next((row for row in case.deadlines if row.kind is kind), None)
        self._grounds = row.grounds if row else sorted(ADVICE_GROUNDS)
        self._exemption_id = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for the ground and the reason."""
        grounds = [(GROUND_LABELS[ground], str(ground)) for ground in self._grounds]
        choice = ChoiceList(grounds, prompt="Please select", compact=True)
        yield Field("ground", "Ground", choice, required=True, help_text="As the law knows it.")
        if Ground.CLOSED in self._grounds:
            yield create_set_day_field("closed_from", CLOSED_FROM, None, required=False)
            yield create_set_day_field("closed_to", CLOSED_TO, None, required=False)
        yield create_reason_field("reason", "Reason", REASON_HELP)

    def errors(self) -> list[FieldError]:
        """Check that both are filled in."""
        return [
            *check_required("ground", self.value("ground"), NO_GROUND),
            *self._closure_errors(),
            *check_required("reason", self.value("reason"), NO_REASON),
        ]

    def _is_closure(self) -> bool:
        return self.value("ground") == Ground.CLOSED

    def _closure_errors(self) -> list[FieldError]:
        names = ("closed_from", "closed_to") if self._is_closure() else ()
        return [
            error
            for name in names
            for error in check_set_day(name, self.value(name), required=True)
        ]

    def _closure_day(self, name: str) -> date | None:
        return parse_day(self.value(name)) if self._is_closure() else None

    async def send(self) -> CaseOut:
        """Record the exemption."""
        exemption = ExemptionIn(
            id=self._exemption_id,
            clock=self._kind,
            ground=Ground(self.value("ground")),
            reason=self.value("reason"),
            advice=self._advice,
            closed_from=self._closure_day("closed_from"),
            closed_to=self._closure_day("closed_to"),
        )
        return await api.exempt(self.portal.client, self.case.id, exemption)


def professional_text(professional: Colleague) -> str:
    """Format a professional as one line."""
    parts = (professional.name, professional.role, professional.organisation)
    return " · ".join(part for part in parts if part)


class ChooseProfessional(CaseDialog):
    """Base class of dialogs with a search for a professional."""

    def __init__(self, case: CaseOut, heading: str, button: str, explanation: str) -> None:
        super().__init__(case, heading, button, explanation)
        self.finder = Finder(self._find, professional_text, "Name, organisation or email")

    async def _find(self, query: str) -> list[Colleague]:
        return await api.find_professionals(self.portal.client, query)

    def compose_content(self) -> ComposeResult:
        """Lay out the finder above the chosen professional."""
        yield self.finder
        yield Static("Nobody is chosen yet.", id="chosen", markup=False)

    @on(Finder.Chosen)
    def _on_chosen(self) -> None:
        if self.finder.choice:
            text = professional_text(self.finder.choice)
            self.query_one("#chosen", Static).update(f"{CURRENT_MARK}{text}")
            self.query_one("#send").focus()

    def errors(self) -> list[FieldError]:
        """Check that a professional is chosen."""
        selected = "x" if self.finder.choice else ""
        return check_required("account", selected, NO_PROFESSIONAL)

    @property
    def account(self) -> UUID:
        """The account of the chosen professional."""
        assert self.finder.choice is not None  # noqa: S101 - checked by errors()
        return self.finder.choice.account


class Allocate(ChooseProfessional):
    """Puts the child on a professional's list."""

    def __init__(self, case: CaseOut) -> None:
        super().__init__(case, "Allocate to a professional", "Allocate", ALLOCATE_EXPLANATION)

    async def send(self) -> CaseOut:
        """Allocate the child and reload the case."""
        client = self.portal.client
        await api.allocate(client, self.case.person.id, self.account)
        return await api.read_case(client, self.case.id)


class Reassign(ChooseProfessional):
    """Reassigns a form from its holder to another professional."""

    def __init__(self, case: CaseOut, submission: UUID) -> None:
        super().__init__(case, "Give the form to someone else", "Reassign", REASSIGN_EXPLANATION)
        self._submission = submission

    async def _find(self, query: str) -> list[Colleague]:
        return await api.find_professionals(self.portal.client, query, self._submission)

    async def send(self) -> CaseOut:
        """Reassign the form and reload the case."""
        client = self.portal.client
        await api.reassign(client, self._submission, self.account)
        return await api.read_case(client, self.case.id)
