"""The support desk: finding an account, helping it, mail that could not be sent; no child's data.

Support works on professionals' accounts. The authority's own are the server's command line's.
"""

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, delete, func, select

from server.accounts.account import drop_recovery_codes, tell_owner
from server.accounts.actor import Actor
from server.accounts.registration import send_again
from server.accounts.sessions import end_all
from server.accounts.tables import Account, IdentityCheck, Registration, SessionKept
from server.core import throttle
from server.core.audit import Action, AuditEvent
from server.core.database import Transaction
from server.core.outbox import OutboxMail
from server.core.problems import PortalProblem, not_found
from server.core.throttle import Doing
from shared.accounts import RegistrationOut, SecondStep, SessionState
from shared.support import (
    AccountEvent,
    AccountState,
    FoundAccount,
    SupportedAccount,
    UnsentMail,
)

FOUND = 20
EVENTS = 30
MAILS = 100


def find_accounts(tx: Transaction, email: str) -> list[FoundAccount]:
    """Find professionals' accounts, and registrations not activated, by how the email begins."""
    begins = email.strip().lower()
    accounts = tx.session.exec(
        select(Account)
        .where(col(Account.email).startswith(begins, autoescape=True), col(Account.staff).is_(None))
        .order_by(col(Account.email))
        .limit(FOUND)
    ).all()
    waiting = tx.session.exec(
        select(Registration)
        .where(
            col(Registration.email).startswith(begins, autoescape=True),
            col(Registration.activated_at).is_(None),
            col(Registration.email).not_in(select(Account.email)),
        )
        .order_by(col(Registration.email), col(Registration.created_at).desc())
        .limit(FOUND)
    ).all()
    newest = {row.email: row for row in reversed(waiting)}
    return [_found(account) for account in accounts] + [
        FoundAccount(id=row.id, email=row.email, name="", state=AccountState.NOT_ACTIVATED)
        for row in sorted(newest.values(), key=lambda row: row.email)
    ]


def _found(account: Account) -> FoundAccount:
    state = AccountState.DISABLED if account.disabled_at else AccountState.ACTIVE
    return FoundAccount(id=account.id, email=account.email, name=account.name, state=state)


def _find(tx: Transaction, account: UUID) -> Account:
    found = tx.session.get(Account, account, with_for_update=True)
    if found is None or found.staff is not None:
        raise not_found()
    return found


def read_account(tx: Transaction, actor: Actor, account: UUID) -> SupportedAccount:
    """Tell an account's state and what happened to it lately; raises NOT_FOUND."""
    found = _find(tx, account)
    actor.record(tx, Action.ACCOUNT_READ, subject=found.id)
    idle = timedelta(minutes=tx.services.settings.session_idle_minutes)
    sessions = tx.session.exec(
        select(func.count()).where(
            SessionKept.account_id == found.id,
            SessionKept.state == SessionState.SIGNED_IN,
            col(SessionKept.ends_at) > tx.now,
            col(SessionKept.last_used_at) > tx.now - idle,
        )
    ).one()
    last = tx.session.exec(
        select(func.max(AuditEvent.at)).where(
            AuditEvent.account_id == found.id, AuditEvent.action == Action.SIGNED_IN
        )
    ).one()
    return SupportedAccount(
        **_found(found).model_dump(),
        second_step=SecondStep(found.second_step),
        waiting=_waiting(tx, found),
        sessions=sessions,
        last_signed_in=last,
        events=_events(tx, found),
    )


def _waiting(tx: Transaction, found: Account) -> bool:
    try:
        throttle.check(tx, Doing.SIGN_IN, found.email)
        throttle.check(tx, Doing.CODE, str(found.id))
    except PortalProblem:
        return True
    return False


def _events(tx: Transaction, found: Account) -> list[AccountEvent]:
    rows = tx.session.exec(
        select(AuditEvent)
        .where(
            AuditEvent.account_id == found.id,
            col(AuditEvent.person_id).is_(None),
            AuditEvent.action != Action.MESSAGE_READ,
        )
        .order_by(col(AuditEvent.id).desc())
        .limit(EVENTS)
    )
    return [
        AccountEvent(
            at=row.at, words=row.action.replace("_", " ").capitalize(), address=row.address
        )
        for row in rows
    ]


