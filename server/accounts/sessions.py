"""Signing in and out: sessions are minted, listed and ended here."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, delete, select

from server.accounts.account import account_out
from server.accounts.actor import Actor
from server.accounts.registration import account_of
from server.accounts.second_step import newest_code, send_code
from server.accounts.tables import Account, SessionKept
from server.core import throttle
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.keys import Purpose, new_token
from server.core.passwords import verify_nothing, verify_password
from server.core.problems import PortalProblem, not_found
from server.core.throttle import Doing
from shared.accounts import SecondStep, SessionOut, SessionRow, SessionState, SignInIn
from shared.problems import ProblemCode


async def sign_in(services: Services, given: SignInIn, address: str) -> SessionOut:
    """Begin a session, half signed in where a second step is on.

    A refusal has the same words and takes the same time whether the email is known or not.
    Raises WRONG_CREDENTIALS (counted), TOO_MANY_TRIES, BUSY.
    """
    email = given.email.strip().lower()

    def look_up(tx: Transaction) -> str | None:
        throttle.check(tx, Doing.SIGN_IN, email, address=address)
        account = account_of(tx, email)
        return account.password_hash if account else None

    await services.read(look_up)  # who is refused already waits for no turn
    async with services.hashing.turn(address):
        password_hash = await services.read(look_up)
        verified = await services.hashing.run(_verify, given.password, password_hash)
        session = await services.write(lambda tx: _begin(tx, given, address, verified))
    if session is None:
        raise PortalProblem(
            ProblemCode.WRONG_CREDENTIALS, "The email or password is incorrect. Try again."
        )
    return session


class _Verified(NamedTuple):
    """Whether a password fits the hash that an account had, and the hash to have instead."""

    digest: str
    right: bool
    rehashed: str | None


def _verify(password: str, password_hash: str | None) -> _Verified:
    if password_hash is None:
        verify_nothing(password)
        return _Verified("", False, None)
    return _Verified(password_hash, *verify_password(password, password_hash))


def _begin(
    tx: Transaction, given: SignInIn, address: str, verified: _Verified
) -> SessionOut | None:
    """Begin a session; None where it is refused, which is counted."""
    email = given.email.strip().lower()
    throttle.check(tx, Doing.SIGN_IN, email, address=address)
    held = select(Account).where(Account.email == email).with_for_update()
    account = tx.session.exec(held).first()
    right = (
        verified.right
        and account is not None
        and account.password_hash == verified.digest
        and account.disabled_at is None
    )
    if account is None or not right:
        throttle.record_failure(tx, Doing.SIGN_IN, email, address=address)
        known = account.id if account else None
        record(tx, Action.SIGN_IN_REFUSED, account=known, address=address)
        return None
    if verified.rehashed:
        account.password_hash = verified.rehashed
        tx.session.add(account)
    throttle.reset(tx, Doing.SIGN_IN, email)
    kept, token = _mint(tx, account, given.device, address)
    if kept.state == SessionState.CODE_REQUIRED and account.second_step == SecondStep.EMAIL:
        send_code(tx, kept, account)
    if kept.state == SessionState.SIGNED_IN:
        record(tx, Action.SIGNED_IN, account=account.id, subject=kept.id, address=address)
    return session_out(tx, kept, account, token)


def _mint(tx: Transaction, account: Account, device: str, address: str) -> tuple[SessionKept, str]:
    token = new_token()
    step = SecondStep(account.second_step)
    kept = SessionKept(
        account_id=account.id,
        digest=tx.services.keys.digest(Purpose.SESSION, token),
        state=SessionState.SIGNED_IN if step is SecondStep.NONE else SessionState.CODE_REQUIRED,
        device=device,
        address=address,
        created_at=tx.now,
        last_used_at=tx.now,
        ends_at=tx.now + timedelta(hours=tx.services.settings.session_hours),
        proved_at=tx.now,
    )
    tx.session.add(kept)
    tx.session.flush()
    return kept, token


def session_out(
    tx: Transaction, kept: SessionKept, account: Account, token: str | None = None
) -> SessionOut:
    """Tell a session; the account is told only to one that is signed in."""
    signed_in = kept.state == SessionState.SIGNED_IN
    sent = None if signed_in else newest_code(tx, kept.id)
    return SessionOut(
        token=token,
        state=SessionState(kept.state),
        second_step=SecondStep(account.second_step),
        code_sent_at=sent.sent_at if sent else None,
        code_sent_to=account.email if sent else None,
        idle_minutes=tx.services.settings.session_idle_minutes,
        ends_at=kept.ends_at,
        account=account_out(tx, account) if signed_in else None,
    )


def kept_session(tx: Transaction, actor: Actor) -> tuple[SessionKept, Account]:
    """Find the rows of the session that asks."""
    return (
        tx.session.get_one(SessionKept, actor.session_id),
        tx.session.get_one(Account, actor.account_id),
    )


def completed(tx: Transaction, actor: Actor) -> SessionOut:
    """Make a half session a whole one after its code: it gets a new token, the old one ends."""
    kept, account = kept_session(tx, actor)
    token = new_token()
    kept.digest = tx.services.keys.digest(Purpose.SESSION, token)
    kept.state = SessionState.SIGNED_IN
    kept.proved_at = tx.now
    tx.session.add(kept)
    actor.record(tx, Action.CODE_VERIFIED, subject=kept.id)
    actor.record(tx, Action.SIGNED_IN, subject=kept.id)
    return session_out(tx, kept, account, token)


def list_sessions(tx: Transaction, actor: Actor) -> list[SessionRow]:
    """List where the account is signed in, here first, then the latest; none that has run out."""
    idle = timedelta(minutes=tx.services.settings.session_idle_minutes)
    rows = tx.session.exec(
        select(SessionKept)
        .where(
            SessionKept.account_id == actor.account_id,
            SessionKept.state == SessionState.SIGNED_IN,
            col(SessionKept.ends_at) > tx.now,
            col(SessionKept.last_used_at) > tx.now - idle,
        )
        .order_by(
            (col(SessionKept.id) == actor.session_id).desc(), col(SessionKept.last_used_at).desc()
        )
    )
    return [
        SessionRow(
            id=row.id,
            device=row.device,
            address=row.address,
            signed_in_at=row.created_at,
            # What is written of this very request may not be seen yet.
            last_used_at=tx.now if row.id == actor.session_id else row.last_used_at,
            current=row.id == actor.session_id,
        )
        for row in rows
    ]


def end_session(tx: Transaction, actor: Actor, session: UUID) -> None:
    """End one of the account's sessions; raises NOT_FOUND where it is another's."""
    ended = tx.session.exec(
        delete(SessionKept).where(
            col(SessionKept.id) == session, col(SessionKept.account_id) == actor.account_id
        )
    )
    if ended.rowcount == 0:
        raise not_found()
    actor.record(tx, Action.SIGNED_OUT, subject=session)


def end_others(tx: Transaction, actor: Actor) -> None:
    """End the account's sessions but the one that asks."""
    tx.session.exec(
        delete(SessionKept).where(
            col(SessionKept.account_id) == actor.account_id,
            col(SessionKept.id) != actor.session_id,
        )
    )
    actor.record(tx, Action.SIGNED_OUT)


def end_all(tx: Transaction, account: UUID) -> None:
    """End every session of an account."""
    tx.session.exec(delete(SessionKept).where(col(SessionKept.account_id) == account))
