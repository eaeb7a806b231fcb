"""People who read while the servers are replaced, and how long each page took."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from threading import Event, Thread
from time import time
from typing import NamedTuple

import httpx

from tests.faults.caller import GIVE_UP_SECONDS, REPLY_TIMEOUT, RETRY_SECONDS, UNAVAILABLE
from tests.faults.members import Member

PAGES = ("/v1/home", "/v1/people", "/v1/messages", "/v1/forms", "/v1/account")
PAUSE_SECONDS = 0.05


class Reading(NamedTuple):
    """A page that was read: when it was asked for, how long it took, and why it was asked again."""

    at: float
    seconds: float
    status: int
    refusals: tuple[tuple[float, str], ...]


class Reader:
    """Reads pages in turns, again and again, and repeats what is refused as the client does."""

    def __init__(self, url: str, member: Member) -> None:
        headers = {"Authorization": f"Bearer {member.token}"}
        self._http = httpx.Client(
            base_url=url, timeout=REPLY_TIMEOUT, trust_env=False, headers=headers
        )
        self.readings: list[Reading] = []

    def run(self, stop: Event) -> None:
        """Read until stopped."""
        for page in cycle(PAGES):
            if stop.wait(PAUSE_SECONDS):
                break
            self.readings.append(self._read(page))
        self._http.close()

    def _read(self, page: str) -> Reading:
        start, refusals = time(), list[tuple[float, str]]()
        while True:
            status, pause, reason = self._ask(page)
            if reason:
                refusals.append((time(), reason))
            if not reason or time() > start + GIVE_UP_SECONDS:
                return Reading(start, time() - start, status, tuple(refusals))
            Event().wait(pause)

    def _ask(self, page: str) -> tuple[int, float, str]:
        """Return the status, and the seconds to wait and the reason if it is to be repeated."""
        try:
            reply = self._http.get(page)
        except httpx.TransportError as error:
            return 0, RETRY_SECONDS, type(error).__name__
        if reply.status_code not in UNAVAILABLE:
            return reply.status_code, 0, ""
        pause = float(reply.headers.get("Retry-After", RETRY_SECONDS))
        return reply.status_code, pause, str(reply.status_code)


@contextmanager
def run_readers(url: str, members: Sequence[Member]) -> Iterator[list[Reader]]:
    """Let a reader work for each member until the end of the block."""
    stop = Event()
    readers = [Reader(url, member) for member in members]
    threads = [Thread(target=reader.run, args=(stop,)) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield readers
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def count_statuses(readers: Sequence[Reader]) -> Counter[int]:
    """Count the last replies to each page by status."""
    return Counter(reading.status for reader in readers for reading in reader.readings)
