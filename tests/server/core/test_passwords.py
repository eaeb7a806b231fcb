"""What a hash costs, which the other tests save themselves."""

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from server.core import passwords
from tests.parts import CHEAP_HASHER, PASSWORD


@pytest.fixture(autouse=True)
def dear_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", passwords.new_hasher())


def test_a_password_is_hashed_at_the_cost_that_was_promised() -> None:
    made = passwords.hash_password(PASSWORD)
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert passwords.verify_password(PASSWORD, made) == (True, None)
    assert passwords.verify_password(PASSWORD + "s", made) == (False, None)


@pytest.mark.parametrize(
    "before", [CHEAP_HASHER, PasswordHash((Argon2Hasher(time_cost=2, memory_cost=64 * 1024),))]
)
def test_a_hash_of_a_lower_cost_is_made_anew(before: PasswordHash) -> None:
    right, made = passwords.verify_password(PASSWORD, before.hash(PASSWORD))
    assert right
    assert made is not None
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
