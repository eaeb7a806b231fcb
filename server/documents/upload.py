"""Uploading a document: streamed to a file, validated, stored, and only then committed.

While receiving data, an upload holds a file and less than a megabyte of memory, but no
transaction, connection or thread. An interrupted upload leaves nothing behind.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO
from uuid import UUID

from anyio import CapacityLimiter
from fastapi import Request
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import col, delete, update

from server.accounts.actor import Actor, require_case_worker
from server.core.audit import Action
from server.core.bodies import next_chunk
from server.core.cores import run_on_other_cores
from server.core.database import Services, Transaction
from server.core.problems import PortalProblem
from server.core.routing import services_of
from server.core.storage import PRIVATE
from server.documents import types
from server.documents.content import CHUNK_BYTES, not_stored_message, storage_problem, store
from server.documents.service import check_quota, document_out
from server.documents.tables import Document, UnreferencedKey
from server.people.service import get_person, lock_person
from shared.documents import MAX_BYTES, NAME_LIMIT, DocumentOut, human_size, upload_error
from shared.problems import ProblemCode

HEAD_BYTES = 64 * 1024
FILES = CapacityLimiter(4)
"""Threads that write the files of uploads."""
INSPECTIONS = CapacityLimiter(2)
"""Threads that look into files, so that a slow look delays no other upload's bytes."""


