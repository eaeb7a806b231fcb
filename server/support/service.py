"""The support desk: professionals' accounts and unsent mail, without children's data.

Staff accounts are managed by officers with that right and on the server's command line.
"""

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, func, or_, select

from server.accounts.account import (
    delete_recovery_codes,
    notify_owner,
    own_work_out,
    require_no_provider,
)
from server.accounts.actor import Actor
from server.accounts.devices import forget_devices
from server.accounts.registration import resend_activation
from server.accounts.sessions import end_all_sessions
from server.accounts.ssh_keys import remove_all_keys
from server.accounts.tables import (
    Account,
    IdentityCheck,
    Registration,
    StoredSession,
    WorkDetailsRow,
)
from server.core import throttle
from server.core.audit import LISTINGS, Action, AuditEvent
from server.core.database import Transaction
from server.core.outbox import OutboxMail, require_mail, retry_mail
from server.core.problems import not_found
from server.core.throttle import Operation
from server.documents.service import count_scans
from shared.accounts import RegistrationOut, SecondStep, SessionState
from shared.documents import ScanState
from shared.health import State
from shared.support import (
    AccountDetails,
    AccountEvent,
    AccountRow,
    AccountState,
    ScanningOut,
    UnsentMail,
    Workplace,
)

MAX_RESULTS = 20
MAX_EVENTS = 30
MAX_UNSENT = 100
SUPPORT_ACTIONS = frozenset(
    {
        Action.ACCOUNT_UNLOCKED,
        Action.ACCOUNT_DISABLED,
        Action.ACCOUNT_ENABLED,
        Action.SECOND_STEP_RESET,
        Action.SESSIONS_ENDED,
    }
)
"""What is done to an account by others."""


def find_accounts(tx: Transaction, email: str) -> list[AccountRow]:
    """Find professionals' accounts and pending registrations by a prefix of the email."""
    prefix = email.strip().lower()
    accounts = tx.session.exec(
        select(Account)
        .where(col(Account.email).startswith(prefix, autoescape=True), col(Account.staff).is_(None))
        .order_by(col(Account.email))
        .limit(MAX_RESULTS)
    ).all()
    pending = tx.session.exec(
        select(Registration)
        .where(
            col(Registration.email).startswith(prefix, autoescape=True),
            col(Registration.activated_at).is_(None),
            col(Registration.email).not_in(select(Account.email)),
        )
        .order_by(col(Registration.email), col(Registration.created_at).desc())
        .limit(MAX_RESULTS)
    ).all()
    newest = {row.email: row for row in reversed(pending)}
    return [_account_row(account) for account in accounts] + [
        AccountRow(id=row.id, email=row.email, name="", state=AccountState.NOT_ACTIVATED)
        for row in sorted(newest.values(), key=lambda row: row.email)
    ]


def _account_row(account: Account) -> AccountRow:
    state = AccountState.DISABLED if account.disabled_at else AccountState.ACTIVE
    return AccountRow(id=account.id, email=account.email, name=account.name, state=state)


def _find_account(tx: Transaction, account: UUID) -> Account:
    row = tx.session.get(Account, account, with_for_update=True)
    if row is None or row.staff is not None:
        raise not_found()
    return row


def read_account(tx: Transaction, actor: Actor, account_id: UUID) -> AccountDetails:
    """Return an account's state and recent events, and audit the reading; raises NOT_FOUND."""
    account = _find_account(tx, account_id)
    actor.record(tx, Action.ACCOUNT_READ, subject=account.id)
    idle = timedelta(minutes=tx.services.settings.session_idle_minutes)
    sessions = tx.session.exec(
        select(func.count()).where(
            StoredSession.account_id == account.id,
            StoredSession.state == SessionState.SIGNED_IN,
            col(StoredSession.ends_at) > tx.now,
            col(StoredSession.last_used_at) > tx.now - idle,
        )
    ).one()
    last_sign_in = tx.session.exec(
        select(func.max(AuditEvent.at)).where(
            AuditEvent.account_id == account.id, AuditEvent.action == Action.SIGNED_IN
        )
    ).one()
    return AccountDetails(
        **_account_row(account).model_dump(),
        second_step=SecondStep(account.second_step),
        phone=account.phone,
        work=_list_workplaces(tx, account),
        waiting=_is_throttled(tx, account),
        sessions=sessions,
        last_signed_in=last_sign_in,
        events=_list_events(tx, account),
    )


