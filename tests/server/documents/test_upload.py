"""Documents over HTTP: uploaded as a stream, downloaded and removed."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from obstore.store import LocalStore
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from server.core import bodies
from server.core.database import Services
from server.documents.content import CHUNK_BYTES, PUTS, THREADS
from server.documents.sweep import sweep
from server.documents.tables import Document, UnreferencedKey
from server.documents.upload import FILES
from shared.documents import MAX_BYTES
from tests.parts import Someone, track_open_transactions
from tests.pdfs import PDF, make_pdf_of_size
from tests.server.accounts.steps import code_of
from tests.server.documents.files import png
from tests.server.steps import (
    add_child,
    audit_of,
    ok,
    required_answers,
    rows,
    save,
    start,
    submit,
    upload,
)

TIMEOUT_SECONDS = 10.0


def stored_files(services: Services) -> list[Path]:
    """List the files in the store."""
    folder = services.settings.data / "documents"
    return [path for path in folder.rglob("*") if path.is_file()]


def is_store_empty(services: Services) -> bool:
    """Sweep and return whether no files, keys or rows remain."""
    sweep_now(services)
    uploads = list(services.settings.uploads.glob("*"))
    return [
        *stored_files(services),
        *rows(services, Document),
        *rows(services, UnreferencedKey),
        *uploads,
    ] == []


def sweep_now(services: Services) -> None:
    asyncio.run(sweep(services))


def change_settings(app: FastAPI, **overrides: object) -> None:
    services: Services = app.state.services
    settings = services.settings.model_copy(update=overrides)
    app.state.services = replace(services, settings=settings)


def test_document_is_stored_and_returned(me: Someone, services: Services) -> None:
    person, document = add_child(me), uuid4()
    reply = upload(me, person, name="C:\\Reports\\Ivo’s report.PDF", document=document)
    assert reply.status_code == 201
    document_json = reply.json()
    assert (document_json["id"], document_json["name"]) == (str(document), "Ivo’s report.PDF")
    assert (document_json["size"], document_json["media_type"]) == (len(PDF), "application/pdf")
    assert me.get(f"/v1/documents/{document}").json() == document_json
    # The server generates the store's key, which reveals nothing.
    [row] = rows(services, Document)
    assert [file.name for file in stored_files(services)] == [row.key]
    assert "Ivo" not in row.key
    content = me.get(f"/v1/documents/{document}/content")
    assert content.content == PDF
    assert content.headers["Content-Disposition"] == (
        f"attachment; filename*=UTF-8''{quote('Ivo’s report.PDF')}"
    )
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    assert content.headers["Cache-Control"] == "no-store"
    assert content.headers["Content-Length"] == str(len(PDF))


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("report.pdf", b"", 422, "empty_file"),
        ("report.exe", PDF, 415, "wrong_type"),
        ("report.pdf", b"MZ\x90\x00" + bytes(64), 415, "wrong_type"),
        ("report.pdf", png(10, 10), 415, "wrong_type"),
        ("photo.png", png(100_000, 100_000), 415, "wrong_type"),
        ("..", PDF, 415, "wrong_type"),
        ("report.pdf\x00.exe", PDF, 422, "invalid"),
    ],
    ids=["empty", "exe", "exe as pdf", "png as pdf", "pixel bomb", "dots", "nul"],
)
def test_invalid_file_is_rejected_and_leaves_nothing(
    me: Someone, services: Services, name: str, content: bytes, status: int, code: str
) -> None:
    reply = upload(me, add_child(me), content, name)
    assert (reply.status_code, code_of(reply)) == (status, code)
    assert is_store_empty(services)


def generate_chunks(size: int) -> Iterator[bytes]:
    content = make_pdf_of_size(size)
    for position in range(0, size, 1024 * 1024):
        yield content[position : position + 1024 * 1024]


@pytest.mark.parametrize("has_length", [True, False], ids=["with a length", "without a length"])
def test_size_limit_is_10_mib(me: Someone, services: Services, has_length: bool) -> None:
    person = add_child(me)

    def send(size: int) -> httpx.Response:
        path = f"/v1/people/{person}/documents/{uuid4()}"
        body = b"".join(generate_chunks(size)) if has_length else generate_chunks(size)
        reply: httpx.Response = me.put(path, params={"name": "long.pdf"}, content=body)
        return reply

    reply = send(MAX_BYTES + 1)
    assert (reply.status_code, code_of(reply)) == (413, "too_large")
    assert is_store_empty(services)
    assert send(MAX_BYTES).json()["size"] == MAX_BYTES


def upload_messages(app: FastAPI, me: Someone, person: UUID, receive: Receive) -> list[Message]:
    """Upload the messages of `receive` and return the messages that the server sent."""
    messages: list[Message] = []
    path = f"/v1/people/{person}/documents/{uuid4()}"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "PUT",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"name=report.pdf",
        "client": ("test", 1),
        "server": ("test", 80),
        "headers": [(b"authorization", f"Bearer {me.token}".encode())],
    }

    async def send(message: Message) -> None:
        messages.append(message)

    async def serve() -> None:
        with suppress(ClientDisconnect):
            await app(scope, receive, send)

    asyncio.run(serve())
    return messages


def test_interrupted_upload_leaves_nothing(app: FastAPI, me: Someone, services: Services) -> None:
    incoming: list[Message] = [
        {"type": "http.request", "body": PDF, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return incoming.pop(0)

    upload_messages(app, me, add_child(me), receive)
    assert not incoming
    assert is_store_empty(services)


def test_slow_upload_times_out_and_leaves_nothing(
    app: FastAPI, me: Someone, services: Services
) -> None:
    incoming: list[Message] = [{"type": "http.request", "body": PDF, "more_body": True}]

    async def receive() -> Message:
        if not incoming:
            await asyncio.Event().wait()
        return incoming.pop()

    person = add_child(me)
    change_settings(app, upload_seconds=0)
    responses = upload_messages(app, me, person, receive)
    assert responses[0]["status"] == 408
    assert b"slow_upload" in responses[1]["body"]
    assert is_store_empty(services)


def test_stalled_upload_is_cut_off_and_leaves_nothing(
    app: FastAPI, me: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    incoming: list[Message] = [{"type": "http.request", "body": PDF, "more_body": True}]

    async def receive() -> Message:
        if not incoming:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await asyncio.Event().wait()
        return incoming.pop()

    person = add_child(me)
    monkeypatch.setattr(bodies, "STALL_SECONDS", 0.01)
    responses = upload_messages(app, me, person, receive)
    assert responses[0]["status"] == 408
    assert b"slow_upload" in responses[1]["body"]
    assert is_store_empty(services)


def open_files(folder: Path) -> list[str]:
    """List the files in a folder that this process has open."""
    links = [file for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    return [target for link in links if (target := str(link.readlink())).startswith(str(folder))]


def test_upload_in_progress_holds_no_thread_or_transaction(
    app: FastAPI, me: Someone, services: Services
) -> None:
    incoming: list[Message] = [
        {"type": "http.request", "body": PDF, "more_body": True},
        {"type": "http.request", "body": bytes(CHUNK_BYTES), "more_body": True},
        {"type": "http.request", "body": b"", "more_body": False},
    ]
    folder = services.settings.uploads
    files: list[str] = []
    child = add_child(me)
    open_transactions = track_open_transactions(services.engine)

    async def receive() -> Message:
        assert not open_transactions
        for limiter in (FILES, PUTS, THREADS, current_default_thread_limiter()):
            assert limiter.borrowed_tokens == 0
        files.extend(open_files(folder))
        return incoming.pop(0)

    responses = upload_messages(app, me, child, receive)
    assert (responses[0]["status"], incoming) == (201, [])
    assert len(files) == 3
    assert folder.stat().st_mode & 0o077 == 0
    assert list(folder.iterdir()) == []


def test_account_quota_is_enforced(app: FastAPI, me: Someone, other: Someone) -> None:
    person = add_child(me)
    change_settings(app, quota_bytes=2 * len(PDF))
    documents = [ok(upload(me, person)).json()["id"] for _ in range(2)]
    reply = upload(me, person)
    assert (reply.status_code, code_of(reply)) == (413, "quota")
    assert upload(other, add_child(other)).status_code == 201
    assert me.delete(f"/v1/documents/{documents[0]}").status_code == 204
    assert upload(me, person).status_code == 201


def test_repeated_upload_gets_the_same_reply_and_stores_once(
    me: Someone, services: Services
) -> None:
    person, document = add_child(me), uuid4()
    first, repeat = (upload(me, person, document=document) for _ in range(2))
    assert (repeat.status_code, repeat.json()) == (201, first.json())
    assert len(stored_files(services)) == 1


def test_different_document_with_the_same_id_is_a_conflict(me: Someone, other: Someone) -> None:
    person, document = add_child(me), uuid4()
    ok(upload(me, person, document=document))
    other_person = add_child(other)
    for reply in (
        upload(me, person, PDF + b"%", document=document),
        upload(me, person, name="other.pdf", document=document),
        upload(me, add_child(me, first_name="Ada"), document=document),
        upload(other, other_person, document=document),
    ):
        assert (reply.status_code, code_of(reply)) == (409, "conflict")
    assert me.get(f"/v1/documents/{document}/content").content == PDF


def test_document_is_not_found_by_others(me: Someone, other: Someone) -> None:
    person = add_child(me)
    document = ok(upload(me, person)).json()["id"]
    for reply in (
        other.get(f"/v1/documents/{document}"),
        other.get(f"/v1/documents/{document}/content"),
        other.delete(f"/v1/documents/{document}"),
        upload(other, person),
        me.get(f"/v1/documents/{uuid4()}/content"),
    ):
        assert (reply.status_code, code_of(reply)) == (404, "not_found")
    assert me.get(f"/v1/documents/{document}/content").content == PDF


def test_document_is_removed_with_its_bytes(me: Someone, services: Services) -> None:
    document = ok(upload(me, add_child(me))).json()["id"]
    assert me.delete(f"/v1/documents/{document}").status_code == 204
    assert is_store_empty(services)
    assert code_of(me.delete(f"/v1/documents/{document}")) == "not_found"


def test_submitted_document_cannot_be_removed(me: Someone) -> None:
    submission = start(me)
    person = UUID(me.get(f"/v1/submissions/{submission}").json()["person"])
    document = ok(upload(me, person)).json()["id"]
    ok(save(me, submission, required_answers(me) | {"documents": [{"id": "a", "file": document}]}))
    ok(submit(me, submission))
    ok(save(me, submission, {"documents": None}))
    reply = me.delete(f"/v1/documents/{document}")
    assert (reply.status_code, code_of(reply)) == (409, "in_use")
    assert me.get(f"/v1/documents/{document}/content").content == PDF


def test_unavailable_store_is_reported_and_stores_nothing(
    app: FastAPI, me: Someone, services: Services
) -> None:
    person = add_child(me)
    document = ok(upload(me, person)).json()["id"]
    broken = services.settings.data / "broken"
    broken.mkdir()
    app.state.services = replace(services, store=LocalStore(broken))
    broken.rmdir()
    broken.write_bytes(b"a file where a folder should be")
    for reply in (upload(me, person), me.get(f"/v1/documents/{document}/content")):
        assert (reply.status_code, code_of(reply)) == (503, "storage")
    assert len(rows(services, Document)) == 1
    assert "document_read" not in {entry.action for entry in audit_of(services)}
