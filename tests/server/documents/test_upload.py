"""Documents over HTTP: taken in as a stream, given back to who sent them, removed."""

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
from server.documents.stored import CHUNK_BYTES, PUTS, THREADS
from server.documents.sweep import sweep
from server.documents.tables import Document, UnreferencedKey
from server.documents.upload import FILES
from shared.documents import MAX_BYTES
from tests.parts import Someone, watch_open
from tests.server.accounts.steps import code_of
from tests.server.documents.test_types import png
from tests.server.steps import (
    PDF,
    add_child,
    audit_of,
    done,
    required_answers,
    rows,
    save,
    start,
    submit,
    upload,
)

PATIENCE = 10.0


def stored(services: Services) -> list[Path]:
    """List the files that the store holds."""
    folder = services.settings.data / "documents"
    return [found for found in folder.rglob("*") if found.is_file()]


def kept_nothing(services: Services) -> bool:
    """Sweep, then look for files, keys and rows."""
    sweep_now(services)
    uploads = list(services.settings.uploads.glob("*"))
    return [
        *stored(services),
        *rows(services, Document),
        *rows(services, UnreferencedKey),
        *uploads,
    ] == []


def sweep_now(services: Services) -> None:
    asyncio.run(sweep(services))


def change_settings(app: FastAPI, **changed: object) -> None:
    services: Services = app.state.services
    settings = services.settings.model_copy(update=changed)
    app.state.services = replace(services, settings=settings)


def test_a_document_is_stored_told_and_given_back(me: Someone, services: Services) -> None:
    person, document = add_child(me), uuid4()
    sent = upload(me, person, name="C:\\Reports\\Ivo’s report.PDF", document=document)
    assert sent.status_code == 201
    told = sent.json()
    assert (told["id"], told["name"]) == (str(document), "Ivo’s report.PDF")
    assert (told["size"], told["media_type"]) == (len(PDF), "application/pdf")
    assert me.get(f"/v1/documents/{document}").json() == told
    # What the store calls it is made by the server, and says nothing.
    [row] = rows(services, Document)
    assert [file.name for file in stored(services)] == [row.key]
    assert "Ivo" not in row.key
    given = me.get(f"/v1/documents/{document}/content")
    assert given.content == PDF
    assert given.headers["Content-Disposition"] == (
        f"attachment; filename*=UTF-8''{quote('Ivo’s report.PDF')}"
    )
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Cache-Control"] == "no-store"
    assert given.headers["Content-Length"] == str(len(PDF))


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("report.pdf", b"", 422, "empty_file"),
        ("report.exe", PDF, 415, "wrong_type"),
        ("report.pdf", b"MZ\x90\x00" + bytes(64), 415, "wrong_type"),
        ("report.pdf", png(10, 10), 415, "wrong_type"),
        ("photo.png", png(100_000, 100_000), 415, "wrong_type"),
        ("..", PDF, 415, "wrong_type"),
        ("report.pdf\x00.exe", PDF, 415, "wrong_type"),
    ],
    ids=["empty", "exe", "exe as pdf", "png as pdf", "pixel bomb", "dots", "nul"],
)
def test_what_is_no_document_is_refused_and_leaves_nothing(
    me: Someone, services: Services, name: str, content: bytes, status: int, code: str
) -> None:
    refused = upload(me, add_child(me), content, name)
    assert (refused.status_code, code_of(refused)) == (status, code)
    assert kept_nothing(services)


def in_pieces(size: int) -> Iterator[bytes]:
    yield PDF
    left = size - len(PDF)
    while left:
        piece = min(left, 1024 * 1024)
        left -= piece
        yield bytes(piece)


@pytest.mark.parametrize("told", [True, False], ids=["with a length", "without a length"])
def test_10_mib_are_taken_and_one_byte_more_is_not(
    me: Someone, services: Services, told: bool
) -> None:
    person = add_child(me)

    def send(size: int) -> httpx.Response:
        to = f"/v1/people/{person}/documents/{uuid4()}"
        body = b"".join(in_pieces(size)) if told else in_pieces(size)
        sent: httpx.Response = me.put(to, params={"name": "long.pdf"}, content=body)
        return sent

    refused = send(MAX_BYTES + 1)
    assert (refused.status_code, code_of(refused)) == (413, "too_large")
    assert kept_nothing(services)
    assert send(MAX_BYTES).json()["size"] == MAX_BYTES


def upload_by_hand(app: FastAPI, me: Someone, person: UUID, receive: Receive) -> list[Message]:
    """Upload what `receive` gives; tells what the server said."""
    said: list[Message] = []
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
        said.append(message)

    async def serve() -> None:
        with suppress(ClientDisconnect):
            await app(scope, receive, send)

    asyncio.run(serve())
    return said