def _list_workplaces(tx: Transaction, account: Account) -> list[Workplace]:
    rows = tx.session.exec(
        select(WorkDetailsRow)
        .where(WorkDetailsRow.account_id == account.id, col(WorkDetailsRow.removed_at).is_(None))
        .order_by(col(WorkDetailsRow.created_at), col(WorkDetailsRow.id))
    )
    return [
        Workplace(
            role=work.role_label,
            organisation=work.organisation_label,
            work_phone=work.work_phone,
            mobile=work.mobile,
        )
        for work in map(own_work_out, rows)
    ]


def _throttle_keys(email: str, account: UUID | None) -> list[tuple[Operation, str]]:
    """List all that Unlock resets, so that it is offered whenever one of them waits."""
    keys = [(Operation.SIGN_IN, email), (Operation.RESET, email)]
    if account:
        of_account = (Operation.SIGN_IN, Operation.CODE, Operation.EMAIL)
        keys += [(operation, str(account)) for operation in of_account]
    return keys


def _is_throttled(tx: Transaction, account: Account) -> bool:
    return any(throttle.is_held_up(tx, *key) for key in _throttle_keys(account.email, account.id))


def _list_events(tx: Transaction, account: Account) -> list[AccountEvent]:
    """List what the account did, and what support or the server's commands did to it."""
    by_owner = (
        AuditEvent.account_id == account.id,
        col(AuditEvent.action).not_in({Action.MESSAGE_READ, *LISTINGS}),
    )
    by_staff = (
        AuditEvent.subject_id == account.id,
        or_(col(AuditEvent.account_id).is_(None), col(AuditEvent.account_id) != account.id),
        col(AuditEvent.action).in_(SUPPORT_ACTIONS),
    )
    entries = [
        entry
        for conditions in (by_owner, by_staff)
        for entry in tx.session.execute(
            select(AuditEvent, Account)
            .join(Account, col(Account.id) == col(AuditEvent.account_id), isouter=True)
            .where(*conditions, col(AuditEvent.person_id).is_(None))
            .order_by(col(AuditEvent.id).desc())
            .limit(MAX_EVENTS)
        )
    ]
    entries.sort(key=lambda entry: entry[0].id, reverse=True)
    checks = select(IdentityCheck).where(IdentityCheck.account_id == account.id)
    reasons = {check.at: check.how for check in tx.session.exec(checks)}
    return [
        AccountEvent(
            at=event.at,
            words=event.action.replace("_", " ").capitalize(),
            address=event.address,
            by=by.name if by and by.id != account.id else "",
            reason=reasons.get(event.at, "") if event.action == Action.SECOND_STEP_RESET else "",
        )
        for event, by in entries[:MAX_EVENTS]
    ]


def reset_throttle(tx: Transaction, email: str, account: Account | None) -> None:
    """Reset the throttling of an email and its account."""
    for key in _throttle_keys(email, account.id if account else None):
        throttle.reset_everywhere(tx, *key)


def unlock(tx: Transaction, actor: Actor, account_id: UUID) -> None:
    """Reset the throttling of an account; raises NOT_FOUND."""
    account = _find_account(tx, account_id)
    reset_throttle(tx, account.email, account)
    actor.record(tx, Action.ACCOUNT_UNLOCKED, subject=account.id)


