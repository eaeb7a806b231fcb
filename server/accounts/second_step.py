"""Two-step verification: codes by email, authenticator apps, recovery codes."""

import secrets
from datetime import timedelta
from uuid import UUID

import pyotp
from sqlmodel import col, delete, func, or_, select, update

from server.accounts.actor import Actor
from server.accounts.devices import find_source
from server.accounts.tables import Account, EmailCode, RecoveryCode, StoredSession
from server.core import throttle
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.keys import Purpose, new_code
from server.core.moments import CLOCK_SKEW, LONG_AGO, elapsed
from server.core.outbox import Priority, post_mail
from server.core.problems import PortalProblem
from server.core.throttle import Operation, Source
from shared.accounts import (
    CODE_LENGTH,
    CODE_MINUTES,
    RESEND_SECONDS,
    AppSecret,
    CodeIn,
    CodeSent,
    SecondStep,
    SecondStepOut,
)
from shared.problems import ProblemCode

MAX_TRIES = 5
RECOVERY_CODES = 8
UNAMBIGUOUS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
TOTP_PERIOD = 30
MAX_STEPS_AHEAD = 4
"""How far the last time step can be ahead of another one: one each way, and CLOCK_SKEW."""
WARNING = "knows your password: change it."
KEY_WARNING = "has your SSH key: remove it under My Account › SSH keys."


def newest_code(tx: Transaction, session: UUID) -> EmailCode | None:
    """Return the newest code sent for a session, or None."""
    return tx.session.exec(
        select(EmailCode)
        .where(EmailCode.session_id == session)
        # Older codes are marked as used, also those sent while the clock was ahead.
        .order_by(col(EmailCode.used_at).is_not(None), col(EmailCode.sent_at).desc())
    ).first()


def send_code(tx: Transaction, row: StoredSession, account: Account) -> CodeSent:
    """Email a code for a session and revoke older codes; raises TOO_SOON within 30 s."""
    previous = newest_code(tx, row.id)
    since = elapsed(previous.sent_at, tx.now) if previous else LONG_AGO
    if (wait := timedelta(seconds=RESEND_SECONDS) - since) > timedelta(0):
        seconds = int(wait.total_seconds()) + 1
        raise PortalProblem(
            ProblemCode.TOO_SOON,
            f"A code was sent a moment ago. Wait {seconds} seconds for another.",
            retry_after=seconds,
        )
    tx.session.exec(
        update(EmailCode)
        .where(col(EmailCode.session_id) == row.id, col(EmailCode.used_at).is_(None))
        .values(used_at=tx.now)
    )
    code = new_code(CODE_LENGTH)
    tx.session.add(
        EmailCode(
            session_id=row.id,
            digest=tx.services.keys.digest(Purpose.CODE, f"{row.id} {code}"),
            sent_at=tx.now,
            expires_at=tx.now + timedelta(minutes=CODE_MINUTES),
        )
    )
    record(tx, Action.CODE_SENT, account=account.id, subject=row.id, address=row.address)
    post_mail(
        tx,
        to=account.email,
        subject="Your verification code",
        body=(
            f"Your verification code for the Professional Portal is\n\n    {code}\n\n"
            f"It works for {CODE_MINUTES} minutes. If you are not signing in, someone else "
            f"{KEY_WARNING if row.ssh_key_id else WARNING}\n"
        ),
        priority=Priority.CODE,
    )
    return CodeSent(sent_at=tx.now, sent_to=account.email)


def verify_code(tx: Transaction, actor: Actor, body: CodeIn) -> PortalProblem | None:
    """Verify a code and return the problem, if any, so that the attempt is counted.

    Accepts a 6-digit code by email or app, whichever is set, or a recovery code. Raises
    TOO_MANY_TRIES.
    """
    code = "".join(body.code.split())
    account = tx.session.get_one(Account, actor.account_id)
    key = str(account.id)
    # The code of an account is guessed only with its password, so addresses don't matter.
    device = find_source(tx, account.email, body.device_token, actor.address).device
    source = Source(device=device)
    throttle.check(tx, Operation.CODE, key, source=source)
    # Digits of other scripts are decimal too.
    if len(code) != CODE_LENGTH or not (code.isascii() and code.isdecimal()):
        problem = None if _use_recovery_code(tx, account, code) else _wrong_code()
    elif account.second_step == SecondStep.EMAIL:
        problem = _verify_email_code(tx, actor, code)
    else:
        problem = None if verify_app_code(tx, account, code) else _wrong_code()
    if problem is None:
        throttle.reset(tx, Operation.CODE, key, source=source)
        return None
    if problem.problem.code is ProblemCode.WRONG_CODE:
        # Each code counts its own attempts; this counts them across sign-ins.
        throttle.record_failure(tx, Operation.CODE, key, source=source)
    actor.record(tx, Action.CODE_REFUSED, subject=actor.session_id)
    return problem


def _wrong_code() -> PortalProblem:
    return PortalProblem(ProblemCode.WRONG_CODE, "The code is incorrect. Check it and try again.")


