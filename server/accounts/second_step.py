"""The second step of signing in: codes by email, authenticator apps, recovery codes."""

import secrets
from datetime import timedelta
from uuid import UUID

import pyotp
from sqlmodel import col, delete, func, select, update

from server.accounts.actor import Actor
from server.accounts.tables import Account, EmailCode, RecoveryCode, SessionKept
from server.core import throttle
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.keys import Purpose, new_code
from server.core.outbox import Priority, post_mail
from server.core.problems import PortalProblem
from server.core.throttle import Doing
from shared.accounts import (
    CODE_LENGTH,
    CODE_MINUTES,
    RESEND_SECONDS,
    AppSecret,
    CodeSent,
    SecondStep,
    SecondStepSet,
)
from shared.problems import ProblemCode

TRIES = 5
RECOVERY_CODES = 8
UNAMBIGUOUS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
APP_SECONDS = 30


def newest_code(tx: Transaction, session: UUID) -> EmailCode | None:
    """Find the newest code that was sent for a session."""
    return tx.session.exec(
        select(EmailCode)
        .where(EmailCode.session_id == session)
        .order_by(col(EmailCode.sent_at).desc())
    ).first()


def send_code(tx: Transaction, kept: SessionKept, account: Account) -> CodeSent:
    """Mail a code for a session; the codes before it end. Raises TOO_SOON within 30 s."""
    before = newest_code(tx, kept.id)
    if before and (wait := before.sent_at + timedelta(seconds=RESEND_SECONDS) - tx.now) > timedelta(
        0
    ):
        seconds = int(wait.total_seconds()) + 1
        raise PortalProblem(
            ProblemCode.TOO_SOON,
            f"A code was sent a moment ago. Wait {seconds} seconds for another.",
            retry_after=seconds,
        )
    tx.session.exec(
        update(EmailCode)
        .where(col(EmailCode.session_id) == kept.id, col(EmailCode.used_at).is_(None))
        .values(used_at=tx.now)
    )
    code = new_code(CODE_LENGTH)
    tx.session.add(
        EmailCode(
            session_id=kept.id,
            digest=tx.services.keys.digest(Purpose.CODE, f"{kept.id} {code}"),
            sent_at=tx.now,
            expires_at=tx.now + timedelta(minutes=CODE_MINUTES),
        )
    )
    record(tx, Action.CODE_SENT, account=account.id, subject=kept.id, address=kept.address)
    post_mail(
        tx,
        to=account.email,
        subject="Your verification code",
        body=(
            f"Your verification code for the Professional Portal is\n\n    {code}\n\n"
            f"It is good for {CODE_MINUTES} minutes. If you are not signing in, someone knows "
            "your password: change it.\n"
        ),
        priority=Priority.CODE,
    )
    return CodeSent(sent_at=tx.now, sent_to=account.email)


def give_code(tx: Transaction, actor: Actor, given: str) -> PortalProblem | None:
    """Verify a code; the refusal is returned, so that the try is counted.

    Takes 6 digits by email or app, whichever is on, or a recovery code. Raises TOO_MANY_TRIES.
    """
    code = "".join(given.split())
    account = tx.session.get_one(Account, actor.account_id)
    who = str(account.id)
    throttle.check(tx, Doing.CODE, who)
    if len(code) != CODE_LENGTH or not code.isdecimal():
        refused = None if _recovered(tx, account, code) else _wrong()
    elif account.second_step == SecondStep.EMAIL:
        refused = _by_email(tx, actor, code)
    else:
        refused = None if app_code_right(tx, account, code) else _wrong()
    if refused is None:
        throttle.reset(tx, Doing.CODE, who)
        return None
    if refused.problem.code is ProblemCode.WRONG_CODE:
        # Each sign-in gets a code with tries of its own: together they are counted here.
        throttle.record_failure(tx, Doing.CODE, who)
    actor.record(tx, Action.CODE_REFUSED, subject=actor.session_id)
    return refused


def _wrong() -> PortalProblem:
    return PortalProblem(ProblemCode.WRONG_CODE, "The code is incorrect. Check it and try again.")


def _old() -> PortalProblem:
    return PortalProblem(
        ProblemCode.OLD_CODE, "This code is too old or was tried too often. Send a new one."
    )


