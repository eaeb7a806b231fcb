"""Documents are opened only after a scan, by a real clamd with a local signature."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from server.core import scanning
from server.core.audit import Action
from server.core.database import Services
from server.documents.scanning import LEASE, RESCAN_AFTER, scan_due
from server.documents.tables import Document
from server.messages.tables import Message
from shared.documents import ScanState
from tests.parts import Clock, Factory, Someone, track_open_transactions
from tests.pdfs import PDF, make_pdf
from tests.server.accounts.steps import code_of
from tests.server.clamd import Clamd, Handler, run_clamd, run_scanner
from tests.server.documents.files import docx
from tests.server.documents.hostile_files import EICAR
from tests.server.documents.scans import add, content, form_with, scan_now, sign_in_again, state
from tests.server.steps import (
    add_child,
    audit_of,
    ok,
    rows,
    save,
    share,
    submit,
    upload,
)

INFECTED = make_pdf(EICAR)
NOBODY_LISTENS = "unix:///nowhere/clamd.ctl"


@pytest.fixture
def clamd() -> Iterator[Clamd]:
    # The path of a socket is limited to about 100 characters.
    with TemporaryDirectory(prefix="clamd-") as folder, run_clamd(Path(folder)) as process:
        yield process


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="scanner-") as folder:
        yield Path(folder)


@pytest.fixture
def scanned(app: FastAPI, services: Services) -> Services:
    """Services of a server that accepts scanned documents only, and reaches no clamd."""
    return use(app, services, NOBODY_LISTENS)


def use(app: FastAPI, services: Services, address: str, unscanned: str = "hold") -> Services:
    """Make a server use the scanner at an address."""
    settings = services.settings.model_copy(update={"clamd": address, "unscanned": unscanned})
    app.state.services = replace(services, settings=settings)
    return replace(services, settings=settings)


def test_document_is_opened_only_after_a_clean_scan(
    me: Someone, scanned: Services, app: FastAPI, clamd: Clamd
) -> None:
    document = add(me)
    assert state(me, document) == ScanState.CHECKING
    reply = content(me, document)
    assert (reply.status_code, code_of(reply)) == (409, "being_checked")
    assert reply.json()["detail"] == (
        "report.pdf is being checked for viruses. Try again in a few minutes."
    )
    assert scan_now(use(app, scanned, clamd.address)) == 1
    assert state(me, document) == ScanState.CLEAN
    assert content(me, document).content == PDF


@pytest.mark.parametrize(
    ("name", "body"),
    [("report.pdf", INFECTED), ("plan.docx", docx({"word/media/a.bin": EICAR}))],
    ids=["plain", "in a zip"],
)
def test_infected_document_is_held_and_reported(
    me: Someone, scanned: Services, app: FastAPI, clamd: Clamd, name: str, body: bytes
) -> None:
    document = add(me, body, name)
    scan_now(use(app, scanned, clamd.address))
    assert state(me, document) == ScanState.INFECTED
    reply = content(me, document)
    assert (reply.status_code, code_of(reply)) == (409, "held")
    assert EICAR not in reply.content
    [message] = rows(scanned, Message)
    [row] = rows(scanned, Document)
    assert (message.account_id, message.person_id) == (me.id, row.person_id)
    assert name in message.body and "Ivo" not in message.body
    held = [entry for entry in audit_of(scanned) if entry.action == Action.DOCUMENT_HELD]
    assert [(entry.subject_id, entry.account_id) for entry in held] == [(document, None)]
    # It is kept, and not scanned again.
    assert [row.next_scan_at for row in rows(scanned, Document)] == [None]
    assert scan_now(use(app, scanned, clamd.address)) == 0


def test_infected_document_blocks_submitting_until_it_is_removed(
    me: Someone, scanned: Services, app: FastAPI, clamd: Clamd
) -> None:
    person = add_child(me)
    document = UUID(ok(upload(me, person, INFECTED)).json()["id"])
    submission = form_with(me, document, person)
    scan_now(use(app, scanned, clamd.address))
    reply = submit(me, submission)
    assert (reply.status_code, code_of(reply)) == (422, "not_complete")
    [error] = reply.json()["errors"]
    assert error["message"] == (
        "A virus was found in this file. Remove it, then choose another file."
    )
    ok(save(me, submission, {"documents": []}))
    ok(me.delete(f"/v1/documents/{document}"))
    ok(submit(me, submission))


def test_unscanned_document_is_submitted_and_opened_once_clean(
    me: Someone, officer: Someone, scanned: Services, app: FastAPI, clamd: Clamd
) -> None:
    person = add_child(me)
    document = UUID(ok(upload(me, person)).json()["id"])
    ok(submit(me, form_with(me, document, person)))
    assert code_of(content(officer, document)) == "being_checked"
    scan_now(use(app, scanned, clamd.address))
    assert content(officer, document).content == PDF


@pytest.mark.parametrize("is_assigned", [True, False], ids=["assigned", "unassigned"])
def test_readers_and_officers_are_told_of_a_virus_in_a_submitted_document(
    me: Someone,
    officer: Someone,
    someone: Factory,
    scanned: Services,
    app: FastAPI,
    clamd: Clamd,
    is_assigned: bool,
) -> None:
    colleague = someone("colleague@osierbeck.example")
    other = someone("other.officer@leicester.example", staff="officer")
    person = add_child(me)
    document = UUID(ok(upload(me, person, INFECTED)).json()["id"])
    form = form_with(me, document, person)
    share(me, form, colleague)
    ok(submit(me, form))
    [case] = ok(officer.get("/v1/desk/cases")).json()["rows"]
    if is_assigned:
        ok(officer.put(f"/v1/desk/cases/{case['id']}/officer"))
    scan_now(use(app, scanned, clamd.address))
    messages = {
        message.account_id: message
        for message in rows(scanned, Message)
        if "virus" in message.subject
    }
    officers = {officer.id} if is_assigned else {officer.id, other.id}
    assert messages.keys() == {me.id, colleague.id} | officers
    for message in messages.values():
        assert message.person_id == person
        assert "report.pdf" in message.body and "Ivo" not in message.body
    assert {messages[id].place for id in officers} == {f"cases/{case['id']}"}
    assert "If you saved a copy" in messages[colleague.id].body
    assert ok(officer.get(f"/v1/desk/cases/{case['id']}")).json()["held"] == ["report.pdf"]
    publication = {
        "id": str(uuid4()),
        "document": str(document),
        "kind": "other",
        "readers": [str(me.id)],
    }
    reply = officer.post(f"/v1/desk/cases/{case['id']}/publications", json=publication)
    assert (reply.status_code, code_of(reply)) == (409, "held")
    assert code_of(content(officer, document)) == "held"


def test_scan_is_repeated_with_growing_delays_until_clamd_is_up(
    me: Someone, scanned: Services, app: FastAPI, clamd: Clamd, clock: Clock
) -> None:
    document = add(me)
    delays = []
    for _ in range(10):
        clock.now = clock.now + timedelta(hours=1)
        assert scan_now(scanned) == 0
        [row] = rows(scanned, Document)
        assert row.next_scan_at is not None
        delays.append(round((row.next_scan_at - clock.now).total_seconds()))
    assert delays == [5, 10, 20, 40, 80, 160, 320, 640, 640, 640]
    sign_in_again(me, scanned)
    assert state(me, document) == ScanState.CHECKING
    clock.now += timedelta(minutes=11)
    assert scan_now(use(app, scanned, clamd.address)) == 1
    assert state(me, document) == ScanState.CLEAN


async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def die_in_the_middle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(100)
    writer.transport.abort()


def saying(reply: bytes) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(bytes(4))
        writer.write(reply)
        await writer.drain()

    return handle


MISBEHAVING: dict[str, Handler] = {
    "silent": say_nothing,
    "dying in the middle": die_in_the_middle,
    "refusing the size": saying(b"INSTREAM size limit exceeded. ERROR\0"),
    "nonsense": saying(b"\xff\xfe\0"),
    "nothing": saying(b""),
    "too much": saying(b"stream: " + b"x" * 100_000),
    "without an end": saying(b"stream: OK"),
    "of another file": saying(b"other: OK\0"),
    "OK with more": saying(b"stream: OK stream: A FOUND"),
}


@pytest.mark.parametrize("handle", MISBEHAVING.values(), ids=MISBEHAVING)
def test_anything_but_a_verdict_leaves_the_document_unopened(
    me: Someone,
    scanned: Services,
    app: FastAPI,
    folder: Path,
    handle: Handler,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = add(me, make_pdf(bytes(1000)))
    monkeypatch.setattr(scanning, "SCAN_SECONDS", 0.5)

    async def run() -> int:
        async with run_scanner(folder, handle) as address:
            return await scan_due(use(app, scanned, address))

    assert asyncio.run(run()) == 0
    assert state(me, document) == ScanState.CHECKING
    assert code_of(content(me, document)) == "being_checked"


def test_killed_clamd_gives_no_verdict(
    me: Someone, scanned: Services, app: FastAPI, clamd: Clamd, clock: Clock
) -> None:
    document = add(me, INFECTED)
    clamd.pause()
    killer = threading.Timer(0.3, clamd.kill)
    killer.start()
    assert scan_now(use(app, scanned, clamd.address)) == 0
    killer.join()
    assert state(me, document) == ScanState.CHECKING
    clamd.start()
    clock.move(minutes=1)
    assert scan_now(use(app, scanned, clamd.address)) == 1
    assert state(me, document) == ScanState.INFECTED


def test_no_transaction_is_open_during_a_scan_and_nobody_else_scans(
    me: Someone, scanned: Services, app: FastAPI, folder: Path, clock: Clock
) -> None:
    document = add(me)
    scans: list[int] = []
    open_transactions = track_open_transactions(scanned.engine)

    async def run() -> None:
        released = asyncio.Event()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(bytes(4))
            scans.append(len(open_transactions))
            await released.wait()
            writer.write(b"stream: OK\0")

        async with run_scanner(folder, handle) as address:
            services = use(app, scanned, address)
            first = asyncio.create_task(scan_due(services))
            while not scans:
                await asyncio.wait([first], timeout=0.01)
            assert await scan_due(services) == 0  # it is claimed
            released.set()
            assert await first == 1

    asyncio.run(run())
    assert scans == [0]
    assert state(me, document) == ScanState.CLEAN


def test_document_of_a_killed_worker_is_scanned_after_its_lease(
    me: Someone, scanned: Services, app: FastAPI, folder: Path, clamd: Clamd, clock: Clock
) -> None:
    document = add(me)

    async def interrupt() -> None:
        async with run_scanner(folder, say_nothing) as address:
            task = asyncio.create_task(scan_due(use(app, scanned, address)))
            await asyncio.wait([task], timeout=0.5)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(interrupt())
    services = use(app, scanned, clamd.address)
    assert scan_now(services) == 0
    clock.now += LEASE
    assert scan_now(services) == 1
    assert state(me, document) == ScanState.CLEAN


def test_clean_document_is_scanned_again_each_week_with_new_signatures(
    me: Someone, scanned: Services, app: FastAPI, clamd: Clamd, clock: Clock, folder: Path
) -> None:
    document = add(me, INFECTED)

    async def run() -> int:
        async with run_scanner(folder, saying(b"stream: OK\0")) as address:
            return await scan_due(use(app, scanned, address))

    assert asyncio.run(run()) == 1
    assert content(me, document).content == INFECTED
    clock.now += RESCAN_AFTER - timedelta(minutes=1)
    assert scan_now(use(app, scanned, clamd.address)) == 0
    clock.now += timedelta(minutes=1)
    assert scan_now(scanned) == 0  # clamd is down: what was clean stays so
    sign_in_again(me, scanned)
    assert content(me, document).status_code == 200
    clock.now += timedelta(minutes=1)
    assert scan_now(use(app, scanned, clamd.address)) == 1
    assert code_of(content(me, document)) == "held"


def test_document_removed_during_its_scan_stays_removed(
    me: Someone, scanned: Services, app: FastAPI, folder: Path
) -> None:
    document = add(me)

    async def run() -> int:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(bytes(4))
            await asyncio.to_thread(me.delete, f"/v1/documents/{document}")
            writer.write(b"stream: A FOUND\0")

        async with run_scanner(folder, handle) as address:
            return await scan_due(use(app, scanned, address))

    asyncio.run(run())
    assert rows(scanned, Document) == []
    assert rows(scanned, Message) == []


def test_unscanned_documents_are_opened_only_where_the_setting_accepts_them(
    me: Someone, services: Services, app: FastAPI, clamd: Clamd
) -> None:
    use(app, services, "", "accept")
    person = add_child(me)
    document, infected = (UUID(upload(me, person, body).json()["id"]) for body in (PDF, INFECTED))
    assert state(me, document) == ScanState.UNSCANNED
    assert content(me, document).content == PDF
    use(app, services, "")
    assert code_of(content(me, document)) == "being_checked"
    scan_now(use(app, services, clamd.address, "accept"))
    assert state(me, document) == ScanState.CLEAN
    assert code_of(content(me, infected)) == "held"