def forgive_all(tx: Transaction, email: str, account: Account | None) -> None:
    """Forget the failed tries of an email and its account."""
    throttle.reset(tx, Doing.SIGN_IN, email)
    throttle.reset(tx, Doing.RESET, email)
    if account:
        throttle.reset(tx, Doing.SIGN_IN, str(account.id))
        throttle.reset(tx, Doing.CODE, str(account.id))


def unlock(tx: Transaction, actor: Actor, account: UUID) -> None:
    """Let an account try again at once; raises NOT_FOUND."""
    found = _find(tx, account)
    forgive_all(tx, found.email, found)
    actor.record(tx, Action.ACCOUNT_UNLOCKED, subject=found.id)


def send_activation(tx: Transaction, actor: Actor, registration: UUID) -> RegistrationOut:
    """Send the activation of a registration again; raises NOT_FOUND, TOO_SOON."""
    sent = send_again(tx, registration)
    actor.record(tx, Action.ACTIVATION_SENT, subject=registration)
    return sent


def reset_second_step(tx: Transaction, actor: Actor, account: UUID, how: str) -> None:
    """Switch the second step off after an identity was checked, and end every session.

    Raises NOT_FOUND. The owner is told by mail, and must set it up again to reach a child.
    """
    found = _find(tx, account)
    if found.second_step == SecondStep.NONE:
        return
    tx.session.add(IdentityCheck(account_id=found.id, by_id=actor.account_id, how=how, at=tx.now))
    found.second_step = SecondStep.NONE
    found.app_secret = None
    tx.session.add(found)
    drop_recovery_codes(tx, found.id)
    end_all(tx, found.id)
    actor.record(tx, Action.SECOND_STEP_RESET, subject=found.id)
    tell_owner(tx, found, "Two step verification was switched off", "Two step verification")


def end_sessions(tx: Transaction, actor: Actor, account: UUID) -> None:
    """Sign an account out everywhere; raises NOT_FOUND."""
    found = _find(tx, account)
    end_all(tx, found.id)
    actor.record(tx, Action.SESSIONS_ENDED, subject=found.id)


def disable(tx: Transaction, actor: Actor, account: UUID, *, disabled: bool) -> None:
    """Let an account sign in no more, or again; raises NOT_FOUND."""
    found = _find(tx, account)
    if (found.disabled_at is not None) is disabled:
        return
    found.disabled_at = tx.now if disabled else None
    tx.session.add(found)
    if disabled:
        tx.session.exec(delete(SessionKept).where(col(SessionKept.account_id) == found.id))
    actor.record(
        tx, Action.ACCOUNT_DISABLED if disabled else Action.ACCOUNT_ENABLED, subject=found.id
    )
    done = "disabled" if disabled else "enabled again"
    tell_owner(tx, found, f"Your account was {done}", "Whether your account may be used")


def unsent_mails(tx: Transaction) -> list[UnsentMail]:
    """List the mails that were given up, then those that failed so far, the newest first."""
    rows = tx.session.exec(
        select(OutboxMail)
        .where(col(OutboxMail.sent_at).is_(None), col(OutboxMail.attempts) > 0)
        # While the relay is down, the mails that failed so far may fill the list by themselves.
        .order_by(col(OutboxMail.given_up_at).is_(None), col(OutboxMail.created_at).desc())
        .limit(MAILS)
    )
    return [
        UnsentMail(
            id=row.id, to=row.to, subject=row.subject, created_at=row.created_at,
            attempts=row.attempts, given_up=row.given_up_at is not None,
        )
        for row in rows
    ]  # fmt: skip


def send_mail_again(tx: Transaction, actor: Actor, mail: UUID) -> None:
    """Try an unsent mail again now; raises NOT_FOUND for one that was sent."""
    found = tx.session.get(OutboxMail, mail, with_for_update=True)
    if found is None or found.sent_at is not None:
        raise not_found()
    if found.given_up_at is not None:
        found.created_at = tx.now  # it has its whole time again
    found.given_up_at = None
    found.next_try_at = tx.now
    tx.session.add(found)
    actor.record(tx, Action.MAIL_SENT_AGAIN, subject=mail)
