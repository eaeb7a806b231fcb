"""Staff accounts of the authority, managed on the server's command line."""

import secrets

from server.accounts.identities import keep_disabled, unlink
from server.accounts.links import new_link
from server.accounts.registration import find_account, normalise_email
from server.accounts.sessions import end_all_sessions
from server.accounts.tables import Account
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.outbox import Priority, post_mail
from server.core.passwords import hash_password
from shared.accounts import Staff
from shared.values.identifiers import check_line

LINK_HOURS = 24


class StaffAccountError(Exception):
    """Raised if a staff account cannot be created or disabled; the message is for the operator."""


def add_staff(
    tx: Transaction, email: str, staff: Staff, first_name: str, last_name: str, phone: str
) -> str:
    """Create a staff account and return the link to set its password.

    An existing staff account gets a new link, is enabled if it was disabled, and no longer signs in
    by a provider. Raises StaffAccountError for an account of another kind or a name with hidden
    characters, INVALID for a malformed email.
    """
    for text in (first_name, last_name, phone):
        if error := check_line(text).message:
            raise StaffAccountError(error)
    email = normalise_email(email)
    account = find_account(tx, email)
    if account is None:
        account = Account(
            email=email,
            password_hash=hash_password(secrets.token_urlsafe(32)),
            first_name=first_name,
            last_name=last_name,
            phone=phone,
            staff=staff,
            notice_accepted_at=tx.now,
            created_at=tx.now,
        )
        tx.session.add(account)
        tx.session.flush()
        record(tx, Action.STAFF_ADDED, account=account.id, subject=account.id)
    elif account.staff != staff:
        raise StaffAccountError(f"{email} already has another kind of account.")
    elif account.disabled_at is not None:
        account.disabled_at = None
        tx.session.add(account)
        record(tx, Action.ACCOUNT_ENABLED, subject=account.id)
    unlink(tx, account)
    token = new_link(tx, account=account.id, hours=LINK_HOURS)
    link = f"{tx.services.settings.public_url}/reset/{token}"
    _email_link(tx, email, link)
    return link


def _email_link(tx: Transaction, email: str, link: str) -> None:
    post_mail(
        tx,
        to=email,
        subject="Your account of the Professional Portal",
        body=(
            "An account has been created for you. Open this link to set its password:\n\n"
            f"{link}\n\n"
            f"The link works once, within {LINK_HOURS} hours. When you first sign in, you will "
            "set up an authenticator app.\n"
        ),
        priority=Priority.LINK,
    )


def disable_staff(tx: Transaction, email: str) -> Account:
    """Disable a staff account and sign it out everywhere; idempotent.

    Raises StaffAccountError for any other account, INVALID for a malformed email.
    """
    email = normalise_email(email)
    account = find_account(tx, email)
    if account is None or account.staff is None:
        raise StaffAccountError(
            f"{email} is not a staff account of the authority. Nothing was changed; the support "
            "desk disables professionals' accounts."
        )
    end_all_sessions(tx, account.id)
    keep_disabled(tx, account)
    if account.disabled_at is None:
        account.disabled_at = tx.now
        tx.session.add(account)
        record(tx, Action.ACCOUNT_DISABLED, subject=account.id)
    return account
