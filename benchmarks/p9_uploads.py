"""P9: throughput and memory of 100 uploads of 10 MiB, 8 at a time, with one worker."""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.parse import urlsplit
from uuid import uuid4

from benchmarks.bare_upload import FOLDER_VARIABLE
from benchmarks.pdf import make_pdf
from benchmarks.row import Row, measure_medians
from benchmarks.seeding import SECRET
from benchmarks.server import Server, find_free_port, run_portal_server, run_server
from benchmarks.terminal import build_environment
from benchmarks.tutorial import seed_database
from shared.documents import MAX_BYTES

UPLOADS, CONCURRENCY = 100, 8
ROUNDS = 3
PEOPLE = 10
"""Enough people for all uploads, because documents of one child are limited to 500 MiB."""
RATE_GOAL = 0.5
MEMORY_GOAL_MIB = 32
SMALL_DOCUMENT = make_pdf(b"")
DOCUMENT = make_pdf(os.urandom(MAX_BYTES - 2 * len(SMALL_DOCUMENT))).ljust(MAX_BYTES, b"\n")


@dataclass
class UploadTarget:
    """A server, and a function that creates the path and headers of an upload."""

    server: Server
    new_upload: Callable[[], tuple[str, dict[str, str]]]
    memory_before: int = 0

    def warm_up(self) -> None:
        """Upload once to load all code, and record the memory in use."""
        self._upload(SMALL_DOCUMENT)
        self.memory_before = self._read_memory("VmRSS")

    def measure_rate(self) -> float:
        """Upload all documents and return the rate in MiB/s."""
        started_at = perf_counter()
        with ThreadPoolExecutor(CONCURRENCY) as threads:
            for _ in threads.map(self._upload, [DOCUMENT] * UPLOADS):
                pass
        return UPLOADS * MAX_BYTES / 2**20 / (perf_counter() - started_at)

    def measure_growth(self) -> float:
        """Return the growth of the server's peak memory in MiB."""
        return (self._read_memory("VmHWM") - self.memory_before) / 1024

    def _read_memory(self, name: str) -> int:
        lines = Path(f"/proc/{self.server.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))

    def _upload(self, content: bytes) -> None:
        path, headers = self.new_upload()
        connection = HTTPConnection(urlsplit(self.server.url).netloc)
        try:
            connection.request("PUT", path, content, headers)
            response = connection.getresponse()
            if response.status != 201:
                raise SystemExit(f"An upload was rejected: {response.status} {response.read()!r}")
        finally:
            connection.close()


def measure_rows() -> Iterator[Row]:
    """Compare the portal with the bare app."""
    with run_portal() as ours, run_bare_app() as theirs:
        for target in (ours, theirs):
            target.warm_up()
        rates = measure_medians({"ours": ours.measure_rate, "bare": theirs.measure_rate}, ROUNDS)
        label = f"{UPLOADS} uploads of 10 MiB, {CONCURRENCY} at once"
        yield Row(
            "P9", label, rates["ours"], rates["bare"], RATE_GOAL, "MiB/s", higher_is_better=True
        )
        yield Row(
            "P9",
            f"{label}: memory",
            ours.measure_growth(),
            theirs.measure_growth(),
            MEMORY_GOAL_MIB,
            "MiB",
            absolute=True,
        )


@contextmanager
def run_portal() -> Iterator[UploadTarget]:
    """Run the portal's server, and yield it with uploads by professionals in turn."""
    with TemporaryDirectory() as folder:
        people = cycle(seed_database(Path(folder), PEOPLE))

        def new_upload() -> tuple[str, dict[str, str]]:
            user = next(people)
            path = f"/v1/people/{user.person}/documents/{uuid4()}?name=report.pdf"
            return path, {"Authorization": f"Bearer {user.token}"}

        with run_portal_server(Path(folder), SECRET, workers=1) as server:
            yield UploadTarget(server, new_upload)


@contextmanager
def run_bare_app() -> Iterator[UploadTarget]:
    """Run the bare upload app."""
    with TemporaryDirectory() as folder:
        port = find_free_port()
        command = [sys.executable, "-m", "uvicorn", "benchmarks.bare_upload:app"]
        command += ["--port", str(port), "--no-access-log", "--log-level", "warning"]
        env = {**build_environment(Path(folder)), FOLDER_VARIABLE: folder}
        with run_server(command, env, port, "/v1/health") as server:
            yield UploadTarget(server, lambda: (f"/files/{uuid4()}", {}))
