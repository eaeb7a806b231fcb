"""Changing the email of an account: asked with a fresh sign-in, confirmed with an emailed code.

The code works only for the account that asked for it, signed in, so that whoever owns a mistyped
address gets nothing that opens the account.
"""

from datetime import timedelta

from sqlmodel import col, delete, or_, select, update

from server.accounts.account import account_out, notify_owner, require_no_provider
from server.accounts.actor import Actor
from server.accounts.links import extract_token
from server.accounts.organisations import recheck_memberships
from server.accounts.registration import find_account, normalise_email
from server.accounts.sessions import end_other_sessions
from server.accounts.tables import Account, EmailChange, EmailCode, EmailedLink, Registration
from server.core import throttle
from server.core.audit import Action
from server.core.database import Transaction
from server.core.keys import Purpose, new_token
from server.core.outbox import OutboxMail, Priority, post_mail
from server.core.problems import PortalProblem, invalid_field
from server.core.throttle import Operation, Source
from shared.accounts import AccountOut, EmailChangeOut
from shared.problems import ProblemCode

CODE_HOURS = 1


def request_email_change(tx: Transaction, actor: Actor, new_email: str) -> EmailChangeOut:
    """Email a code to the new address, without revealing whether it has an account.

    Raises INVALID for a malformed or unchanged address, TOO_MANY_TRIES.
    """
    email = normalise_email(new_email)
    account = tx.session.get_one(Account, actor.account_id)
    require_no_provider(account)
    if email == account.email:
        raise invalid_field("/email", "This is the email address of your account already.")
    keys = (str(account.id), email)
    throttle.check(tx, Operation.EMAIL, *keys, source=Source(actor.address))
    throttle.record_failure(tx, Operation.EMAIL, *keys, source=Source(actor.address))
    _end_earlier_changes(tx, account)
    token = new_token()
    tx.session.add(
        EmailChange(
            digest=tx.services.keys.digest(Purpose.LINK, token),
            account_id=account.id,
            email=email,
            expires_at=tx.now + timedelta(hours=CODE_HOURS),
        )
    )
    if find_account(tx, email) is None:
        _send_code(tx, email, token)
    else:
        _send_note(tx, email)
    notify_owner(tx, account, "A change of your email address was asked for")
    actor.record(tx, Action.EMAIL_CHANGE_ASKED, subject=account.id)
    return EmailChangeOut(email=email, sent_at=tx.now)


def _end_earlier_changes(tx: Transaction, account: Account) -> None:
    tx.session.exec(
        update(EmailChange)
        .where(col(EmailChange.account_id) == account.id, col(EmailChange.used_at).is_(None))
        .values(used_at=tx.now)
    )


def _send_code(tx: Transaction, email: str, token: str) -> None:
    post_mail(
        tx,
        to=email,
        subject="Confirm your new email address",
        body=(
            "Someone, perhaps you, asked to sign in to the Professional Portal with this email "
            "address. To confirm it, paste this code into Email address under My Account:\n\n"
            f"{token}\n\n"
            f"The code works once, within {CODE_HOURS} hour. If you did not ask for it, ignore "
            "this email.\n"
        ),
        priority=Priority.LINK,
    )


def _send_note(tx: Transaction, email: str) -> None:
    post_mail(
        tx,
        to=email,
        subject="You already have an account",
        body=(
            "Someone, perhaps you, tried to use this email address for another account of the "
            "Professional Portal. It belongs to your account, and stays there. You need not do "
            "anything.\n"
        ),
        priority=Priority.LINK,
    )


def confirm_email_change(tx: Transaction, actor: Actor, token: str) -> AccountOut:
    """Change the email with the emailed code, and end what was bound to the old address.

    The other sessions, unused links and codes, and the throttle of the old address end. Raises
    INVALID_LINK.
    """
    account = tx.session.get_one(Account, actor.account_id, with_for_update=True)
    change = _use_code(tx, account, token)
    if change is None or find_account(tx, change.email) is not None:
        raise PortalProblem(
            ProblemCode.INVALID_LINK,
            "This code is incomplete, has been used or has expired. Ask for a new one.",
        )
    old_email, account.email = account.email, change.email
    account.email_verified = True
    tx.session.add(account)
    tx.session.flush()
    _end_links(tx, actor)
    _delete_traces(tx, old_email)
    recheck_memberships(tx, account, actor.address)
    for operation in (Operation.SIGN_IN, Operation.RESET):
        throttle.reset_everywhere(tx, operation, old_email)
    end_other_sessions(tx, actor)
    actor.record(tx, Action.EMAIL_CHANGED, subject=account.id)
    for email in (old_email, account.email):
        _send_confirmation(tx, email)
    return account_out(tx, account)


def _use_code(tx: Transaction, account: Account, token: str) -> EmailChange | None:
    """Mark the change of a valid code as used and return it, or None."""
    digests = tx.services.keys.digests(Purpose.LINK, extract_token(token))
    change = tx.session.exec(
        select(EmailChange).where(
            col(EmailChange.digest).in_(digests),
            EmailChange.account_id == account.id,
            col(EmailChange.used_at).is_(None),
            col(EmailChange.expires_at) > tx.now,
        )
    ).first()
    if change is not None:
        change.used_at = tx.now
        tx.session.add(change)
    return change


def _end_links(tx: Transaction, actor: Actor) -> None:
    """End the unused reset links and sign-in codes that were sent to the old address."""
    tx.session.exec(
        update(EmailedLink)
        .where(col(EmailedLink.account_id) == actor.account_id, col(EmailedLink.used_at).is_(None))
        .values(used_at=tx.now)
    )
    tx.session.exec(
        update(EmailCode)
        .where(col(EmailCode.session_id) == actor.session_id, col(EmailCode.used_at).is_(None))
        .values(used_at=tx.now)
    )


def _delete_traces(tx: Transaction, old_email: str) -> None:
    """Delete activated registrations and emails of an address, which erasure would not find."""
    activated = select(Registration.id).where(
        Registration.email == old_email, col(Registration.activated_at).is_not(None)
    )
    tx.session.exec(delete(EmailedLink).where(col(EmailedLink.registration_id).in_(activated)))
    tx.session.exec(delete(Registration).where(col(Registration.id).in_(activated)))
    is_done = or_(col(OutboxMail.sent_at).is_not(None), col(OutboxMail.given_up_at).is_not(None))
    tx.session.exec(delete(OutboxMail).where(col(OutboxMail.to) == old_email, is_done))


def _send_confirmation(tx: Transaction, email: str) -> None:
    post_mail(
        tx,
        to=email,
        subject="Your email address was changed",
        body=(
            "The email address of your Professional Portal account was changed. From now on, sign "
            "in with the new one. If you did not expect this, email "
            f"{tx.services.settings.contact_email} at once.\n"
        ),
    )
