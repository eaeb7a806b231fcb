"""Staff accounts of the authority, managed by officers with that right and by commands."""

import secrets

from server.accounts.actor import Actor
from server.accounts.devices import forget_devices
from server.accounts.identities import keep_disabled, unlink
from server.accounts.links import new_link
from server.accounts.registration import find_account, normalise_email
from server.accounts.sessions import end_all_sessions
from server.accounts.ssh_keys import remove_all_keys
from server.accounts.tables import Account
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.outbox import Priority, post_mail
from server.core.passwords import hash_password
from server.desk.actions import give_up_all
from shared.accounts import SecondStep, Staff
from shared.values.identifiers import check_line, check_name

LINK_HOURS = 24


class StaffAccountError(Exception):
    """Raised if a staff account cannot be created or disabled; the message is for the operator."""


def add_staff(
    tx: Transaction,
    email: str,
    staff: Staff,
    first_name: str,
    last_name: str,
    phone: str,
    *,
    password_hash: str = "",
    actor: Actor | None = None,
) -> str:
    """Create a staff account and return the link to set its password, which is also emailed.

    An existing staff account gets a new link. A disabled one is enabled, and no longer signs in by
    a provider. Raises StaffAccountError for an account of another kind, one that signs in by a
    provider, or what can't be a name, INVALID for a malformed email.
    """
    _check_texts(first_name, last_name, phone)
    email = normalise_email(email)
    account = find_account(tx, email)
    if account is None:
        account = Account(
            email=email,
            password_hash=password_hash or unknown_password_hash(),
            first_name=first_name,
            last_name=last_name,
            phone=phone,
            staff=staff,
            notice_accepted_at=tx.now,
            created_at=tx.now,
        )
        _store_new(tx, actor, account)
    elif account.staff != staff:
        raise StaffAccountError(f"{email} already has another kind of account.")
    else:
        _restore(tx, actor, account)
    return _email_link(tx, account)


def _restore(tx: Transaction, actor: Actor | None, account: Account) -> None:
    """Enable a disabled account, with a password; raises StaffAccountError for a provider's."""
    if account.disabled_at is not None:
        account.disabled_at = None
        tx.session.add(account)
        _record(tx, actor, Action.ACCOUNT_ENABLED, account)
        unlink(tx, account, actor)
    elif account.second_step == SecondStep.PROVIDER:
        raise StaffAccountError(
            f"{account.email} signs in by its organisation and needs no link. Nothing was changed. "
            "Disable the account first to give it a password."
        )


def _check_texts(first_name: str, last_name: str, phone: str) -> None:
    for verdict in (check_name(first_name), check_name(last_name), check_line(phone)):
        if error := verdict.message:
            raise StaffAccountError(error)


def _store_new(tx: Transaction, actor: Actor | None, account: Account) -> None:
    tx.session.add(account)
    tx.session.flush()
    if actor is None:
        record(tx, Action.STAFF_ADDED, account=account.id, subject=account.id)
    else:
        actor.record(tx, Action.STAFF_ADDED, subject=account.id)


def _email_link(tx: Transaction, account: Account) -> str:
    token = new_link(tx, account=account.id, hours=LINK_HOURS)
    link = f"{tx.services.settings.public_url}/reset/{token}"
    if not tx.services.settings.sends_mail:
        return link
    post_mail(
        tx,
        to=account.email,
        subject="Your account of the Professional Portal",
        body=(
            "An account has been created for you. Open this link to set its password:\n\n"
            f"{link}\n\n"
            f"The link works once, within {LINK_HOURS} hours. When you first sign in, you will "
            "set up an authenticator app.\n"
        ),
        priority=Priority.LINK,
    )
    return link


def unknown_password_hash() -> str:
    """Return the hash of a password that nobody knows, until the account's owner sets one."""
    return hash_password(secrets.token_urlsafe(32))


def _record(tx: Transaction, actor: Actor | None, action: Action, account: Account) -> None:
    """Audit an action on a staff account, by an officer or by a command."""
    if actor is None:
        record(tx, action, subject=account.id)
    else:
        actor.record(tx, action, subject=account.id)


def find_staff(tx: Transaction, email: str) -> Account:
    """Return a staff account; raises StaffAccountError, or INVALID for a malformed email."""
    email = normalise_email(email)
    account = find_account(tx, email)
    if account is None or account.staff is None:
        raise StaffAccountError(
            f"{email} is not a staff account of the authority. Nothing was changed; the support "
            "desk disables professionals' accounts."
        )
    return account


def disable_staff(tx: Transaction, account: Account, actor: Actor | None = None) -> int:
    """Disable a staff account, sign it out and unassign its cases; return their number.

    The account also loses the right to manage staff.
    """
    end_all_sessions(tx, account.id)
    forget_devices(tx, account.id)
    remove_all_keys(tx, account.id)
    keep_disabled(tx, account)
    set_right(tx, account, granted=False, actor=actor)
    if account.disabled_at is None:
        account.disabled_at = tx.now
        tx.session.add(account)
        _record(tx, actor, Action.ACCOUNT_DISABLED, account)
    return give_up_all(tx, account.id)


def set_right(
    tx: Transaction, account: Account, *, granted: bool, actor: Actor | None = None
) -> None:
    """Give an officer the right to manage staff accounts, or take it away; idempotent.

    Raises StaffAccountError if it is given to support or to a disabled account.
    """
    if granted and (account.staff != Staff.OFFICER or account.disabled_at is not None):
        raise StaffAccountError(
            f"{account.email} is not an officer's account that can be used. Only officers manage "
            "staff accounts. Nothing was changed."
        )
    if account.may_manage_staff != granted:
        account.may_manage_staff = granted
        tx.session.add(account)
        action = Action.STAFF_RIGHT_GIVEN if granted else Action.STAFF_RIGHT_TAKEN
        _record(tx, actor, action, account)
