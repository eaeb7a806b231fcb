"""Accounts that sign in by a provider: linked, created, and disabled when their role ends."""

from sqlmodel import col, select

from server.accounts.account import delete_recovery_codes, notify_owner
from server.accounts.actor import Actor
from server.accounts.registration import find_account, normalise_email
from server.accounts.sessions import end_all_sessions
from server.accounts.tables import Account, ExternalIdentity
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.oidc import Claims
from server.core.problems import PortalProblem
from server.core.settings import Provider
from shared.accounts import SecondStep, Staff
from shared.problems import ProblemCode
from shared.values.lines import MAX_LINE_LENGTH, sanitise

NO_PASSWORD = ""
"""The hash of an account without a password; it matches none."""
VERIFIED = (True, "true", 1, "1")


def refusal(text: str) -> PortalProblem:
    """Build the problem for a person whom the provider knows, but who may not sign in."""
    return PortalProblem(ProblemCode.NOT_ALLOWED, text)


def no_role(provider: Provider) -> str:
    """Return the message for staff without a role."""
    return (
        f"{provider.label} gives you no role in the portal. Ask your line manager for it, then "
        "sign in again."
    )


def find_identity(tx: Transaction, provider: Provider, subject: object) -> ExternalIdentity | None:
    """Return the identity of a subject, locked, or None."""
    query = select(ExternalIdentity).where(
        ExternalIdentity.provider == provider.name, ExternalIdentity.subject == str(subject)
    )
    return tx.session.exec(query.with_for_update()).first()


def apply_role(tx: Transaction, provider: Provider, claims: Claims) -> bool:
    """Give a known member of staff the role of the claims; return False if there is none.

    Without a role the account is disabled and its sessions end; with one it is enabled again,
    unless it was disabled here. A changed role ends the sessions too.
    """
    if provider.users != "staff":
        return True
    role = provider.staff_role(claims)
    identity = find_identity(tx, provider, claims["sub"])
    if identity is not None:
        account = tx.session.get_one(Account, identity.account_id, with_for_update=True)
        _set_role(tx, account, identity, role)
    return role is not None


def _set_role(
    tx: Transaction, account: Account, identity: ExternalIdentity, role: Staff | None
) -> None:
    if role is None and account.disabled_at is None:
        account.disabled_at = identity.role_lost_at = tx.now
        _take_right(tx, account)
        end_all_sessions(tx, account.id)
        record(tx, Action.ACCOUNT_DISABLED, account=account.id, subject=account.id)
    elif role is not None:
        if identity.role_lost_at is not None:
            account.disabled_at = identity.role_lost_at = None
            record(tx, Action.ACCOUNT_ENABLED, account=account.id, subject=account.id)
        if account.staff != role:
            account.staff = role
            _take_right(tx, account)
            end_all_sessions(tx, account.id)
            record(tx, Action.ROLE_CHANGED, account=account.id, subject=account.id)
    tx.session.add(account)
    tx.session.add(identity)


def _take_right(tx: Transaction, account: Account) -> None:
    """Take the right to manage staff from an account that is no officer's any more."""
    if account.may_manage_staff:
        account.may_manage_staff = False
        record(tx, Action.STAFF_RIGHT_TAKEN, account=account.id, subject=account.id)


def find_or_link(
    tx: Transaction, provider: Provider, claims: Claims, address: str
) -> tuple[Account, ExternalIdentity]:
    """Return the account of a person who signed in by a provider, linking it the first time.

    Raises NOT_ALLOWED with the reason for the user.
    """
    if not apply_role(tx, provider, claims):
        raise refusal(no_role(provider))
    identity = find_identity(tx, provider, claims["sub"])
    if identity is None:
        account = _find_or_create_account(tx, provider, claims)
        identity = ExternalIdentity(
            account_id=account.id,
            provider=provider.name,
            subject=str(claims["sub"]),
            linked_at=tx.now,
        )
        tx.session.add(identity)
        tx.session.flush()
        record(tx, Action.IDENTITY_LINKED, account=account.id, subject=identity.id, address=address)
    account = tx.session.get_one(Account, identity.account_id)
    if account.disabled_at is not None:
        raise refusal("Your account is disabled. Contact us if you think it should not be.")
    return account, identity