def test_an_upload_that_is_cut_leaves_nothing(
    app: FastAPI, me: Someone, services: Services
) -> None:
    pieces: list[Message] = [
        {"type": "http.request", "body": PDF, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return pieces.pop(0)

    upload_by_hand(app, me, add_child(me), receive)
    assert not pieces
    assert kept_nothing(services)


def test_an_upload_that_takes_too_long_is_told_and_leaves_nothing(
    app: FastAPI, me: Someone, services: Services
) -> None:
    pieces: list[Message] = [{"type": "http.request", "body": PDF, "more_body": True}]

    async def receive() -> Message:
        if not pieces:
            await asyncio.Event().wait()
        return pieces.pop()

    person = add_child(me)
    change_settings(app, upload_seconds=0)
    said = upload_by_hand(app, me, person, receive)
    assert said[0]["status"] == 408
    assert b"slow_upload" in said[1]["body"]
    assert kept_nothing(services)


def test_an_upload_that_stands_still_is_cut_off_and_leaves_nothing(
    app: FastAPI, me: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[Message] = [{"type": "http.request", "body": PDF, "more_body": True}]

    async def receive() -> Message:
        if not pieces:
            async with asyncio.timeout(PATIENCE):
                await asyncio.Event().wait()
        return pieces.pop()

    person = add_child(me)
    monkeypatch.setattr(bodies, "STALL_SECONDS", 0.01)
    said = upload_by_hand(app, me, person, receive)
    assert said[0]["status"] == 408
    assert b"slow_upload" in said[1]["body"]
    assert kept_nothing(services)


def open_files(folder: Path) -> list[str]:
    """List the files of a folder that this process has open."""
    links = [file for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    return [to for link in links if (to := str(link.readlink())).startswith(str(folder))]


def test_an_upload_holds_only_a_file_while_its_bytes_come(
    app: FastAPI, me: Someone, services: Services
) -> None:
    pieces: list[Message] = [
        {"type": "http.request", "body": PDF, "more_body": True},
        {"type": "http.request", "body": bytes(CHUNK_BYTES), "more_body": True},
        {"type": "http.request", "body": b"", "more_body": False},
    ]
    folder = services.settings.uploads
    files: list[str] = []
    child = add_child(me)
    is_open = watch_open(services.engine)

    async def receive() -> Message:
        assert not is_open
        for threads in (FILES, PUTS, THREADS, current_default_thread_limiter()):
            assert threads.borrowed_tokens == 0
        files.extend(open_files(folder))
        return pieces.pop(0)

    said = upload_by_hand(app, me, child, receive)
    assert (said[0]["status"], pieces) == (201, [])
    assert len(files) == 3
    assert folder.stat().st_mode & 0o077 == 0
    assert list(folder.iterdir()) == []


def test_a_share_of_the_store_is_all_that_an_account_gets(
    app: FastAPI, me: Someone, other: Someone
) -> None:
    person = add_child(me)
    change_settings(app, quota_bytes=2 * len(PDF))
    sent = [done(upload(me, person)).json()["id"] for _ in range(2)]
    refused = upload(me, person)
    assert (refused.status_code, code_of(refused)) == (413, "quota")
    assert upload(other, add_child(other)).status_code == 201
    assert me.delete(f"/v1/documents/{sent[0]}").status_code == 204
    assert upload(me, person).status_code == 201


def test_sending_again_gives_the_same_answer_and_one_document(
    me: Someone, services: Services
) -> None:
    person, document = add_child(me), uuid4()
    first, again = (upload(me, person, document=document) for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(stored(services)) == 1


def test_another_document_under_the_same_id_is_a_conflict(me: Someone, other: Someone) -> None:
    person, document = add_child(me), uuid4()
    done(upload(me, person, document=document))
    theirs = add_child(other)
    for refused in (
        upload(me, person, PDF + b"%", document=document),
        upload(me, person, name="other.pdf", document=document),
        upload(me, add_child(me, first_name="Ada"), document=document),
        upload(other, theirs, document=document),
    ):
        assert (refused.status_code, code_of(refused)) == (409, "conflict")
    assert me.get(f"/v1/documents/{document}/content").content == PDF


def test_a_document_is_given_to_nobody_else(me: Someone, other: Someone) -> None:
    person = add_child(me)
    document = done(upload(me, person)).json()["id"]
    for refused in (
        other.get(f"/v1/documents/{document}"),
        other.get(f"/v1/documents/{document}/content"),
        other.delete(f"/v1/documents/{document}"),
        upload(other, person),
        me.get(f"/v1/documents/{uuid4()}/content"),
    ):
        assert (refused.status_code, code_of(refused)) == (404, "not_found")
    assert me.get(f"/v1/documents/{document}/content").content == PDF


def test_a_document_is_removed_with_its_bytes(me: Someone, services: Services) -> None:
    document = done(upload(me, add_child(me))).json()["id"]
    assert me.delete(f"/v1/documents/{document}").status_code == 204
    assert kept_nothing(services)
    assert code_of(me.delete(f"/v1/documents/{document}")) == "not_found"


def test_what_was_submitted_is_kept(me: Someone) -> None:
    submission = start(me)
    person = UUID(me.get(f"/v1/submissions/{submission}").json()["person"])
    document = done(upload(me, person)).json()["id"]
    done(
        save(me, submission, required_answers(me) | {"documents": [{"id": "a", "file": document}]})
    )
    done(submit(me, submission))
    done(save(me, submission, {"documents": None}))
    refused = me.delete(f"/v1/documents/{document}")
    assert (refused.status_code, code_of(refused)) == (409, "in_use")
    assert me.get(f"/v1/documents/{document}/content").content == PDF


def test_a_store_that_is_away_says_so_and_keeps_nothing(
    app: FastAPI, me: Someone, services: Services
) -> None:
    person = add_child(me)
    document = done(upload(me, person)).json()["id"]
    broken = services.settings.data / "broken"
    broken.mkdir()
    app.state.services = replace(services, store=LocalStore(broken))
    broken.rmdir()
    broken.write_bytes(b"a file where a folder should be")
    for refused in (upload(me, person), me.get(f"/v1/documents/{document}/content")):
        assert (refused.status_code, code_of(refused)) == (503, "storage")
    assert len(rows(services, Document)) == 1
    assert "document_read" not in {line.action for line in audit_of(services)}
