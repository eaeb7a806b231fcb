"""The authority's own accounts: made and disabled by whoever runs the server."""

import secrets

from server.accounts.links import new_link
from server.accounts.registration import account_of, normal_email
from server.accounts.sessions import end_all
from server.accounts.tables import Account
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.outbox import Priority, post_mail
from server.core.passwords import hash_password
from shared.accounts import Staff

LINK_HOURS = 24


class StaffRefused(Exception):
    """Why an account can't be made or disabled; fit for who runs the server."""


def add_staff(
    tx: Transaction, email: str, staff: Staff, first_name: str, last_name: str, phone: str
) -> str:
    """Make an account of the authority and give the link by which its password is set.

    Again for the same account it gives a new link, and enables it where it was disabled. Raises
    StaffRefused for a professional's email, INVALID for none.
    """
    email = normal_email(email)
    account = account_of(tx, email)
    if account is None:
        account = Account(
            email=email, password_hash=hash_password(secrets.token_urlsafe(32)),
            first_name=first_name, last_name=last_name, phone=phone, staff=staff,
            notice_accepted_at=tx.now, created_at=tx.now,
        )  # fmt: skip
        tx.session.add(account)
        tx.session.flush()
        record(tx, Action.STAFF_ADDED, account=account.id, subject=account.id)
    elif account.staff != staff:
        raise StaffRefused(f"{email} has an account of another kind already.")
    elif account.disabled_at is not None:
        account.disabled_at = None
        tx.session.add(account)
        record(tx, Action.ACCOUNT_ENABLED, subject=account.id)
    token = new_link(tx, account=account.id, hours=LINK_HOURS)
    link = f"{tx.services.settings.public_url}/reset/{token}"
    post_mail(
        tx,
        to=email,
        subject="Your account of the Professional Portal",
        body=(
            f"An account was made for you. Open this link to set its password:\n\n{link}\n\n"
            f"It is good for {LINK_HOURS} hours and for once. When you first sign in you set up "
            "an authenticator app.\n"
        ),
        priority=Priority.LINK,
    )
    return link


def disable_staff(tx: Transaction, email: str) -> Account:
    """Let an account of the authority sign in no more, and sign it out everywhere; safe to repeat.

    Raises StaffRefused for whoever is none of the authority's own, INVALID for no email.
    """
    email = normal_email(email)
    account = account_of(tx, email)
    if account is None or account.staff is None:
        raise StaffRefused(
            f"{email} is no account of the authority's own. Nothing was changed; the support desk "
            "disables professionals' accounts."
        )
    end_all(tx, account.id)
    if account.disabled_at is None:
        account.disabled_at = tx.now
        tx.session.add(account)
        record(tx, Action.ACCOUNT_DISABLED, subject=account.id)
    return account