def _find_or_create_account(tx: Transaction, provider: Provider, claims: Claims) -> Account:
    email = _require_email(provider, claims)
    account = find_account(tx, email)
    if account is None:
        return _create_account(tx, provider, claims, email)
    if provider.users != "staff" or account.staff is None:
        raise refusal(
            f"There is already an account with the address {email}. Sign in with its password."
        )
    is_linked = tx.session.exec(
        select(ExternalIdentity).where(ExternalIdentity.account_id == account.id)
    ).first()
    # An address may have been given to somebody else since.
    if is_linked or account.disabled_at is not None or not _is_verified(claims):
        raise refusal(
            f"The account with the address {email} can't be used by this sign-in. Contact us."
        )
    _link_account(tx, provider, account, claims)
    return account


def _require_email(provider: Provider, claims: Claims) -> str:
    """Return the email of the claims; raises NOT_ALLOWED."""
    try:
        if claims.get("email_verified") in (False, "false"):
            raise refusal(f"{provider.label} has not confirmed your email address.")
        return normalise_email(str(claims.get("email", "")))
    except PortalProblem:
        raise refusal(
            f"{provider.label} did not give the portal a confirmed email address of yours. Ask "
            "your IT support to set one."
        ) from None


def _is_verified(claims: Claims) -> bool:
    """Whether the provider vouches for the email; `xms_edov` is Entra ID's claim for it."""
    return claims.get("email_verified") in VERIFIED or claims.get("xms_edov") in VERIFIED


def _create_account(tx: Transaction, provider: Provider, claims: Claims, email: str) -> Account:
    account = Account(
        email=email,
        email_verified=_is_verified(claims),
        password_hash=NO_PASSWORD,
        first_name=_name(claims, "given_name") or _name(claims, "name") or email.partition("@")[0],
        last_name=_name(claims, "family_name"),
        phone="",
        second_step=SecondStep.PROVIDER,
        staff=provider.staff_role(claims) if provider.users == "staff" else None,
        notice_accepted_at=tx.now,
        created_at=tx.now,
    )
    tx.session.add(account)
    tx.session.flush()
    action = Action.STAFF_ADDED if account.staff else Action.ACTIVATED
    record(tx, action, account=account.id, subject=account.id)
    return account


def _name(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return sanitise(value).strip()[:MAX_LINE_LENGTH] if isinstance(value, str) else ""


def _link_account(tx: Transaction, provider: Provider, account: Account, claims: Claims) -> None:
    """Let an account sign in by a provider only, from now on, and tell its owner."""
    account.password_hash = NO_PASSWORD
    account.second_step = SecondStep.PROVIDER
    account.app_secret = account.app_pending = None
    role = provider.staff_role(claims)
    if account.staff != role:
        account.staff = role
        _take_right(tx, account)
        record(tx, Action.ROLE_CHANGED, account=account.id, subject=account.id)
    tx.session.add(account)
    delete_recovery_codes(tx, account.id)
    end_all_sessions(tx, account.id)
    notify_owner(
        tx,
        account,
        f"Your account signs in by {provider.label} from now on, and has no password any more",
    )


def unlink(tx: Transaction, account: Account, actor: Actor | None = None) -> None:
    """Let an account have a password again, and end its sessions."""
    identities = tx.session.exec(
        select(ExternalIdentity).where(ExternalIdentity.account_id == account.id)
    ).all()
    if not identities:
        return
    end_all_sessions(tx, account.id)
    for identity in identities:
        tx.session.delete(identity)
        record(
            tx,
            Action.IDENTITY_UNLINKED,
            account=actor.account_id if actor else None,
            subject=identity.id,
            to=account.id,
            address=actor.address if actor else "",
        )
    account.second_step = SecondStep.NONE
    tx.session.add(account)


def keep_disabled(tx: Transaction, account: Account) -> None:
    """Keep an account disabled even if its provider gives it a role again."""
    for identity in tx.session.exec(
        select(ExternalIdentity).where(
            ExternalIdentity.account_id == account.id,
            col(ExternalIdentity.role_lost_at).is_not(None),
        )
    ):
        identity.role_lost_at = None
        tx.session.add(identity)
