"""Dialogs for advice by post: asked for from somebody without an account, and received on paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

from shared.advice import (
    AdviceContacts,
    AdviceContactsIn,
    AdviceKindIn,
    PaperAdviceIn,
    PaperDocumentIn,
    PaperRemovalIn,
    PostalAdviceIn,
)
from shared.desk import AdviceRow, AskableForm, CaseOut
from shared.problems import FieldError
from shared.values.days import parse_day
from tui.desk import advice_api
from tui.desk.actions import NO_REASON
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
from tui.desk.taking_back import TakeBack
from tui.documents.upload_row import UploadRow
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput

ASK_EXPLANATION = (
    "For somebody without an account, such as a GP or a hospital: you write to them, or phone. The "
    "portal sends nothing; it makes the letter, and shows when their advice is due."
)
NO_NAME = "Enter who you asked."
NO_KIND = "Choose the kind of advice."
KIND_EXPLANATION = (
    "What was recorded stays in the history, with your name and reason. A due date that followed "
    "from the kind is worked out again. A letter that was made stays as it is."
)
ROLE_HINT = "For example: GP, Osier Surgery."
ADDRESS_HINT = "With the postcode. Commas end its lines. A letter needs it."
DUE_HINT = "Left empty, it is due after the usual time."
RECEIVED_EXPLANATION = (
    "Also for advice that came by email. It then counts as received, and is not chased any more; "
    "{message}."
)
GETS_MESSAGE = "{name} gets a message that the form need not be filled in"
GETS_NO_MESSAGE = "nobody gets a message"
GIVEN_BY_HINT = "If left empty, it is from {name}."
DOCUMENT_HINT = "It is kept with the case, for officers only. You can add it later."
TAKE_BACK_EXPLANATION = (
    "The advice is awaited again, and who was asked in the portal gets a message. What was "
    "recorded stays in the history, and its document under Documents."
)


class AskByPost(CaseDialog):
    """Records that advice was asked for by post from somebody without an account."""

    def __init__(self, case: CaseOut, forms: Sequence[AskableForm]) -> None:
        super().__init__(case, "Advice asked for by post", "Record it", ASK_EXPLANATION)
        self._forms = forms
        self.advice_id = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for whom it was asked from, what for, and when."""
        yield from _contact_fields()
        yield _kind_field(self._forms)
        yield create_day_field("asked_on", "Asked for on")
        due = create_set_day_field("due", "Due", None, required=False)
        due.hint = DUE_HINT
        yield due

    def errors(self) -> list[FieldError]:
        """Check the name, the kind and the dates."""
        return [
            *check_required("name", self.value("name"), NO_NAME),
            *check_required("form", self.value("form"), NO_KIND),
            *check_day("asked_on", self.value("asked_on")),
            *check_set_day("due", self.value("due"), required=False),
        ]

    async def send(self) -> CaseOut:
        """Record the request."""
        due = self.value("due")
        request = PostalAdviceIn(
            id=self.advice_id,
            form=self.value("form"),
            name=self.value("name"),
            role=self.value("role"),
            address=self.value("address"),
            phone=self.value("phone"),
            asked_on=parse_day(self.value("asked_on")),
            due=parse_day(due) if due else None,
        )
        return await advice_api.ask_by_post(self.portal.client, self.case.id, request)


def _kind_field(forms: Sequence[AskableForm]) -> Field:
    form = ChoiceList(
        [(form.title, form.form) for form in forms], prompt="Please select", compact=True
    )
    help_text = "As the law knows it (Reg. 6(1))."
    return Field("form", "Kind of advice", form, required=True, help_text=help_text)


def _contact_fields(row: AdviceRow | None = None) -> Iterable[Field]:
    """Yield the fields of who is asked and how to reach them, as they are so far."""
    texts = (row.by, row.organisation, row.address, row.phone) if row else ("", "", "", "")
    name, role, address, phone = (LineInput(text, max_length=200, compact=True) for text in texts)
    yield Field("name", "Name", name, required=True, help_text="A person, or a service.")
    yield Field("role", "Role, and where they work", role, hint=ROLE_HINT)
    yield Field("address", "Their address", address, hint=ADDRESS_HINT)
    yield Field("phone", "Their phone", phone)


