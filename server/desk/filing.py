"""Documents that officers keep with a case, which no professional sees."""

from datetime import date
from uuid import UUID

from sqlmodel import col, exists, or_, select, update

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import find_case, name_holder
from server.cases.tables import Case, CaseDocument, CaseEvent, Publication
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field
from server.documents.service import document_out, retain_upload
from server.documents.tables import Document
from server.forms.tables import AdviceRequest, PaperAdvice
from shared.accounts import Staff
from shared.cases.events import EventKind
from shared.cases.rules import RULES
from shared.desk import FiledRow, FileIn
from shared.problems import ProblemCode
from shared.values.days import format_day
from shared.values.identifiers import check_line

# What was recorded in error is still not the authority's own document.
_IS_ADVICE = exists().where(
    col(PaperAdvice.advice_id) == col(AdviceRequest.id),
    col(AdviceRequest.case_id) == col(CaseDocument.case_id),
    col(PaperAdvice.document_id) == col(CaseDocument.document_id),
)
_IS_REQUEST = col(CaseDocument.submission_id).is_not(None)
_CAME_WITH_A_STEP = exists().where(
    col(CaseEvent.case_id) == col(CaseDocument.case_id),
    col(CaseEvent.document_id) == col(CaseDocument.document_id),
)


def file_document(
    tx: Transaction, actor: Actor, case_id: UUID, new: FileIn, *, request: UUID | None = None
) -> Case:
    """Keep an officer's upload with a case for officers only; idempotent by the document.

    It may be the letter of a family's request, a submission.
    Raises NOT_FOUND, INVALID for a document that is gone or about another child, CONFLICT if it is
    kept with another case, and NOT_ALLOWED if professionals may have seen it.
    """
    case = find_case(tx, actor, case_id)
    if error := check_line(new.title).message:
        raise invalid_field("/title", error)
    document = retain_upload(tx, actor, new.document)  # its lock makes concurrent requests wait
    if document.person_id != case.person_id:
        raise invalid_field("/document", "This document is about another child.")
    existing = tx.session.get(CaseDocument, document.id, populate_existing=True)
    if existing is not None:
        if existing.case_id != case.id:
            raise PortalProblem(ProblemCode.CONFLICT, "This document is kept with another case.")
        existing.submission_id = existing.submission_id or request
        return case
    _require_unseen(tx, document)
    tx.session.add(
        CaseDocument(
            document_id=document.id,
            case_id=case.id,
            title=new.title.strip() or document.name,
            account_id=actor.account_id,
            added_at=tx.now,
            submission_id=request,
        )
    )
    actor.record(tx, Action.DOCUMENT_FILED, subject=document.id, person=case.person_id)
    return case


def _require_unseen(tx: Transaction, document: Document) -> None:
    """Raise NOT_ALLOWED for a document that a professional uploaded or that was published."""
    uploader = tx.session.get_one(Account, document.account_id)
    published = select(Publication.id).where(Publication.document_id == document.id)
    if uploader.staff != Staff.OFFICER or tx.session.exec(published).first() is not None:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "Professionals may have seen this document, so it can't be for officers only.",
        )


def step_title(tx: Transaction, case: Case, kind: EventKind, on: date) -> str:
    """Return what the document that came with a step is called."""
    return name_holder(tx, case, f"{RULES[kind].label}, {format_day(on)}")


def rename_document(tx: Transaction, case: Case, event: CaseEvent, before: str) -> None:
    """Call the document of a corrected step by its new day, unless it has a title of its own."""
    title = step_title(tx, case, EventKind(event.kind), event.on)
    tx.session.execute(
        update(CaseDocument)
        .where(
            col(CaseDocument.document_id) == event.document_id, col(CaseDocument.title) == before
        )
        .values(title=title)
    )
    tx.session.execute(
        update(Publication)
        .where(col(Publication.id) == event.made_id, col(Publication.title) == before)
        .values(title=title)
    )


def filed_rows(tx: Transaction, case: Case) -> list[FiledRow]:
    """List the documents of a case that only officers see, newest first."""
    rows = tx.session.execute(
        select(CaseDocument, Document, Account, or_(_IS_ADVICE, _IS_REQUEST, _CAME_WITH_A_STEP))
        .join(Document, col(Document.id) == col(CaseDocument.document_id))
        .join(Account, col(Account.id) == col(CaseDocument.account_id))
        .where(CaseDocument.case_id == case.id)
        .order_by(col(CaseDocument.added_at).desc())
    )
    return [
        FiledRow(
            document=document.id,
            name=document.name,
            title=filed.title,
            by=account.name,
            added_at=filed.added_at,
            scan=document_out(tx, document).scan,
            of_others=of_others,
        )
        for filed, document, account, of_others in rows
    ]
