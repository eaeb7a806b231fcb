"""Making a letter as a PDF, which is kept with the case and never changed."""

import hashlib
import io
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, count
from pathlib import Path
from uuid import UUID

from sqlmodel import select

from server.accounts.actor import Actor
from server.core.audit import Action
from server.core.database import Services, Transaction
from server.core.pdf import make_pdf
from server.core.problems import PortalProblem, field_error
from server.core.sent_ids import Digests, check_and_store
from server.documents.service import retain_documents
from server.documents.tables import Document
from server.documents.upload import add_document
from server.letters.building import build_letter, find_missing
from server.letters.drafts import stale, store_texts
from server.letters.listing import find_letter
from server.letters.tables import LetterRecord
from server.letters.writing import OpenLetter, Writing
from shared.letters import LetterRow, MakeLetter
from shared.problems import ProblemCode
from shared.values.days import london_day

TEMPLATE = Path(__file__).with_name("letter.typ")
NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|]')
MAX_ADDRESSEE = 60
"""Characters of an addressee in the name of a file."""
NOT_AWAITED = "This is not awaited any more, so the letter was not made. What you wrote is kept."
NOT_COMPLETE = "The letter lacks something, so it was not made. What you wrote is kept."


@dataclass(frozen=True)
class _Job:
    """A letter to make; `record` is added and numbered once its PDF is stored."""

    actor: Actor
    open_letter: OpenLetter
    sent: Digests
    record: LetterRecord
    name: str
    person_id: UUID
    version: int
    data: dict[str, object]
    moment: datetime


async def make_letter(
    services: Services,
    find_actor: Callable[[Transaction], Actor],
    open_letter: OpenLetter,
    new: MakeLetter,
    sent: Digests,
) -> LetterRow:
    """Make a letter from its draft; idempotent by its id, with the digest of what was sent.

    Raises NOT_FOUND, NOT_ALLOWED, STALE, NOT_COMPLETE, CONFLICT, BUSY, UNAVAILABLE, STORAGE.
    No transaction is open while the PDF is made and stored.
    """

    def prepare(tx: Transaction) -> LetterRow | _Job:
        return _prepare(tx, find_actor(tx), open_letter, new, sent)

    job = await services.write(prepare)
    if isinstance(job, LetterRow):
        return job
    async with services.worker_pools.turns.turn():
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
    return await services.read(lambda tx: find_letter(tx, job.record))


def _prepare(
    tx: Transaction, actor: Actor, open_letter: OpenLetter, new: MakeLetter, sent: Digests
) -> LetterRow | _Job:
    """Return what to make, or the letter that was made under this id."""
    writing = open_letter(tx, actor)
    existing = tx.session.get(LetterRecord, new.id)
    if existing is not None:
        subject = (writing.case.id, writing.template.template.kind, writing.about)
        if (existing.case_id, existing.kind, existing.about) != subject:
            raise PortalProblem(ProblemCode.CONFLICT, "Another letter was made under this id.")
        check_and_store(tx, actor, sent)
        return find_letter(tx, existing)
    _require_awaited(writing)
    if writing.version != new.version:
        raise stale(tx, writing)
    decided_on = writing.decided_on
    missing = find_missing(writing)
    if missing or decided_on is None:
        errors = [field_error(f"/{item.field or item.where}", item.text) for item in missing]
        raise PortalProblem(ProblemCode.NOT_COMPLETE, NOT_COMPLETE, errors=errors)
    record = _build_record(tx, actor, writing, new.id, decided_on)
    data = build_letter(writing).model_dump()
    return _Job(
        actor=actor,
        open_letter=open_letter,
        sent=sent,
        record=record,
        name=_file_name(writing),
        person_id=writing.person.id,
        version=new.version,
        data=data,
        moment=tx.now,
    )


def _build_record(
    tx: Transaction, actor: Actor, writing: Writing, id: UUID, on: date
) -> LetterRecord:
    template = writing.template
    return LetterRecord(
        document_id=id,
        case_id=writing.case.id,
        kind=template.template.kind,
        title=_title(writing),
        template_version=template.template.version,
        template_sha256=template.sha256,
        event_id=writing.event.id if writing.event else None,
        about=writing.about,
        event_on=on,
        texts=writing.texts,
        account_id=actor.account_id,
        made_at=tx.now,
    )


def _title(writing: Writing) -> str:
    """Return what a letter is called: its kind and addressee."""
    return f"{writing.template.template.title}: {writing.to}"


def _file_name(writing: Writing, number: str = "") -> str:
    """Return the name of a letter's PDF: its kind, addressee and date, numbered as its title."""
    to = NOT_IN_FILE_NAMES.sub("-", writing.to)[:MAX_ADDRESSEE].strip()
    return f"{writing.template.template.title}, {to}, {writing.today:%d-%m-%Y}{number}.pdf"


def _find_number(tx: Transaction, writing: Writing) -> str:
    """Return what tells a letter of a locked case from those of the day that are called the same.

    It is '' for the first, and then (2) and so on.
    """
    letters = select(LetterRecord).where(LetterRecord.case_id == writing.case.id)
    of_today = {
        row.title for row in tx.session.exec(letters) if london_day(row.made_at) == writing.today
    }
    numbers = chain([""], (f" ({number})" for number in count(2)))
    return next(number for number in numbers if f"{_title(writing)}{number}" not in of_today)


def _build_document(job: _Job, pdf: bytes) -> Document:
    record = job.record
    return Document(
        id=record.document_id,
        person_id=job.person_id,
        account_id=record.account_id,
        name=job.name,
        size=len(pdf),
        media_type="application/pdf",
        type_label="PDF document",
        sha256=hashlib.sha256(pdf).hexdigest(),
        uploaded_at=job.moment,
        key=f"{record.document_id}-{secrets.token_hex(8)}",
        next_scan_at=job.moment,
    )


def _add_record(tx: Transaction, job: _Job) -> None:
    """Add the letter with its document, unless what it says or its event changed meanwhile."""
    record = job.record
    writing = job.open_letter(tx, job.actor)
    _require_awaited(writing)
    if not _is_same(writing, job):
        raise stale(tx, writing)
    tx.session.flush()
    retain_documents(tx, [record.document_id])
    number = _find_number(tx, writing)
    tx.session.get_one(Document, record.document_id).name = _file_name(writing, number)
    tx.session.add(LetterRecord(**record.model_dump() | {"title": f"{record.title}{number}"}))
    store_texts(tx, job.actor, writing, None)
    job.actor.record(tx, Action.LETTER_MADE, subject=record.document_id, person=job.person_id)
    check_and_store(tx, job.actor, job.sent)


def _require_awaited(writing: Writing) -> None:
    """Raise NOT_ALLOWED for a letter that asks for what is not awaited any more."""
    if writing.addressee and not writing.addressee.is_awaited:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, NOT_AWAITED)


def _is_same(writing: Writing, job: _Job) -> bool:
    """Whether the letter still belongs to the same event, and reads as it was made."""
    event_id = writing.event.id if writing.event else None
    return (writing.version, event_id, writing.decided_on, build_letter(writing).model_dump()) == (
        job.version,
        job.record.event_id,
        job.record.event_on,
        job.data,
    )
