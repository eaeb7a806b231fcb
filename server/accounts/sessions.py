"""Sessions: signing in, listing and ending them."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlmodel import col, delete, select

from server.accounts.account import account_out
from server.accounts.actor import Actor
from server.accounts.devices import find_source, remember_device
from server.accounts.registration import find_account
from server.accounts.second_step import newest_code, send_code
from server.accounts.tables import Account, StoredSession
from server.core import throttle
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.keys import Purpose, new_token
from server.core.moments import elapsed
from server.core.passwords import verify_dummy_password, verify_password
from server.core.problems import PortalProblem, not_found
from server.core.throttle import Operation
from shared.accounts import SecondStep, SessionOut, SessionRow, SessionState, SignInIn
from shared.problems import ProblemCode

REPEAT_LIMIT = timedelta(minutes=2)
"""How long a sign-in may be repeated whose reply was lost."""


async def sign_in(services: Services, body: SignInIn, address: str) -> SessionOut:
    """Start a session, partly signed in if a second step is set.

    The message and timing of a refusal do not reveal whether the email has an account. Raises
    WRONG_CREDENTIALS (counted), TOO_MANY_TRIES, BUSY.
    """
    email = body.email.strip().lower()

    def look_up(tx: Transaction) -> str | None:
        source = find_source(tx, email, body.device_token, address)
        throttle.check(tx, Operation.SIGN_IN, email, source=source)
        account = find_account(tx, email)
        return account.password_hash if account else None

    await services.read(look_up)  # refuse early, without waiting for a turn
    async with services.hashing.turn(address):
        password_hash = await services.read(look_up)
        verification = await services.hashing.run(_verify, body.password, password_hash)
        session = await services.write(lambda tx: _start_session(tx, body, address, verification))
    if session is None:
        raise PortalProblem(
            ProblemCode.WRONG_CREDENTIALS, "The email or password is incorrect. Try again."
        )
    return session


class _Verification(NamedTuple):
    """Whether a password matches the stored hash, and a new hash if the cost has changed."""

    digest: str
    matches: bool
    rehashed: str | None


def _verify(password: str, password_hash: str | None) -> _Verification:
    if not password_hash:
        verify_dummy_password(password)
        return _Verification("", False, None)
    return _Verification(password_hash, *verify_password(password, password_hash))


def _start_session(
    tx: Transaction, body: SignInIn, address: str, verification: _Verification
) -> SessionOut | None:
    """Start a session, or count the failure and return None."""
    email = body.email.strip().lower()
    source = find_source(tx, email, body.device_token, address)
    throttle.check(tx, Operation.SIGN_IN, email, source=source)
    query = select(Account).where(Account.email == email).with_for_update()
    account = tx.session.exec(query).first()
    is_verified = (
        verification.matches
        and account is not None
        and account.password_hash == verification.digest
        and account.disabled_at is None
        and account.second_step != SecondStep.PROVIDER
    )
    if account is None or not is_verified:
        throttle.record_failure(tx, Operation.SIGN_IN, email, source=source)
        account_id = account.id if account else None
        record(tx, Action.SIGN_IN_REFUSED, account=account_id, address=address)
        return None
    _require_password_allowed(tx, account)
    if verification.rehashed:
        account.password_hash = verification.rehashed
        tx.session.add(account)
    throttle.reset(tx, Operation.SIGN_IN, email, source=source)
    former = tx.session.get(StoredSession, body.id) if body.id else None
    if former is not None and _is_repeat(tx, former, account):
        token = _replace_token(tx, former)
        return session_out(tx, former, account, token)
    # An id that is in use is that of another sign-in, which a reply must not reveal.
    id = body.id if body.id and former is None else uuid4()
    row, token = create_session(tx, account, body.device, address, id)
    if row.state == SessionState.CODE_REQUIRED and account.second_step == SecondStep.EMAIL:
        send_code(tx, row, account)
    if row.state == SessionState.SIGNED_IN:
        remember_device(tx, account.id, body.device_token, address)
        record(tx, Action.SIGNED_IN, account=account.id, subject=row.id, address=address)
    return session_out(tx, row, account, token)


def _is_repeat(tx: Transaction, row: StoredSession, account: Account) -> bool:
    """Whether a session was just started by the same sign-in, and has not gone further since."""
    return (
        row.account_id == account.id
        and row.state == _first_state(account)
        and row.ssh_key_id is None
        and elapsed(row.created_at, tx.now) < REPEAT_LIMIT
    )


def _first_state(account: Account) -> SessionState:
    """Return the state of a session whose password was verified."""
    needs_code = account.second_step in {SecondStep.EMAIL, SecondStep.APP}
    return SessionState.CODE_REQUIRED if needs_code else SessionState.SIGNED_IN


def _replace_token(tx: Transaction, row: StoredSession) -> str:
    token = new_token()
    row.digest = tx.services.keys.digest(Purpose.SESSION, token)
    tx.session.add(row)
    return token


def _require_password_allowed(tx: Transaction, account: Account) -> None:
    settings = tx.services.settings
    if account.staff and not settings.staff_passwords and settings.staff_provider:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            f'Staff sign in without a password. Choose "Sign in with '
            f'{settings.staff_provider.label}" below.',
        )


def create_session(
    tx: Transaction, account: Account, device: str, address: str, id: UUID | None = None
) -> tuple[StoredSession, str]:
    """Create a session and its token; a code is required if the account has a second step here."""
    token = new_token()
    row = StoredSession(
        id=id or uuid4(),
        account_id=account.id,
        digest=tx.services.keys.digest(Purpose.SESSION, token),
        state=_first_state(account),
        device=device,
        address=address,
        created_at=tx.now,
        last_used_at=tx.now,
        ends_at=tx.now + timedelta(hours=tx.services.settings.session_hours),
        proved_at=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    return row, token


def session_out(
    tx: Transaction, row: StoredSession, account: Account, token: str | None = None
) -> SessionOut:
    """Build the view of a session, with the account once it is signed in."""
    signed_in = row.state == SessionState.SIGNED_IN
    code = None if signed_in else newest_code(tx, row.id)
    return SessionOut(
        token=token,
        state=SessionState(row.state),
        second_step=SecondStep(account.second_step),
        code_sent_at=code.sent_at if code else None,
        code_sent_to=account.email if code else None,
        idle_minutes=tx.services.settings.session_idle_minutes,
        ends_at=row.ends_at,
        account=account_out(tx, account) if signed_in else None,
    )


def session_rows(tx: Transaction, actor: Actor) -> tuple[StoredSession, Account]:
    """Return the session and account of an actor."""
    return (
        tx.session.get_one(StoredSession, actor.session_id),
        tx.session.get_one(Account, actor.account_id),
    )


def complete_sign_in(tx: Transaction, actor: Actor, device_token: str) -> SessionOut:
    """Complete sign-in after a verified code, and replace the session's token."""
    row, account = session_rows(tx, actor)
    token = _replace_token(tx, row)
    row.state = SessionState.SIGNED_IN
    row.proved_at = tx.now
    tx.session.add(row)
    remember_device(tx, account.id, device_token, actor.address)
    actor.record(tx, Action.CODE_VERIFIED, subject=row.id)
    actor.record(tx, Action.SIGNED_IN, subject=row.id)
    return session_out(tx, row, account, token)