class CorrectContacts(CaseDialog):
    """Corrects who was asked for advice by post, and how to reach them."""

    def __init__(self, case: CaseOut, row: AdviceRow) -> None:
        super().__init__(case, f"How to reach them: {row.title}", "Save it")
        self._correction_id = uuid4()
        self._row = row

    def fields(self) -> Iterable[Field]:
        """Ask for the name and the contacts."""
        yield from _contact_fields(self._row)

    def errors(self) -> list[FieldError]:
        """Check the name."""
        return check_required("name", self.value("name"), NO_NAME)

    async def send(self) -> CaseOut:
        """Save the contacts in place of those that were shown."""
        row = self._row
        corrected = AdviceContactsIn(
            id=self._correction_id,
            name=self.value("name"),
            role=self.value("role"),
            address=self.value("address"),
            phone=self.value("phone"),
            replaces=AdviceContacts(
                name=row.by, role=row.organisation, address=row.address, phone=row.phone
            ),
        )
        return await advice_api.correct_contacts(self.portal.client, row.id, corrected)


class CorrectKind(CaseDialog):
    """Corrects the kind of advice that was asked for by post, with the reason."""

    def __init__(self, case: CaseOut, row: AdviceRow, forms: Sequence[AskableForm]) -> None:
        super().__init__(case, f"Correct the kind: {row.title}", "Correct it", KIND_EXPLANATION)
        self._row = row
        self._forms = [form for form in forms if form.form != row.form]
        self._correction_id = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for the kind that it is, and the reason."""
        yield _kind_field(self._forms)
        yield create_reason_field("reason", "Why it was wrong", "It is kept in the history.")

    def errors(self) -> list[FieldError]:
        """Check the kind and the reason."""
        return [
            *check_required("form", self.value("form"), NO_KIND),
            *check_required("reason", self.value("reason"), NO_REASON),
        ]

    async def send(self) -> CaseOut:
        """Save the kind in place of the one that was shown."""
        corrected = AdviceKindIn(
            id=self._correction_id,
            form=self.value("form"),
            replaces=self._row.form,
            reason=self.value("reason"),
        )
        return await advice_api.correct_kind(self.portal.client, self._row.id, corrected)


class ReceiveOnPaper(CaseDialog):
    """Records that awaited advice was received on paper, with its document."""

    def __init__(self, case: CaseOut, row: AdviceRow) -> None:
        message = GETS_NO_MESSAGE if row.by_post else GETS_MESSAGE.format(name=row.by)
        explanation = RECEIVED_EXPLANATION.format(message=message)
        super().__init__(case, f"Received on paper: {row.title}", "Record it", explanation)
        self._row = row
        self._receipt_id = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for the day, who gave it, and the document."""
        yield create_day_field("received_on", "Received on")
        given_by = LineInput(max_length=200, compact=True)
        hint = GIVEN_BY_HINT.format(name=self._row.by)
        yield Field("given_by", "Given by, if somebody else", given_by, hint=hint)
        yield FileField("The document", self.case.person.id, required=False, hint=DOCUMENT_HINT)

    def errors(self) -> list[FieldError]:
        """Check the day, and that a chosen file was uploaded."""
        return [
            *check_day("received_on", self.value("received_on")),
            *self.query_one(FileField).errors(),
        ]

    async def send(self) -> CaseOut:
        """Record the receipt."""
        document = self.query_one(UploadRow).document
        receipt = PaperAdviceIn(
            id=self._receipt_id,
            received_on=parse_day(self.value("received_on")),
            given_by=self.value("given_by"),
            document=document.id if document else None,
        )
        return await advice_api.receive_on_paper(self.portal.client, self._row.id, receipt)


class AddPaper(CaseDialog):
    """Adds the document to advice that was received on paper without it."""

    def __init__(self, case: CaseOut, row: AdviceRow) -> None:
        super().__init__(case, f"The document of {row.title}", "Add it")
        self._row = row

    def fields(self) -> Iterable[Field]:
        """Ask for the document."""
        yield FileField("The document", self.case.person.id)

    def errors(self) -> list[FieldError]:
        """Check that a file was uploaded."""
        return self.query_one(FileField).errors()

    async def send(self) -> CaseOut:
        """Add the document."""
        document, paper = self.query_one(UploadRow).document, self._row.paper
        assert document is not None  # noqa: S101 - checked by errors()
        assert paper is not None  # noqa: S101 - only such advice has this action
        new = PaperDocumentIn(id=paper.id, document=document.id)
        return await advice_api.add_paper(self.portal.client, self._row.id, new)


class TakePaperBack(TakeBack):
    """Takes back that advice was received on paper."""

    def __init__(self, case: CaseOut, advice: UUID, receipt: UUID) -> None:
        heading = "It was not received on paper"
        super().__init__(case, heading, "Take it back", TAKE_BACK_EXPLANATION)
        self._advice, self._receipt = advice, receipt

    async def send(self) -> CaseOut:
        """Take the receipt back."""
        removal = PaperRemovalIn(id=self._receipt, reason=self.value("reason"))
        return await advice_api.take_paper_back(self.portal.client, self._advice, removal)
