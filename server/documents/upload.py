"""Receiving a document: streamed to a file, checked, stored, and only then committed.

While bytes arrive an upload holds a file and less than a megabyte of memory: no transaction, no
connection, no thread. One that is cut off leaves nothing.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO
from uuid import UUID

from anyio import CapacityLimiter
from fastapi import Request
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import col, delete, update

from server.accounts.actor import Actor, case_worker_of
from server.core.audit import Action
from server.core.bodies import next_chunk
from server.core.cores import run_elsewhere
from server.core.database import Services, Transaction
from server.core.problems import PortalProblem
from server.core.routing import services_of
from server.core.storage import PRIVATE
from server.documents import types
from server.documents.service import document_out, refuse_over_quota
from server.documents.stored import CHUNK_BYTES, not_stored, storage_problem, store
from server.documents.tables import Document, UnreferencedKey
from server.people.service import get_person, hold_person
from shared.documents import MAX_BYTES, NAME_LIMIT, DocumentOut, human_size, refusal_before_upload
from shared.problems import ProblemCode

HEAD = 64 * 1024
FILES = CapacityLimiter(4)
"""Threads that write and check the files of uploads, each for a moment."""


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
    async with _temporary_file(services.settings.uploads, name) as file:
        digest, size = await _receive(request, name, file, services.settings.upload_seconds)
        with storage_problem(not_stored(name)):
            kind = await run_elsewhere(FILES, _type_of, name, file)
        new = Document(
            id=document, person_id=person, account_id=actor.account_id, name=name, size=size,
            media_type=kind.media_type, type_label=kind.label, sha256=digest,
            uploaded_at=services.clock(), key=f"{document}-{secrets.token_hex(8)}",
        )  # fmt: skip
        if kept := await services.write(lambda tx: _begin(tx, actor, new)):
            return kept
        try:
            await store(services, new, file)
            return await _commit(services, actor, new)
        except PortalProblem:
            # Refused for good. After any other error it is not known what was committed.
            with suppress(SQLAlchemyError, PortalProblem):
                await services.write(lambda tx: _give_up(tx, new))
            raise


def _may_upload(request: Request, tx: Transaction, person: UUID) -> Actor:
    actor = case_worker_of(request, tx)
    get_person(tx, actor, person)
    return actor


@asynccontextmanager
async def _temporary_file(folder: Path, name: str) -> AsyncIterator[BinaryIO]:
    """Open a file without a name where the system can, so that it ends with the process."""

    def open_file() -> BinaryIO:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        return TemporaryFile(dir=folder)

    with storage_problem(not_stored(name)):
        file = await run_elsewhere(FILES, open_file)
    try:
        yield file
    finally:
        with suppress(OSError):  # what could not be written is of no use any more
            await run_elsewhere(FILES, file.close)


async def _receive(request: Request, name: str, file: BinaryIO, seconds: int) -> tuple[str, int]:
    """Write the body to a file; returns its SHA-256 and its size."""
    length = request.headers.get("Content-Length", "0")
    if length.isdecimal() and int(length) > MAX_BYTES:
        raise _too_large(name, int(length))
    deadline = asyncio.get_running_loop().time() + seconds
    digest, size, buffer = hashlib.sha256(), 0, bytearray()

    def write() -> None:
        digest.update(buffer)
        file.write(buffer)
        file.flush()
        buffer.clear()

    chunks = request.stream()
    while (chunk := await next_chunk(chunks, deadline)) is not None:
        size += len(chunk)
        if size > MAX_BYTES:
            raise _too_large(name, size)
        buffer += chunk
        if len(buffer) >= CHUNK_BYTES:
            with storage_problem(not_stored(name)):
                await run_elsewhere(FILES, write)
    with storage_problem(not_stored(name)):
        await run_elsewhere(FILES, write)
    return digest.hexdigest(), size


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


def _begin(tx: Transaction, actor: Actor, new: Document) -> DocumentOut | None:
    """Write down the key that bytes are about to be stored under, unless they are there."""
    if kept := tx.session.get(Document, new.id):
        return _the_same(actor, kept, new)
    refuse_over_quota(tx, actor, new.size)
    tx.session.add(UnreferencedKey(key=new.key, since=tx.now, uploading=True))
    return None


async def _commit(services: Services, actor: Actor, new: Document) -> DocumentOut:
    def keep(tx: Transaction) -> DocumentOut:
        return _keep(tx, actor, new)

    try:
        return await services.write(keep)
    except IntegrityError:  # another upload under this id was committed in the same moment
        return await services.write(keep)


def _keep(tx: Transaction, actor: Actor, new: Document) -> DocumentOut:
    hold_person(tx, actor, new.person_id)
    if kept := tx.session.get(Document, new.id):
        answer = _the_same(actor, kept, new)
        _give_up(tx, new)
        return answer
    refuse_over_quota(tx, actor, new.size)
    uploading = tx.session.exec(
        delete(UnreferencedKey).where(
            col(UnreferencedKey.key) == new.key, col(UnreferencedKey.uploading)
        )
    )
    if not uploading.rowcount:  # the sweep took it for broken off
        raise PortalProblem(ProblemCode.STORAGE, not_stored(new.name))
    tx.session.add(Document(**new.model_dump()))
    actor.record(tx, Action.DOCUMENT_ADDED, subject=new.id, person=new.person_id)
    return document_out(new)


def _give_up(tx: Transaction, new: Document) -> None:
    """Leave what was stored for a document that is not kept to the sweep."""
    key = col(UnreferencedKey.key) == new.key
    tx.session.exec(update(UnreferencedKey).where(key).values(uploading=False))


def _the_same(actor: Actor, kept: Document, new: Document) -> DocumentOut:
    theirs = (kept.account_id, kept.person_id, kept.name, kept.sha256)
    if theirs != (actor.account_id, new.person_id, new.name, new.sha256):
        raise PortalProblem(ProblemCode.CONFLICT, "Another document was sent under this id.")
    return document_out(kept)
