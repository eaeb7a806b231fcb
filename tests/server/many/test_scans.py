"""Several processes of a real server scan each document once, while uploads go on."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from uuid import UUID, uuid4

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from shared.documents import ScanState
from tests.parts import Someone
from tests.pdfs import make_pdf
from tests.running import TIMEOUT_SECONDS, ServerProcess
from tests.server.clamd import run_scanner
from tests.server.steps import add_child

pytestmark = pytest.mark.both_databases

DOCUMENTS = 8
POLL_SECONDS = 0.1


class CountingScanner:
    """Scanner that finds every document clean once released, and counts the scans of each."""

    def __init__(self) -> None:
        self.scans: Counter[str] = Counter()
        self.released = asyncio.Event()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readuntil(b"\0") == b"zPING\0":
            writer.write(b"PONG\0")
            return
        digest = sha256()
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            digest.update(await reader.readexactly(size))
        self.scans[digest.hexdigest()] += 1
        await self.released.wait()
        writer.write(b"stream: OK\0")


@pytest.fixture
def scanner() -> CountingScanner:
    return CountingScanner()


@pytest.fixture
def server(
    tmp_path: Path, durable_postgres: str, scanner: CountingScanner, loop: BlockingPortal
) -> Iterator[ServerProcess]:
    """Server of two processes with the counting scanner."""
    with (
        TemporaryDirectory(prefix="scanner-") as folder,
        loop.wrap_async_context_manager(run_scanner(Path(folder), scanner.handle)) as address,
    ):
        process = ServerProcess(tmp_path, database=durable_postgres, workers=2, clamd=address)
        yield process
        process.kill()


def upload(http: httpx.Client, person: UUID, content: bytes) -> str:
    path = f"/v1/people/{person}/documents/{uuid4()}"
    reply = http.put(path, params={"name": "report.pdf"}, content=content).raise_for_status()
    return str(reply.json()["id"])


def wait_for_scan(http: httpx.Client, document: str, server: ServerProcess) -> str:
    """Poll as the client does, and return the state once the document was scanned."""
    end = monotonic() + TIMEOUT_SECONDS
    while monotonic() < end:
        scan = str(http.get(f"/v1/documents/{document}").raise_for_status().json()["scan"])
        if scan != ScanState.CHECKING:
            return scan
        assert not server.wait_for_exit(timeout=POLL_SECONDS), "The server exited."
    raise AssertionError("The document was not scanned.")


def test_each_document_is_scanned_once_by_several_processes(
    server: ServerProcess, scanner: CountingScanner, loop: BlockingPortal, me: Someone
) -> None:
    person = add_child(me)
    contents = [make_pdf(b"%d" % number) for number in range(DOCUMENTS)]
    headers = {"Authorization": f"Bearer {me.token}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=TIMEOUT_SECONDS) as http:
        documents = [upload(http, person, content) for content in contents]
        loop.call(scanner.released.set)
        scans = {wait_for_scan(http, document, server) for document in documents}
        assert scans == {ScanState.CLEAN}
        for document, content in zip(documents, contents, strict=True):
            assert http.get(f"/v1/documents/{document}/content").content == content
    assert scanner.scans == Counter({sha256(content).hexdigest(): 1 for content in contents})