def _by_email(tx: Transaction, actor: Actor, code: str) -> PortalProblem | None:
    sent = newest_code(tx, actor.session_id)
    if sent is None:
        return _old()
    counted = tx.session.exec(
        update(EmailCode)
        .where(
            col(EmailCode.id) == sent.id,
            col(EmailCode.tries) < TRIES,
            col(EmailCode.used_at).is_(None),
            col(EmailCode.expires_at) > tx.now,
        )
        .values(tries=EmailCode.tries + 1)
    )
    if counted.rowcount == 0:
        return _old()
    if not tx.services.keys.matches(Purpose.CODE, f"{actor.session_id} {code}", sent.digest):
        return _wrong()
    tx.session.exec(update(EmailCode).where(col(EmailCode.id) == sent.id).values(used_at=tx.now))
    return None


def app_code_right(tx: Transaction, account: Account, code: str) -> bool:
    """Check a code of the account's authenticator app; each time step is taken once."""
    if account.app_secret is None:
        return False
    secret = tx.services.keys.decrypt(Purpose.APP_SECRET, account.app_secret)
    step = _step_of(tx, secret, code)
    if step is None:
        return False
    taken = tx.session.exec(
        update(Account)
        .where(col(Account.id) == account.id, col(Account.app_last_step) < step)
        .values(app_last_step=step)
    )
    return bool(taken.rowcount == 1)


def _step_of(tx: Transaction, secret: str, code: str) -> int | None:
    """Which 30-second step a code belongs to, the one before and after the current included."""
    now = int(tx.now.timestamp()) // APP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in (now, now - 1, now + 1):
        if secrets.compare_digest(totp.generate_otp(step), code):
            return step
    return None


def _recovery_digest(tx: Transaction, account: UUID, code: str) -> str:
    plain = code.replace("-", "").upper()
    return tx.services.keys.digest(Purpose.RECOVERY, f"{account} {plain}")


def _recovered(tx: Transaction, account: Account, code: str) -> bool:
    used = tx.session.exec(
        update(RecoveryCode)
        .where(
            col(RecoveryCode.digest) == _recovery_digest(tx, account.id, code),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=tx.now)
    )
    if used.rowcount == 0:
        return False
    record(tx, Action.RECOVERY_CODE_USED, account=account.id)
    post_mail(
        tx,
        to=account.email,
        subject="A recovery code was used",
        body=(
            "One of your recovery codes was used to sign in. If it was not you, change your "
            "password and make new codes.\n"
        ),
    )
    return True


def recovery_codes_left(tx: Transaction, account: UUID) -> int:
    """Count the recovery codes that are still good."""
    return tx.session.exec(
        select(func.count()).where(
            RecoveryCode.account_id == account, col(RecoveryCode.used_at).is_(None)
        )
    ).one()


def new_recovery_codes(tx: Transaction, actor: Actor, step: SecondStep) -> SecondStepSet:
    """Make new recovery codes in place of the old ones; they are told this once."""
    tx.session.exec(delete(RecoveryCode).where(col(RecoveryCode.account_id) == actor.account_id))
    codes: list[str] = []
    for _ in range(RECOVERY_CODES):
        plain = "".join(secrets.choice(UNAMBIGUOUS) for _ in range(12))
        codes.append("-".join((plain[:4], plain[4:8], plain[8:])))
        digest = _recovery_digest(tx, actor.account_id, plain)
        tx.session.add(RecoveryCode(digest=digest, account_id=actor.account_id))
    actor.record(tx, Action.SECOND_STEP_SET)
    return SecondStepSet(second_step=step, recovery_codes=codes)


def new_app_secret(tx: Transaction, actor: Actor) -> AppSecret:
    """Mint the secret of an authenticator app; it counts once a code has proved it."""
    account = tx.session.get_one(Account, actor.account_id)
    secret = pyotp.random_base32()
    account.app_pending = tx.services.keys.encrypt(Purpose.APP_SECRET, secret)
    tx.session.add(account)
    uri = pyotp.TOTP(secret).provisioning_uri(
        name=account.email, issuer_name=tx.services.settings.portal_name
    )
    return AppSecret(secret=secret, uri=uri)


def take_app_secret(tx: Transaction, account: Account, code: str) -> bool:
    """Take the pending secret over where the code proves it."""
    if account.app_pending is None:
        return False
    secret = tx.services.keys.decrypt(Purpose.APP_SECRET, account.app_pending)
    step = _step_of(tx, secret, "".join(code.split()))
    if step is None:
        return False
    account.app_secret, account.app_pending = account.app_pending, None
    account.app_last_step = step
    tx.session.add(account)
    return True
