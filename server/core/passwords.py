"""Passwords: hashed with argon2id, at most as many at once as there are cores."""

import os
from functools import cache
from threading import Semaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn_rs_py import zxcvbn

from shared.accounts import PASSWORD_MAX, PASSWORD_MIN

MEMORY_KIB = 64 * 1024
PASSES = 3
WEAKEST = 3
GUESSED_BY = 72
"""Characters that are judged for weakness: what follows can only make a password stronger."""


def new_hasher() -> PasswordHash:
    """Set up argon2id at the cost above."""
    return PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1),))


_hasher = new_hasher()
_turns = Semaphore(os.cpu_count() or 1)


def hash_password(password: str) -> str:
    """Hash a password (0.2 s, 64 MiB)."""
    with _turns:
        return _hasher.hash(password)


def verify_password(password: str, digest: str) -> tuple[bool, str | None]:
    """Tell whether a password is right, and its new hash where the cost has risen."""
    with _turns:
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
