"""Cost of password hashes, which other tests reduce."""

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from server.core import passwords
from tests.parts import CHEAP_HASHER, PASSWORD


@pytest.fixture(autouse=True)
def real_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", passwords.new_hasher())


def test_password_is_hashed_at_the_documented_cost() -> None:
    digest = passwords.hash_password(PASSWORD)
    assert digest.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert passwords.verify_password(PASSWORD, digest) == (True, None)
    assert passwords.verify_password(PASSWORD + "s", digest) == (False, None)


@pytest.mark.parametrize(
    "before", [CHEAP_HASHER, PasswordHash((Argon2Hasher(time_cost=2, memory_cost=64 * 1024),))]
)
def test_cheaper_hash_is_upgraded(before: PasswordHash) -> None:
    is_correct, new_digest = passwords.verify_password(PASSWORD, before.hash(PASSWORD))
    assert is_correct
    assert new_digest is not None
    assert new_digest.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_hash_of_a_password_that_was_not_normalised_is_replaced() -> None:
    typed, normalised = "cafe\u0301 over nine hollows", "café over nine hollows"
    is_correct, new_digest = passwords.verify_password(typed, passwords.new_hasher().hash(typed))
    assert is_correct
    assert new_digest is not None
    assert passwords.verify_password(normalised, new_digest) == (True, None)
    assert passwords.verify_password(typed, new_digest) == (True, None)
