"""Turns: how much one account may have in progress, so that it makes nobody else wait.

Units of work of one requester beyond IN_PROGRESS wait in the event loop, and don't queue for a
thread. Each process counts for itself.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from threading import Lock
from weakref import WeakValueDictionary

from server.core.problems import busy

IN_PROGRESS = 3
"""Units of one requester that are in a queue or run at once; PostgreSQL has a thread more."""
MAX_WAITING = 128
WAIT_SECONDS = 10
"""Longest wait for a turn; a client that has given up would otherwise still cost work."""
BUSY_SECONDS = 1
MAX_TOKENS = 10_000
"""Tokens whose account is remembered; the oldest is forgotten first."""

requester: ContextVar[str] = ContextVar("requester", default="")
"""Whose request this is: an account, or the IP address of who is signed out; '' for the server."""


class Turns:
    """The turns of all requesters of this process."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._waiting: Counter[str] = Counter()
        self._accounts: dict[int, str] = {}
        self._lock = Lock()

    def remember(self, token: str, account: object) -> None:
        """Remember whose token this is, for `name_requester`."""
        with self._lock:
            self._accounts[hash(token)] = str(account)
            if len(self._accounts) > MAX_TOKENS:
                del self._accounts[next(iter(self._accounts))]

    def name_requester(self, token: str, address: str) -> str:
        """Return the account of a token, or the address for an unknown token or none."""
        return self._accounts.get(hash(token), address)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn of the requester; raises BUSY after too long, or if too many wait."""
        name = requester.get()
        if not name:
            yield
            return
        if self._waiting[name] >= MAX_WAITING:
            raise busy(BUSY_SECONDS)
        turns = self._turns.setdefault(name, asyncio.Semaphore(IN_PROGRESS))
        self._waiting[name] += 1
        try:
            await take(turns, WAIT_SECONDS, BUSY_SECONDS)
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                del self._waiting[name]
        try:
            yield
        finally:
            turns.release()


async def take(turns: asyncio.Semaphore, seconds: float, retry_after: int) -> None:
    """Acquire a semaphore; raises BUSY if that takes longer than some seconds."""
    try:
        async with asyncio.timeout(seconds):
            await turns.acquire()
    except TimeoutError:
        raise busy(retry_after) from None