def clean_name(name: str) -> str:
    """Return a file name without folders or control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable()).strip()[-NAME_LIMIT:]


async def receive_document(
    request: Request, person: UUID, document: UUID, name: str
) -> DocumentOut:
    """Receive and store a document; idempotent by its id.

    Raises WRONG_TYPE, EMPTY_FILE, TOO_LARGE, QUOTA, SLOW_UPLOAD, STORAGE, CONFLICT, NOT_FOUND.
    """
    services = services_of(request)
    name = clean_name(name)
    actor = await services.read(lambda tx: _require_access(request, tx, person))
    if error := upload_error(name, 1):
        raise PortalProblem(ProblemCode.WRONG_TYPE, error)
    async with _temporary_file(services.settings.uploads, name) as file:
        digest, size = await _receive(request, name, file, services.settings.upload_seconds)
        with storage_problem(not_stored_message(name)):
            async with services.worker_pools.turns.turn():
                kind = await run_on_other_cores(INSPECTIONS, _detect_type, name, file)
        new = Document(
            id=document,
            person_id=person,
            account_id=actor.account_id,
            name=name,
            size=size,
            media_type=kind.media_type,
            type_label=kind.label,
            sha256=digest,
            uploaded_at=services.clock(),
            key=f"{document}-{secrets.token_hex(8)}",
            next_scan_at=services.clock(),
        )
        return await add_document(services, actor, new, file)


async def add_document(
    services: Services,
    actor: Actor,
    new: Document,
    file: BinaryIO,
    then: Callable[[Transaction], None] = lambda _: None,
    *,
    has_quota: bool = True,
) -> DocumentOut:
    """Store a new document, then commit it together with what `then` does; idempotent by its id.

    Raises QUOTA, STORAGE, CONFLICT, NOT_FOUND, and what `then` raises.
    """
    if existing := await services.write(
        lambda tx: _start_upload(tx, actor, new, has_quota=has_quota)
    ):
        return existing
    try:
        await store(services, new, file)
        return await _commit(services, actor, new, then, has_quota=has_quota)
    except PortalProblem:
        # A problem means nothing was committed; other errors leave that unknown.
        with suppress(SQLAlchemyError, PortalProblem):
            await services.write(lambda tx: _abandon(tx, new))
        raise


def _require_access(request: Request, tx: Transaction, person: UUID) -> Actor:
    actor = require_case_worker(request, tx)
    get_person(tx, actor, person)
    return actor


@asynccontextmanager
async def _temporary_file(folder: Path, name: str) -> AsyncIterator[BinaryIO]:
    """Open a temporary file, unnamed if possible, so that it is deleted with the process."""

    def open_file() -> BinaryIO:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        return TemporaryFile(dir=folder)

    with storage_problem(not_stored_message(name)):
        file = await run_on_other_cores(FILES, open_file)
    try:
        yield file
    finally:
        with suppress(OSError):  # the file of a failed upload is not needed
            await run_on_other_cores(FILES, file.close)


async def _receive(request: Request, name: str, file: BinaryIO, seconds: int) -> tuple[str, int]:
    """Write the body to a file and return its SHA-256 and size."""
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
            with storage_problem(not_stored_message(name)):
                await run_on_other_cores(FILES, write)
    with storage_problem(not_stored_message(name)):
        await run_on_other_cores(FILES, write)
    return digest.hexdigest(), size


def _too_large(name: str, size: int) -> PortalProblem:
    return PortalProblem(ProblemCode.TOO_LARGE, upload_error(name, size) or human_size(size))


def _detect_type(name: str, file: BinaryIO) -> types.Kind:
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        raise PortalProblem(ProblemCode.EMPTY_FILE, upload_error(name, 0) or name)
    kind = types.detect_kind(name, head)
    if kind is None:
        raise PortalProblem(ProblemCode.WRONG_TYPE, types.mismatch_error(name, head))
    file.seek(0)
    if error := types.content_error(name, file):
        raise PortalProblem(ProblemCode.WRONG_TYPE, error)
    file.seek(0)
    return kind


def _start_upload(
    tx: Transaction, actor: Actor, new: Document, *, has_quota: bool
) -> DocumentOut | None:
    """Commit the key of an upload as unreferenced, or return the existing document."""
    if existing := tx.session.get(Document, new.id):
        return _require_same_document(tx, actor, existing, new)
    if has_quota:
        check_quota(tx, actor, new.size)
    tx.session.add(UnreferencedKey(key=new.key, since=tx.now, uploading=True))
    return None


async def _commit(
    services: Services,
    actor: Actor,
    new: Document,
    then: Callable[[Transaction], None],
    *,
    has_quota: bool,
) -> DocumentOut:
    def add(tx: Transaction) -> DocumentOut:
        return _add_document(tx, actor, new, then, has_quota=has_quota)

    try:
        return await services.write(add)
    except IntegrityError:  # a concurrent upload under this id was committed
        return await services.write(add)


def _add_document(
    tx: Transaction,
    actor: Actor,
    new: Document,
    then: Callable[[Transaction], None],
    *,
    has_quota: bool,
) -> DocumentOut:
    lock_person(tx, actor, new.person_id)
    if existing := tx.session.get(Document, new.id):
        result = _require_same_document(tx, actor, existing, new)
        _abandon(tx, new)
        return result
    if has_quota:
        check_quota(tx, actor, new.size)
    deleted = tx.session.exec(
        delete(UnreferencedKey).where(
            col(UnreferencedKey.key) == new.key, col(UnreferencedKey.uploading)
        )
    )
    if not deleted.rowcount:  # the sweep considered it interrupted
        raise PortalProblem(ProblemCode.STORAGE, not_stored_message(new.name))
    tx.session.add(Document(**new.model_dump()))
    actor.record(tx, Action.DOCUMENT_ADDED, subject=new.id, person=new.person_id)
    then(tx)
    tx.after_commit.append(tx.services.document_added.set)
    return document_out(tx, new)


def _abandon(tx: Transaction, new: Document) -> None:
    """Leave the content of an uncommitted document to the sweep."""
    key = col(UnreferencedKey.key) == new.key
    tx.session.exec(update(UnreferencedKey).where(key).values(uploading=False))


def _require_same_document(
    tx: Transaction, actor: Actor, existing: Document, new: Document
) -> DocumentOut:
    key = (existing.account_id, existing.person_id, existing.name, existing.sha256)
    if key != (actor.account_id, new.person_id, new.name, new.sha256):
        raise PortalProblem(ProblemCode.CONFLICT, "Another document was sent under this id.")
    return document_out(tx, existing)