def send_activation(tx: Transaction, actor: Actor, registration: UUID) -> RegistrationOut:
    """Resend the activation email of a registration; raises NOT_FOUND, TOO_SOON."""
    result = resend_activation(tx, registration)
    actor.record(tx, Action.ACTIVATION_SENT, subject=registration)
    return result


def reset_second_step(tx: Transaction, actor: Actor, account_id: UUID, how: str) -> None:
    """Switch off the second step after an identity check, and end every session.

    The owner is notified by email, and must set it up again to see children's data. Raises
    NOT_FOUND, NOT_ALLOWED if it belongs to a provider.
    """
    account = _find_account(tx, account_id)
    if account.second_step == SecondStep.NONE:
        return
    require_no_provider(account)
    tx.session.add(IdentityCheck(account_id=account.id, by_id=actor.account_id, how=how, at=tx.now))
    account.second_step = SecondStep.NONE
    account.app_secret = None
    tx.session.add(account)
    delete_recovery_codes(tx, account.id)
    end_all_sessions(tx, account.id)
    remove_all_keys(tx, account.id)
    actor.record(tx, Action.SECOND_STEP_RESET, subject=account.id)
    notify_owner(tx, account, "Two step verification was switched off")


def end_sessions(tx: Transaction, actor: Actor, account_id: UUID) -> None:
    """Sign an account out everywhere, and remove its SSH keys; raises NOT_FOUND."""
    account = _find_account(tx, account_id)
    end_all_sessions(tx, account.id)
    remove_all_keys(tx, account.id)
    actor.record(tx, Action.SESSIONS_ENDED, subject=account.id)


def disable(tx: Transaction, actor: Actor, account_id: UUID, *, disabled: bool) -> None:
    """Disable or enable an account; raises NOT_FOUND."""
    account = _find_account(tx, account_id)
    if (account.disabled_at is not None) is disabled:
        return
    account.disabled_at = tx.now if disabled else None
    tx.session.add(account)
    if disabled:
        end_all_sessions(tx, account.id)
        forget_devices(tx, account.id)
        remove_all_keys(tx, account.id)
    actor.record(
        tx, Action.ACCOUNT_DISABLED if disabled else Action.ACCOUNT_ENABLED, subject=account.id
    )
    change = "disabled" if disabled else "enabled again"
    notify_owner(tx, account, f"Your account was {change}")


def list_unsent_mail(tx: Transaction) -> list[UnsentMail]:
    """List the emails given up on, then those being retried, each newest first."""
    rows = tx.session.exec(
        select(OutboxMail)
        .where(col(OutboxMail.sent_at).is_(None), col(OutboxMail.attempts) > 0)
        # While the relay is down, emails being retried could fill the list.
        .order_by(col(OutboxMail.given_up_at).is_(None), col(OutboxMail.created_at).desc())
        .limit(MAX_UNSENT)
    )
    return [
        UnsentMail(
            id=row.id,
            to=row.to,
            subject=row.subject,
            created_at=row.created_at,
            attempts=row.attempts,
            given_up=row.given_up_at is not None,
        )
        for row in rows
    ]


def send_mail_again(tx: Transaction, actor: Actor, mail: UUID) -> None:
    """Retry an unsent email now; raises NOT_FOUND if it was sent, NOT_ALLOWED if none is sent."""
    require_mail(tx.services.settings)
    if not retry_mail(tx, mail):
        raise not_found()
    actor.record(tx, Action.MAIL_SENT_AGAIN, subject=mail)


def read_scanning(tx: Transaction, scanner: State) -> ScanningOut:
    """Count the documents that wait for a scan or are held; `scanner` is the antivirus's state."""
    counts = count_scans(tx)
    return ScanningOut(
        scanner=scanner,
        accepts_unscanned=tx.services.settings.accepts_unscanned,
        waiting=counts.get(ScanState.CHECKING, 0),
        held=counts.get(ScanState.INFECTED, 0),
    )