def list_sessions(tx: Transaction, actor: Actor) -> list[SessionRow]:
    """List the account's active sessions: the current one, then the others by last use."""
    idle = timedelta(minutes=tx.services.settings.session_idle_minutes)
    rows = tx.session.exec(
        select(StoredSession)
        .where(
            StoredSession.account_id == actor.account_id,
            StoredSession.state == SessionState.SIGNED_IN,
            col(StoredSession.ends_at) > tx.now,
            col(StoredSession.last_used_at) > tx.now - idle,
        )
        .order_by(
            (col(StoredSession.id) == actor.session_id).desc(),
            col(StoredSession.last_used_at).desc(),
        )
    )
    return [
        SessionRow(
            id=row.id,
            device=row.device,
            address=row.address,
            signed_in_at=row.created_at,
            # The time of this request may not be stored yet.
            last_used_at=tx.now if row.id == actor.session_id else row.last_used_at,
            current=row.id == actor.session_id,
        )
        for row in rows
    ]


def end_session(tx: Transaction, actor: Actor, session: UUID) -> None:
    """End one of the account's sessions; raises NOT_FOUND."""
    result = tx.session.exec(
        delete(StoredSession).where(
            col(StoredSession.id) == session, col(StoredSession.account_id) == actor.account_id
        )
    )
    if result.rowcount == 0:
        raise not_found()
    actor.record(tx, Action.SIGNED_OUT, subject=session)


def end_other_sessions(tx: Transaction, actor: Actor) -> None:
    """End the account's sessions except the current one."""
    tx.session.exec(
        delete(StoredSession).where(
            col(StoredSession.account_id) == actor.account_id,
            col(StoredSession.id) != actor.session_id,
        )
    )
    actor.record(tx, Action.SIGNED_OUT)


def end_all_sessions(tx: Transaction, account: UUID) -> None:
    """End every session of an account."""
    tx.session.exec(delete(StoredSession).where(col(StoredSession.account_id) == account))
