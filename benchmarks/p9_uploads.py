"""P9: 100 uploads of 10 MiB, 8 at a time: how long they take, and what memory they add."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from benchmarks.bare_upload import FOLDER
from benchmarks.row import Row, alternate
from benchmarks.server import BIN, wait_for
from benchmarks.terminal import surroundings
from server.accounts.tables import Account, SessionKept
from server.app import open_services
from server.core import migrate
from server.core.keys import Purpose, new_token
from server.core.settings import Settings
from server.people.tables import Person
from shared.accounts import SecondStep, SessionState, Staff
from shared.documents import MAX_BYTES

UPLOADS, AT_ONCE = 100, 8
ROUNDS = 3
MOST_SECONDS = 2.0
"""As many times as long as the baseline: at least half its bytes a second."""
MOST_MEMORY = 32
HEAD = b"%PDF-1.7\n"
DOCUMENT = HEAD + os.urandom(MAX_BYTES - len(HEAD))
SECRET = "a secret of the benchmarks, long enough"


@dataclass
class Side:
    """A running server, and the path and headers of a next upload to it."""

    url: str
    pid: int
    next_path: Callable[[], str]
    headers: dict[str, str]
    memory_before: int = 0

    def begin(self) -> None:
        """Upload once, so that all code is loaded, and remember the memory in use."""
        self._upload(HEAD)
        self.memory_before = self._memory("VmRSS")

    def seconds(self) -> float:
        """Upload all, and return how long it took."""
        begun = perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for _ in threads.map(self._upload, [DOCUMENT] * UPLOADS):
                pass
        return perf_counter() - begun

    def growth(self) -> float:
        """Return the MiB of memory by which the server grew at its peak."""
        return (self._memory("VmHWM") - self.memory_before) / 1024

    def _memory(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))

    def _upload(self, content: bytes) -> None:
        connection = HTTPConnection(urlsplit(self.url).netloc)
        try:
            connection.request("PUT", self.next_path(), content, self.headers)
            reply = connection.getresponse()
            if reply.status != 201:
                raise SystemExit(f"An upload was refused: {reply.status} {reply.read()!r}")
        finally:
            connection.close()


def rows() -> Iterator[Row]:
    """Measure the portal beside the bare app, in the same run."""
    with ExitStack() as stack:
        sides = {
            "ours": stack.enter_context(portal()),
            "bare": stack.enter_context(bare()),
        }
        for side in sides.values():
            side.begin()
        taken = alternate({name: side.seconds for name, side in sides.items()}, ROUNDS)
        what = f"{UPLOADS} uploads of 10 MiB, {AT_ONCE} at a time"
        yield Row("P9", what, taken["ours"], taken["bare"], MOST_SECONDS, "s")
        ours, theirs = (side.growth() for side in sides.values())
        yield Row("P9", f"{what}: memory", ours, theirs, MOST_MEMORY, "MiB", absolute=True)


@contextmanager
def portal() -> Iterator[Side]:
    """Run the portal's server with an officer who uploads documents of one child."""
    with TemporaryDirectory() as folder:
        token, person = prepare(Path(folder))
        env = {
            "PORTAL_SECRET_KEY": SECRET, "PORTAL_DATA": folder, "PORTAL_QUOTA_BYTES": str(2**50),
        }  # fmt: skip
        command = [str(BIN / "portal-server"), "serve"]
        with process(command, Path(folder), env, "PORTAL_PORT") as (url, pid):
            yield Side(
                url,
                pid,
                lambda: f"/v1/people/{person}/documents/{uuid4()}?name=report.pdf",
                {"Authorization": f"Bearer {token}"},
            )


@contextmanager
def bare() -> Iterator[Side]:
    """Run the bare app."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "uvicorn", "benchmarks.bare_upload:app"]
        command += ["--no-access-log", "--log-level", "warning"]
        with process(command, Path(folder), {FOLDER: folder}, "UVICORN_PORT") as (url, pid):
            yield Side(url, pid, lambda: f"/files/{uuid4()}", {})


@contextmanager
def process(
    command: Sequence[str], home: Path, env: Mapping[str, str], port_variable: str
) -> Iterator[tuple[str, int]]:
    """Run a server on a free port; gives its address and its process once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = subprocess.Popen(command, env={**surroundings(home), **env, port_variable: str(port)})
    try:
        wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}", started.pid
    finally:
        started.terminate()
        started.wait()


def prepare(folder: Path) -> tuple[str, UUID]:
    """Make a database with an officer, signed in by a token, and a child."""
    services = open_services(Settings(secret_key=SECRET, data=folder))
    migrate.upgrade(services.engine)
    token, officer, person = new_token(), uuid4(), uuid4()
    with services.transaction() as tx:
        tx.session.add(
            Account(
                id=officer, email="o@leicester.example", password_hash="", first_name="O",
                last_name="F", phone="", notice_accepted_at=tx.now, created_at=tx.now,
                second_step=SecondStep.APP, staff=Staff.OFFICER,
            )
        )  # fmt: skip
        tx.session.flush()
        tx.session.add(
            SessionKept(
                account_id=officer, digest=services.keys.digest(Purpose.SESSION, token),
                state=SessionState.SIGNED_IN, created_at=tx.now, last_used_at=tx.now,
                ends_at=tx.now + timedelta(hours=12), proved_at=tx.now,
            )
        )  # fmt: skip
        tx.session.add(
            Person(
                id=person, first_name="Ivo", last_name="Quill", born=date(2018, 3, 14),
                gender="male", address="", postcode="", school="", sort_name="",
                sort_address="", sort_school="", created_at=tx.now, changed_at=tx.now,
                changed_by=officer,
            )
        )  # fmt: skip
    services.close()
    return token, person
