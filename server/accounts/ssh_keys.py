"""SSH keys of accounts, by which their owners sign in over SSH instead of with a password.

Only the fingerprint of a key is stored: the SSH server gets the key itself from the client.
"""

import base64
import binascii
import hashlib
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from sqlmodel import Field, SQLModel, col, delete, func, select

from server.accounts.account import notify_owner
from server.accounts.actor import Actor
from server.accounts.second_step import send_code
from server.accounts.sessions import create_session
from server.accounts.tables import Account, StoredSession
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from shared.accounts import SecondStep, SessionState
from shared.problems import ProblemCode
from shared.ssh_keys import MAX_SSH_KEYS, SshKeyRow
from shared.values.lines import MAX_LINE_LENGTH, sanitise

KINDS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
)
RSA_MIN_BITS = 3072
NO_KEY = (
    "This is not a public key. Paste the whole line of the file that ends in .pub, which begins "
    "with ssh-ed25519 or similar."
)


class SshKey(SQLModel, table=True):
    """A public key of an account; a key belongs to one account."""

    __tablename__ = "ssh_key"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    kind: str
    name: str
    fingerprint: str = Field(unique=True)
    added_at: datetime
    last_used_at: datetime | None = None


class PublicKey(NamedTuple):
    """A parsed public key; `name` is the comment at the end of its line."""

    kind: str
    name: str
    fingerprint: str


def parse_key(line: str) -> PublicKey:
    """Parse the line of a public key; raises INVALID."""
    kind, _, rest = line.strip().partition(" ")
    encoded, _, name = rest.strip().partition(" ")
    if "PRIVATE KEY" in line:
        raise invalid_field(
            "/line",
            "This is a private key, which nobody else may have. Make a new pair of keys, and "
            "paste the line of the file that ends in .pub.",
        )
    if kind not in KINDS or "\n" in line.strip():
        raise invalid_field("/line", NO_KEY)
    try:
        key = load_ssh_public_key(f"{kind} {encoded}".encode())
        blob = base64.b64decode(encoded, validate=True)
    except (ValueError, UnsupportedAlgorithm, binascii.Error):
        raise invalid_field("/line", NO_KEY) from None
    if isinstance(key, RSAPublicKey) and key.key_size < RSA_MIN_BITS:
        raise invalid_field(
            "/line",
            f"This RSA key has {key.key_size} bits; it needs {RSA_MIN_BITS} or more. Better: make "
            "one with ssh-keygen -t ed25519.",
        )
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return PublicKey(kind, sanitise(name).strip()[:MAX_LINE_LENGTH], f"SHA256:{digest}")


def list_keys(tx: Transaction, account: UUID) -> list[SshKeyRow]:
    """List the keys of an account, the newest first."""
    query = select(SshKey).where(SshKey.account_id == account)
    rows = tx.session.exec(query.order_by(col(SshKey.added_at).desc(), col(SshKey.id)))
    return [_key_row(row) for row in rows]


def _key_row(row: SshKey) -> SshKeyRow:
    return SshKeyRow.model_validate(row, from_attributes=True)


def add_key(tx: Transaction, actor: Actor, key_id: UUID, line: str) -> SshKeyRow:
    """Register a key and email its owner; safe to repeat.

    Raises INVALID, NOT_FOUND if the id is another's, NOT_ALLOWED for an account that signs in by
    a provider or has too many keys.
    """
    account = tx.session.get_one(Account, actor.account_id, with_for_update=True)
    if account.second_step == SecondStep.PROVIDER:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "You sign in with your organisation's own account, so a key can't sign you in.",
        )
    key = parse_key(line)
    row = tx.session.get(SshKey, key_id)
    if row is not None and row.account_id != account.id:
        raise not_found()
    if row is not None and (row.kind, row.name, row.fingerprint) == key:
        return _key_row(row)
    same = tx.session.exec(select(SshKey.id).where(SshKey.fingerprint == key.fingerprint)).first()
    if row is not None or same is not None:
        raise invalid_field("/line", "This key is registered already. Make a new one.")
    count = select(func.count()).where(SshKey.account_id == account.id)
    if tx.session.exec(count).one() >= MAX_SSH_KEYS:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            f"You have {MAX_SSH_KEYS} keys. Remove one before you add another.",
        )
    row = SshKey(id=key_id, account_id=account.id, added_at=tx.now, **key._asdict())
    tx.session.add(row)
    notify_owner(tx, account, "An SSH key was added to your account")
    actor.record(tx, Action.SSH_KEY_ADDED, subject=key_id)
    return _key_row(row)


def remove_key(tx: Transaction, actor: Actor, key_id: UUID) -> None:
    """Remove a key and end the sessions that it began; raises NOT_FOUND."""
    row = tx.session.get(SshKey, key_id)
    if row is None or row.account_id != actor.account_id:
        raise not_found()
    tx.session.exec(delete(StoredSession).where(col(StoredSession.ssh_key_id) == key_id))
    tx.session.delete(row)
    actor.record(tx, Action.SSH_KEY_REMOVED, subject=key_id)


def remove_all_keys(tx: Transaction, account: UUID) -> None:
    """Remove the keys of an account, and end the sessions that they began."""
    tx.session.exec(
        delete(StoredSession).where(
            col(StoredSession.account_id) == account, col(StoredSession.ssh_key_id).is_not(None)
        )
    )
    tx.session.exec(delete(SshKey).where(col(SshKey.account_id) == account))


def find_key(tx: Transaction, fingerprint: str) -> SshKey | None:
    """Return the key with a fingerprint if its account may sign in with it, or None."""
    found = tx.session.exec(
        select(SshKey, Account)
        .join(Account, col(Account.id) == col(SshKey.account_id))
        .where(SshKey.fingerprint == fingerprint)
    ).first()
    if found is None:
        return None
    key, account = found
    staff_need_provider = account.staff and not tx.services.settings.staff_passwords
    is_refused = account.disabled_at or account.second_step == SecondStep.PROVIDER
    return None if is_refused or staff_need_provider else key


def start_key_session(tx: Transaction, fingerprint: str, address: str) -> str | None:
    """Start a session of the key's account and return its token, or None.

    The key replaces the password, never the second step.
    """
    key = find_key(tx, fingerprint)
    if key is None:
        return None
    account = tx.session.get_one(Account, key.account_id, with_for_update=True)
    key.last_used_at = tx.now
    tx.session.add(key)
    row, token = create_session(tx, account, f"SSH, with the key {key.name}".strip(), address)
    row.ssh_key_id = key.id
    tx.session.add(row)
    record(tx, Action.SSH_KEY_USED, account=account.id, subject=key.id, address=address)
    if row.state == SessionState.SIGNED_IN:
        record(tx, Action.SIGNED_IN, account=account.id, subject=row.id, address=address)
    elif account.second_step == SecondStep.EMAIL:
        send_code(tx, row, account)
    return token


def is_signed_in(tx: Transaction, fingerprint: str) -> bool:
    """Whether a key that may sign in has begun a session that is past its second step."""
    key = find_key(tx, fingerprint)
    if key is None:
        return False
    idle = timedelta(minutes=tx.services.settings.session_idle_minutes)
    query = select(StoredSession.id).where(
        StoredSession.ssh_key_id == key.id,
        StoredSession.state == SessionState.SIGNED_IN,
        col(StoredSession.ends_at) > tx.now,
        col(StoredSession.last_used_at) > tx.now - idle,
    )
    return tx.session.exec(query).first() is not None
