"""SSH keys of an account over HTTP."""

import struct
from base64 import b64encode
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx import Client, Response

from server.accounts.ssh_keys import SshKey, find_key, parse_key
from server.accounts.tables import Account
from server.core.database import Services
from server.core.problems import PortalProblem
from server.records.leaving import close_account
from shared.accounts import SecondStep, Staff
from shared.ssh_keys import MAX_SSH_KEYS
from tests.emails import emails_to
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import OTHER_PASSWORD, pointers
from tests.server.accounts.test_reset import request_reset
from tests.server.steps import audit_of, ok, rows


def new_line(name: str = "") -> str:
    key = Ed25519PrivateKey.generate().public_key()
    return f"{key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} {name}".strip()


def rsa_line(bits: int) -> str:
    key = rsa.generate_private_key(65537, bits).public_key()
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def ecdsa_line() -> str:
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def security_key_line() -> str:
    kind = b"sk-ssh-ed25519@openssh.com"
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    blob = b"".join(struct.pack(">I", len(part)) + part for part in (kind, public, b"ssh:"))
    return f"{kind.decode()} {b64encode(blob).decode()}"


def add(me: Someone, line: str, key: UUID | None = None) -> Response:
    reply: Response = me.put(f"/v1/account/ssh-keys/{key or uuid4()}", json={"line": line})
    return reply


@pytest.fixture
def owner(someone: Factory) -> Someone:
    return someone(two_step=SecondStep.NONE)


def test_key_is_added_listed_and_removed(owner: Someone, services: Services) -> None:
    key, line = uuid4(), new_line("jo@laptop \x1b[31m")
    added = ok(add(owner, line, key)).json()
    assert ok(add(owner, line, key)).json() == added
    assert add(owner, f"{line} again", key).status_code == 422
    assert added["kind"] == "ssh-ed25519"
    assert added["fingerprint"].startswith("SHA256:")
    assert added["name"].startswith("jo@laptop ")
    assert "\x1b" not in added["name"]
    assert added["last_used_at"] is None
    assert owner.get("/v1/account/ssh-keys").json() == [added]
    [email] = emails_to(services, owner.email)
    assert email.subject == "An SSH key was added to your account"
    assert owner.delete(f"/v1/account/ssh-keys/{key}").status_code == 204
    assert owner.delete(f"/v1/account/ssh-keys/{key}").status_code == 404
    assert owner.get("/v1/account/ssh-keys").json() == []
    entries = [(entry.action, entry.subject_id) for entry in audit_of(services)]
    assert entries == [("ssh_key_added", key), ("ssh_key_removed", key)]


def test_strong_keys_of_each_kind_are_accepted() -> None:
    for line in (new_line(), ecdsa_line(), security_key_line(), rsa_line(3072)):
        assert parse_key(line).kind == line.split()[0]


def test_other_keys_are_refused() -> None:
    lines = [
        "jo@laptop",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 not base64",
        "ssh-dss AAAAB3NzaC1kc3MAAACBAP",
        f'command="sh" {new_line()}',
        f"{new_line()}\n{new_line()}",
        new_line().replace("ssh-ed25519 ", "ssh-rsa "),
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        rsa_line(2048),
    ]
    for line in lines:
        with pytest.raises(PortalProblem) as refusal:
            parse_key(line)
        assert refusal.value.problem.status == 422, line


def test_key_belongs_to_one_account(owner: Someone, other: Someone, services: Services) -> None:
    key, line = uuid4(), new_line()
    ok(add(owner, line, key))
    assert pointers(add(other, line)) == {"/line"}
    assert pointers(add(owner, line)) == {"/line"}
    assert pointers(add(owner, new_line(), key)) == {"/line"}
    assert add(other, new_line(), key).status_code == 404
    assert other.delete(f"/v1/account/ssh-keys/{key}").status_code == 404
    assert other.get("/v1/account/ssh-keys").json() == []
    assert [row.id for row in rows(services, SshKey)] == [key]


def test_number_of_keys_is_limited(owner: Someone) -> None:
    for _ in range(MAX_SSH_KEYS):
        ok(add(owner, new_line()))
    assert add(owner, new_line()).status_code == 409


def test_adding_a_key_needs_a_fresh_sign_in(owner: Someone, clock: Clock) -> None:
    key = uuid4()
    ok(add(owner, new_line(), key))
    clock.move(minutes=11)
    assert add(owner, new_line()).json()["code"] == "fresh_sign_in_required"
    assert owner.delete(f"/v1/account/ssh-keys/{key}").status_code == 204


def test_account_of_a_provider_has_no_keys(owner: Someone, services: Services) -> None:
    line = new_line()
    fingerprint = ok(add(owner, line)).json()["fingerprint"]
    with services.transaction() as tx:
        assert find_key(tx, fingerprint)
        tx.session.get_one(Account, owner.id).second_step = SecondStep.PROVIDER
        tx.session.flush()
        assert find_key(tx, fingerprint) is None
    assert add(owner, new_line()).status_code == 409


def test_closed_account_has_no_keys(owner: Someone, services: Services) -> None:
    fingerprint = ok(add(owner, new_line())).json()["fingerprint"]
    with services.transaction() as tx:
        close_account(tx, tx.session.get_one(Account, owner.id))
        assert find_key(tx, fingerprint) is None
    assert not rows(services, SshKey)


def test_keys_end_with_a_reset_and_when_support_acts(
    someone: Factory, http: Client, services: Services
) -> None:
    owner = someone(two_step=SecondStep.EMAIL)
    support = someone("support@council.example", staff=Staff.SUPPORT)
    account = f"/v1/support/accounts/{owner.id}"
    check = {"how": "Called back on the school's number."}

    def reset() -> Response:
        token = request_reset(http, services, owner.email)
        return http.post("/v1/password/reset", json={"token": token, "password": OTHER_PASSWORD})

    acts: list[Callable[[], Response]] = [
        reset,
        lambda: support.delete(f"{account}/sessions"),
        lambda: support.post(f"{account}/second-step-reset", json=check),
        lambda: support.put(f"{account}/disabled"),
    ]
    for act in acts:
        with services.transaction() as tx:
            tx.session.add(
                SshKey(account_id=owner.id, kind="", name="", fingerprint="", added_at=tx.now)
            )
        assert act().status_code == 204
        assert not rows(services, SshKey)