def _expired_code() -> PortalProblem:
    return PortalProblem(
        ProblemCode.INVALID_CODE, "This code has expired or was tried too often. Send a new one."
    )


def _verify_email_code(tx: Transaction, actor: Actor, code: str) -> PortalProblem | None:
    email_code = newest_code(tx, actor.session_id)
    if email_code is None:
        return _expired_code()
    result = tx.session.exec(
        update(EmailCode)
        .where(
            col(EmailCode.id) == email_code.id,
            col(EmailCode.tries) < MAX_TRIES,
            col(EmailCode.used_at).is_(None),
            col(EmailCode.expires_at) > tx.now,
            col(EmailCode.sent_at) <= tx.now + CLOCK_SKEW,
        )
        .values(tries=EmailCode.tries + 1)
    )
    if result.rowcount == 0:
        return _expired_code()
    if not tx.services.keys.matches(Purpose.CODE, f"{actor.session_id} {code}", email_code.digest):
        return _wrong_code()
    tx.session.exec(
        update(EmailCode).where(col(EmailCode.id) == email_code.id).values(used_at=tx.now)
    )
    return None


def verify_app_code(tx: Transaction, account: Account, code: str) -> bool:
    """Verify a code of the account's authenticator app; each time step is valid once."""
    if account.app_secret is None:
        return False
    secret = tx.services.keys.decrypt(Purpose.APP_SECRET, account.app_secret)
    step = _find_time_step(tx, secret, code)
    if step is None:
        return False
    # A later step than any clock shows was taken while the clock was ahead.
    last_step = col(Account.app_last_step)
    result = tx.session.exec(
        update(Account)
        .where(
            col(Account.id) == account.id,
            or_(last_step < step, last_step > step + MAX_STEPS_AHEAD),
        )
        .values(app_last_step=step)
    )
    return bool(result.rowcount == 1)


def _find_time_step(tx: Transaction, secret: str, code: str) -> int | None:
    """Return the time step of a code: the current, previous or next 30 seconds, or None."""
    now = int(tx.now.timestamp()) // TOTP_PERIOD
    totp = pyotp.TOTP(secret)
    for step in (now, now - 1, now + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


def _recovery_digests(tx: Transaction, account: UUID, code: str) -> list[str]:
    plain = code.replace("-", "").upper()
    return tx.services.keys.digests(Purpose.RECOVERY, f"{account} {plain}")


def _use_recovery_code(tx: Transaction, account: Account, code: str) -> bool:
    result = tx.session.exec(
        update(RecoveryCode)
        .where(
            col(RecoveryCode.digest).in_(_recovery_digests(tx, account.id, code)),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=tx.now)
    )
    if result.rowcount == 0:
        return False
    record(tx, Action.RECOVERY_CODE_USED, account=account.id)
    post_mail(
        tx,
        to=account.email,
        subject="A recovery code was used",
        body=(
            "One of your recovery codes was used to sign in. If this was not you, change "
            "your password and make new recovery codes.\n"
        ),
    )
    return True


def recovery_codes_left(tx: Transaction, account: UUID) -> int:
    """Count the unused recovery codes."""
    return tx.session.exec(
        select(func.count()).where(
            RecoveryCode.account_id == account, col(RecoveryCode.used_at).is_(None)
        )
    ).one()


def new_recovery_codes(tx: Transaction, actor: Actor, step: SecondStep) -> SecondStepOut:
    """Replace the recovery codes and return them; they cannot be read again."""
    tx.session.exec(delete(RecoveryCode).where(col(RecoveryCode.account_id) == actor.account_id))
    codes: list[str] = []
    for _ in range(RECOVERY_CODES):
        plain = "".join(secrets.choice(UNAMBIGUOUS) for _ in range(12))
        codes.append("-".join((plain[:4], plain[4:8], plain[8:])))
        digest = _recovery_digests(tx, actor.account_id, plain)[0]
        tx.session.add(RecoveryCode(digest=digest, account_id=actor.account_id))
    actor.record(tx, Action.SECOND_STEP_SET)
    return SecondStepOut(second_step=step, recovery_codes=codes)


def new_app_secret(tx: Transaction, actor: Actor) -> AppSecret:
    """Create a pending secret for an authenticator app, to be confirmed with a code."""
    account = tx.session.get_one(Account, actor.account_id)
    secret = pyotp.random_base32()
    account.app_pending = tx.services.keys.encrypt(Purpose.APP_SECRET, secret)
    tx.session.add(account)
    uri = pyotp.TOTP(secret).provisioning_uri(
        name=account.email, issuer_name=tx.services.settings.portal_name
    )
    return AppSecret(secret=secret, uri=uri)


def confirm_app_secret(tx: Transaction, account: Account, code: str) -> bool:
    """Activate the pending secret if the code confirms it."""
    if account.app_pending is None:
        return False
    secret = tx.services.keys.decrypt(Purpose.APP_SECRET, account.app_pending)
    step = _find_time_step(tx, secret, "".join(code.split()))
    if step is None:
        return False
    account.app_secret, account.app_pending = account.app_pending, None
    account.app_last_step = step
    tx.session.add(account)
    return True
