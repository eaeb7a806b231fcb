"""Passwords: hashed with argon2id, in a small pool of threads of its own."""

import asyncio
import os
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn_rs_py import zxcvbn

from server.core.cores import AVAILABLE, use_other_cores
from server.core.problems import busy
from shared.accounts import PASSWORD_MAX, PASSWORD_MIN

MEMORY_KIB = 64 * 1024
PASSES = 3
WEAKEST = 3
WAITING_MOST = 64
ADDRESS_MOST = WAITING_MOST // 2
"""So that one address can't keep all others from signing in."""
BUSY_SECONDS = 5
NICENESS = 5
GUESSED_BY = 72
"""Characters that are judged for weakness: what follows can only make a password stronger."""

Result = TypeVar("Result")


def new_hasher() -> PasswordHash:
    """Set up argon2id at the cost above."""
    return PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1),))


_hasher = new_hasher()


class HashingPool:
    """The few threads that hash, and the queue of those who wait for a turn.

    A hash takes 0.2 s of a core and 64 MiB, so it runs in no transaction, and behind all others.
    """

    def __init__(self) -> None:
        threads = max(1, len(AVAILABLE) - 1)
        self._threads = ThreadPoolExecutor(
            threads, thread_name_prefix="portal-hash", initializer=_step_back
        )
        # One more than can hash: who is looked up meanwhile is hashed next.
        self._turns = asyncio.Semaphore(threads + 1)
        self._waiting: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Wait for a turn; raises BUSY where too many wait, in all or from one address.

        What is looked up before a hash, and counted after it, belongs in the turn: of many guesses
        sent at once, all but a few are refused by those before them.
        """
        if self._waiting.total() >= WAITING_MOST or self._waiting[address] >= ADDRESS_MOST:
            raise busy(BUSY_SECONDS)
        self._waiting[address] += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting[address] -= 1
            self._waiting += Counter()  # forget whom nobody waits from

    async def run(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Run work that hashes, within a turn."""
        return await asyncio.wrap_future(self._threads.submit(work, *arguments))

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(cancel_futures=True)


def _step_back() -> None:
    """Let the threads that answer requests go first: on Linux each thread has its own niceness."""
    use_other_cores()
    if sys.platform == "linux":
        with suppress(OSError):  # an initializer that fails would end the pool
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def hash_password(password: str) -> str:
    """Hash a password (0.2 s, 64 MiB)."""
    return _hasher.hash(password)


def verify_password(password: str, digest: str) -> tuple[bool, str | None]:
    """Tell whether a password is right, and its new hash where the cost has risen."""
    return _hasher.verify_and_update(password, digest)


def verify_nothing(password: str) -> None:
    """Take the time of a verification, for an email that nobody has."""
    verify_password(password, _nobody())


@cache
def _nobody() -> str:
    return hash_password("a password that nobody has")


def refusal(password: str, email: str) -> str | None:
    """Say why a password can't be taken, or None; no rules of composition (ASVS 6.2)."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        return f"The password must have {PASSWORD_MIN} to {PASSWORD_MAX} characters."
    lower = password.casefold()
    mine = [email.casefold(), email.split("@", maxsplit=1)[0].casefold(), "portal"]
    if any(len(word) > 2 and word in lower for word in mine):
        return "The password must not hold your email address or the word 'portal'."
    if int(zxcvbn(password[:GUESSED_BY], mine).score) < WEAKEST:
        return "This password is easy to guess. Use three or more words that don't belong together."
    return None
