"""Making a letter as a PDF, which is kept with the case and never changed."""

import hashlib
import io
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from server.accounts.actor import Actor
from server.core.audit import Action
from server.core.database import Services, Transaction
from server.core.pdf import make_pdf
from server.core.problems import PortalProblem, field_error
from server.documents.service import retain_documents
from server.documents.tables import Document
from server.documents.upload import add_document
from server.letters.drafts import stale, store_texts
from server.letters.listing import letter_row
from server.letters.tables import LetterRecord
from server.letters.writing import Writing, build_letter, find_missing, open_writing
from shared.letters import LetterRow, MakeLetter
from shared.problems import ProblemCode

TEMPLATE = Path(__file__).with_name("letter.typ")
NOT_COMPLETE = "The letter lacks something, so it was not made. What you wrote is kept."


@dataclass(frozen=True)
class _Job:
    """A letter to make; `record` is added once its PDF is stored."""

    actor: Actor
    record: LetterRecord
    person_id: UUID
    version: int
    data: dict[str, object]
    moment: datetime


async def make_letter(
    services: Services,
    find_actor: Callable[[Transaction], Actor],
    case_id: UUID,
    kind: str,
    new: MakeLetter,
) -> LetterRow:
    """Make a letter from its draft; idempotent by its id.

    Raises NOT_FOUND, STALE, NOT_COMPLETE, CONFLICT, BUSY, UNAVAILABLE, STORAGE. No transaction is
    open while the PDF is made and stored.
    """

    def prepare(tx: Transaction) -> LetterRow | _Job:
        return _prepare(tx, find_actor(tx), case_id, kind, new)

    job = await services.write(prepare)
    if isinstance(job, LetterRow):
        return job
    pdf = await make_pdf(TEMPLATE, job.data, job.moment)
    document = _build_document(job, pdf)
    try:
        await add_document(
            services,
            job.actor,
            document,
            io.BytesIO(pdf),
            lambda tx: _add_record(tx, job),
            has_quota=False,
        )
    except PortalProblem:
        made = await services.write(prepare)  # by the same request, sent twice at once
        if isinstance(made, LetterRow):
            return made
        raise
    return await services.read(
        lambda tx: letter_row(tx, tx.session.get_one(LetterRecord, job.record.document_id))
    )


def _prepare(
    tx: Transaction, actor: Actor, case_id: UUID, kind: str, new: MakeLetter
) -> LetterRow | _Job:
    """Return what to make, or the letter that was made under this id."""
    writing = open_writing(tx, actor, case_id, kind)
    existing = tx.session.get(LetterRecord, new.id)
    if existing is not None:
        if (existing.case_id, existing.kind) != (case_id, kind):
            raise PortalProblem(ProblemCode.CONFLICT, "Another letter was made under this id.")
        return letter_row(tx, existing)
    if writing.version != new.version:
        raise stale(tx, writing)
    decided_on = writing.decided_on
    missing = find_missing(writing)
    if missing or decided_on is None:
        errors = [field_error(f"/{item.field or item.where}", item.text) for item in missing]
        raise PortalProblem(ProblemCode.NOT_COMPLETE, NOT_COMPLETE, errors=errors)
    template = writing.template
    record = LetterRecord(
        document_id=new.id,
        case_id=case_id,
        kind=kind,
        title=template.template.title,
        template_version=template.template.version,
        template_sha256=template.sha256,
        event_id=writing.event.id if writing.event else None,
        event_on=decided_on,
        texts=writing.texts,
        account_id=actor.account_id,
        made_at=tx.now,
    )
    data = build_letter(writing).model_dump()
    return _Job(actor, record, writing.person.id, new.version, data, tx.now)


def _build_document(job: _Job, pdf: bytes) -> Document:
    record = job.record
    return Document(
        id=record.document_id,
        person_id=job.person_id,
        account_id=record.account_id,
        name=f"{record.title}, {record.event_on:%d-%m-%Y}.pdf",
        size=len(pdf),
        media_type="application/pdf",
        type_label="PDF document",
        sha256=hashlib.sha256(pdf).hexdigest(),
        uploaded_at=job.moment,
        key=f"{record.document_id}-{secrets.token_hex(8)}",
        next_scan_at=job.moment,
    )


def _add_record(tx: Transaction, job: _Job) -> None:
    """Add the letter with its document, unless the letter or its event changed meanwhile."""
    record = job.record
    writing = open_writing(tx, job.actor, record.case_id, record.kind)
    if not _is_same(writing, job):
        raise stale(tx, writing)
    tx.session.flush()
    retain_documents(tx, [record.document_id])
    tx.session.add(LetterRecord(**record.model_dump()))
    store_texts(tx, job.actor, writing, None)
    job.actor.record(tx, Action.LETTER_MADE, subject=record.document_id, person=job.person_id)


def _is_same(writing: Writing, job: _Job) -> bool:
    event_id = writing.event.id if writing.event else None
    return (writing.version, event_id, writing.decided_on) == (
        job.version,
        job.record.event_id,
        job.record.event_on,
    )
