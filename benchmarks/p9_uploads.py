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

from benchmarks.bare_upload import FOLDER
from benchmarks.row import Row, measure_medians
from benchmarks.seeding import SECRET
from benchmarks.server import Server, free_port, process, serving
from benchmarks.terminal import environment
from benchmarks.tutorial import seed
from shared.documents import MAX_BYTES

UPLOADS, AT_ONCE = 100, 8
ROUNDS = 3
PEOPLE = 10
"""Enough people for all uploads, as each may store 500 MiB."""
GOAL = 0.5
MEMORY_GOAL = 32
HEAD = b"%PDF-1.7\n"
DOCUMENT = HEAD + os.urandom(MAX_BYTES - len(HEAD))


@dataclass
class Side:
    """A server, and a function that makes the path and headers of each upload."""

    server: Server
    new_upload: Callable[[], tuple[str, dict[str, str]]]
    memory_before: int = 0

    def begin(self) -> None:
        """Upload once, so that all code is loaded, and record the memory in use."""
        self._upload(HEAD)
        self.memory_before = self._memory("VmRSS")

    def rate(self) -> float:
        """Upload everything; returns the rate in MiB/s."""
        started = perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for _ in threads.map(self._upload, [DOCUMENT] * UPLOADS):
                pass
        return UPLOADS * MAX_BYTES / 2**20 / (perf_counter() - started)

    def growth(self) -> float:
        """Return how much the server's peak memory grew, in MiB."""
        return (self._memory("VmHWM") - self.memory_before) / 1024

    def _memory(self, name: str) -> int:
        lines = Path(f"/proc/{self.server.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))

    def _upload(self, content: bytes) -> None:
        path, headers = self.new_upload()
        connection = HTTPConnection(urlsplit(self.server.url).netloc)
        try:
            connection.request("PUT", path, content, headers)
            reply = connection.getresponse()
            if reply.status != 201:
                raise SystemExit(f"An upload was refused: {reply.status} {reply.read()!r}")
        finally:
            connection.close()


def rows() -> Iterator[Row]:
    """Compare the portal to the bare app."""
    with portal() as ours, bare() as theirs:
        for side in (ours, theirs):
            side.begin()
        rates = measure_medians({"ours": ours.rate, "bare": theirs.rate}, ROUNDS)
        label = f"{UPLOADS} uploads of 10 MiB, {AT_ONCE} at once"
        yield Row("P9", label, rates["ours"], rates["bare"], GOAL, "MiB/s", least=True)
        yield Row(
            "P9",
            f"{label}: memory",
            ours.growth(),
            theirs.growth(),
            MEMORY_GOAL,
            "MiB",
            absolute=True,
        )


@contextmanager
def portal() -> Iterator[Side]:
    """Run the portal's server, where professionals upload in turn."""
    with TemporaryDirectory() as folder:
        people = cycle(seed(Path(folder), PEOPLE))

        def new_upload() -> tuple[str, dict[str, str]]:
            user = next(people)
            path = f"/v1/people/{user.person}/documents/{uuid4()}?name=report.pdf"
            return path, {"Authorization": f"Bearer {user.token}"}

        with serving(Path(folder), SECRET, workers=1) as server:
            yield Side(server, new_upload)


@contextmanager
def bare() -> Iterator[Side]:
    """Run the bare upload app."""
    with TemporaryDirectory() as folder:
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", "benchmarks.bare_upload:app"]
        command += ["--port", str(port), "--no-access-log", "--log-level", "warning"]
        env = {**environment(Path(folder)), FOLDER: folder}
        with process(command, env, port, "/v1/health") as server:
            yield Side(server, lambda: (f"/files/{uuid4()}", {}))
