"""Where a child's data is: each table with the rows about a child.

Export reads these rows, and erasure deletes them in this order, rows that refer to others first.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import SQLModel, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from server.cases.tables import (
    Case,
    CaseDocument,
    CaseEvent,
    EventCorrection,
    Exemption,
    Publication,
    PublicationReader,
)
from server.casework.tables import Note, NoteVersion, PanelCase
from server.core.audit import AuditEvent, AuditShown, SaveRun
from server.core.sent_ids import SentId
from server.desk.tables import Reminder, Task
from server.documents.tables import Document, DocumentReader
from server.forms.tables import (
    AdviceRequest,
    AdviceStepRow,
    PaperAdvice,
    RequestCorrection,
    StoredAnswer,
    StoredSave,
    Submission,
    SubmissionShare,
    SubmissionVersion,
)
from server.letters.tables import LetterDraftRow, LetterPosting, LetterRecord
from server.messages.tables import Message
from server.people.tables import (
    AccessEnd,
    ListedPerson,
    ListedWord,
    Person,
    PersonCorrection,
    PersonWord,
)
from server.placements.tables import Consultation, FamilyRequest, Placement, Sen2Answer
from server.records.tables import Erasure

KEPT_TABLES: dict[type[SQLModel], str] = {
    AuditEvent: "shows who did what, by ids without content",
    AuditShown: "shows who saw a child in a list, by ids without content",
    SaveRun: "counts the saves of an entry of the audit log",
    Erasure: "shows what was erased, by id, and why",
}
"""Tables whose rows about a child are never erased, and the reason."""

RowsByTable = dict[type[SQLModel], ColumnElement[bool]]
Ids = SelectOfScalar[UUID]
"""The ids of some rows."""


def rows_about(people: Sequence[UUID]) -> RowsByTable:
    """Return the condition for the rows of each table about a child, given all its ids."""
    cases = select(Case.id).where(col(Case.person_id).in_(people))
    forms = select(Submission.id).where(col(Submission.person_id).in_(people))
    return {
        Reminder: _is_reminded(cases, forms),
        **_rows_of_cases(cases, people),
        **_rows_of_forms(forms),
        Submission: col(Submission.person_id).in_(people),
        Case: col(Case.person_id).in_(people),
        Message: col(Message.person_id).in_(people),
        AccessEnd: col(AccessEnd.person_id).in_(people),
        ListedWord: col(ListedWord.person_id).in_(people),
        ListedPerson: col(ListedPerson.person_id).in_(people),
        PersonCorrection: col(PersonCorrection.person_id).in_(people),
        PersonWord: col(PersonWord.person_id).in_(people),
        SentId: col(SentId.person_id).in_(people),
        Person: col(Person.id).in_(people),
    }


def _advice_of(forms: Ids) -> Ids:
    return select(AdviceRequest.id).where(col(AdviceRequest.submission_id).in_(forms))


def _is_reminded(cases: Ids, forms: Ids) -> ColumnElement[bool]:
    """Return the condition for the reminders of a child's cases, forms, advice and settings."""
    consultations = select(Consultation.id).where(col(Consultation.case_id).in_(cases))
    reminded = col(Reminder.subject_id)
    return or_(*(reminded.in_(ids) for ids in (cases, forms, _advice_of(forms), consultations)))


def _rows_of_cases(cases: Ids, people: Sequence[UUID]) -> RowsByTable:
    """Return the rows that belong to a child's cases, and its documents, which these name."""
    documents = select(Document.id).where(col(Document.person_id).in_(people))
    publications = select(Publication.id).where(col(Publication.case_id).in_(cases))
    letters = select(LetterRecord.document_id).where(col(LetterRecord.case_id).in_(cases))
    notes = select(Note.id).where(col(Note.case_id).in_(cases))
    events = select(CaseEvent.id).where(col(CaseEvent.case_id).in_(cases))
    return {
        Consultation: col(Consultation.case_id).in_(cases),
        FamilyRequest: col(FamilyRequest.case_id).in_(cases),
        Placement: col(Placement.case_id).in_(cases),
        Sen2Answer: col(Sen2Answer.case_id).in_(cases),
        PublicationReader: col(PublicationReader.publication_id).in_(publications),
        Publication: col(Publication.case_id).in_(cases),
        CaseDocument: col(CaseDocument.case_id).in_(cases),
        LetterPosting: col(LetterPosting.id).in_(letters),
        LetterRecord: col(LetterRecord.case_id).in_(cases),
        LetterDraftRow: col(LetterDraftRow.case_id).in_(cases),
        DocumentReader: col(DocumentReader.document_id).in_(documents),
        Document: col(Document.person_id).in_(people),
        NoteVersion: col(NoteVersion.note_id).in_(notes),
        Note: col(Note.case_id).in_(cases),
        Task: col(Task.case_id).in_(cases),
        PanelCase: col(PanelCase.case_id).in_(cases),
        Exemption: col(Exemption.case_id).in_(cases),
        EventCorrection: col(EventCorrection.event_id).in_(events),
        CaseEvent: col(CaseEvent.case_id).in_(cases),
    }


def _rows_of_forms(forms: Ids) -> RowsByTable:
    """Return the rows that belong to a child's forms, and to the advice asked for by them."""
    advice = _advice_of(forms)
    return {
        StoredAnswer: col(StoredAnswer.submission_id).in_(forms),
        StoredSave: col(StoredSave.submission_id).in_(forms),
        SubmissionShare: col(SubmissionShare.submission_id).in_(forms),
        SubmissionVersion: col(SubmissionVersion.submission_id).in_(forms),
        RequestCorrection: col(RequestCorrection.submission_id).in_(forms),
        PaperAdvice: col(PaperAdvice.advice_id).in_(advice),
        AdviceStepRow: col(AdviceStepRow.advice_id).in_(advice),
        AdviceRequest: col(AdviceRequest.submission_id).in_(forms),
    }
