"""Taking a document in: streamed to a file aside, checked, stored, and only then told of.

No transaction is open while bytes arrive, and a cut upload leaves nothing.
"""

import asyncio
import hashlib
import tempfile
from typing import BinaryIO
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import Request

from server.accounts.actor import Actor, case_worker_of
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.problems import PortalProblem
from server.core.routing import services_of
from server.documents import types
from server.documents.service import document_out, refuse_over_quota
from server.documents.stored import drop, store
from server.documents.tables import Document
from server.people.service import get_person, hold_person
from shared.documents import MAX_BYTES, NAME_LIMIT, DocumentOut, human_size, refusal_before_upload
from shared.problems import ProblemCode

HEAD = 64 * 1024


def clean_name(name: str) -> str:
    """Take the file's name out of what was sent: no folders, no control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[-NAME_LIMIT:]


async def take_in(request: Request, person: UUID, document: UUID, name: str) -> DocumentOut:
    """Take a document in; the same again gives the same answer.

    Raises WRONG_TYPE, EMPTY_FILE, TOO_LARGE, QUOTA, SLOW_UPLOAD, STORAGE, CONFLICT, NOT_FOUND.
    """
    services = services_of(request)
    name = clean_name(name)
    actor = await services.read(lambda tx: _may_upload(request, tx, person))
    if wrong := refusal_before_upload(name, 1):
        raise PortalProblem(ProblemCode.WRONG_TYPE, wrong)
    with tempfile.TemporaryFile() as file:
        digest = await _receive(request, name, file, services.settings.upload_seconds)
        size = file.tell()
        kind = await run_sync(_type_of, name, file)
        new = Document(
            id=document, person_id=person, account_id=actor.account_id, name=name, size=size,
            media_type=kind.media_type, type_label=kind.label, sha256=digest,
            uploaded_at=services.clock(),
        )  # fmt: skip
        if kept := await services.read(lambda tx: _sent_before(tx, actor, new)):
            return kept
        await store(services, new, file)
        try:
            return await services.write(lambda tx: _keep(tx, actor, new))
        except PortalProblem:
            # Refused for good. After any other error it may be on its way again under this id.
            await _take_back(services, new)
            raise


def _may_upload(request: Request, tx: Transaction, person: UUID) -> Actor:
    actor = case_worker_of(request, tx)
    get_person(tx, actor, person)
    return actor


async def _receive(request: Request, name: str, file: BinaryIO, seconds: int) -> str:
    told = request.headers.get("Content-Length", "0")
    if told.isdecimal() and int(told) > MAX_BYTES:
        raise _too_large(name, int(told))
    digest = hashlib.sha256()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                digest.update(chunk)
                file.write(chunk)
                if file.tell() > MAX_BYTES:
                    raise _too_large(name, file.tell())
    except TimeoutError:
        raise PortalProblem(
            ProblemCode.SLOW_UPLOAD,
            f"{name} did not arrive within {seconds // 60} minutes. Try again on a better line.",
        ) from None
    return digest.hexdigest()


def _too_large(name: str, size: int) -> PortalProblem:
    return PortalProblem(
        ProblemCode.TOO_LARGE, refusal_before_upload(name, size) or human_size(size)
    )


def _type_of(name: str, file: BinaryIO) -> types.Kind:
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise PortalProblem(ProblemCode.EMPTY_FILE, refusal_before_upload(name, 0) or name)
    kind = types.kind_of(name, head)
    if kind is None:
        raise PortalProblem(
            ProblemCode.WRONG_TYPE,
            f"{name} holds something other than its name says. Save it again from the program "
            "it was made with, then choose it again.",
        )
    file.seek(0)
    if wrong := types.refusal(name, file):
        raise PortalProblem(ProblemCode.WRONG_TYPE, wrong)
    file.seek(0)
    return kind


def _sent_before(tx: Transaction, actor: Actor, new: Document) -> DocumentOut | None:
    if kept := tx.session.get(Document, new.id):
        return _the_same(actor, kept, new)
    refuse_over_quota(tx, actor, new.size)
    return None


async def _take_back(services: Services, new: Document) -> None:
    """Drop what was stored and can't be told of, unless another upload of it was kept."""
    if not await services.read(lambda tx: tx.session.get(Document, new.id) is not None):
        await drop(services, [new.key])


def _keep(tx: Transaction, actor: Actor, new: Document) -> DocumentOut:
    hold_person(tx, actor, new.person_id)
    if kept := tx.session.get(Document, new.id):
        return _the_same(actor, kept, new)
    refuse_over_quota(tx, actor, new.size)
    tx.session.add(Document(**new.model_dump()))
    record(
        tx, Action.DOCUMENT_ADDED, account=actor.account_id, subject=new.id,
        person=new.person_id, address=actor.address,
    )  # fmt: skip
    return document_out(new)


def _the_same(actor: Actor, kept: Document, new: Document) -> DocumentOut:
    theirs = (kept.account_id, kept.person_id, kept.name, kept.sha256)
    if theirs != (actor.account_id, new.person_id, new.name, new.sha256):
        raise PortalProblem(ProblemCode.CONFLICT, "Another document was sent under this id.")
    return document_out(kept)
