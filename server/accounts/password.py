"""Changing a password with the current one or a reset link; hashing is outside transactions."""

from collections.abc import Callable

from server.accounts.account import list_work_details, notify_owner, require_no_provider
from server.accounts.actor import Actor
from server.accounts.devices import forget_devices
from server.accounts.links import find_link, invalid_link, use_link
from server.accounts.sessions import end_all_sessions, end_other_sessions
from server.accounts.ssh_keys import remove_all_keys
from server.accounts.tables import Account
from server.core import throttle
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.passwords import hash_password, password_error, verify_password
from server.core.problems import PortalProblem, field_error, invalid
from server.core.throttle import Operation
from shared.accounts import PasswordChange
from shared.problems import ProblemCode

FindActor = Callable[[Transaction], Actor]


async def change_password(
    services: Services, find_actor: FindActor, change: PasswordChange, address: str
) -> None:
    """Change the password and end the other sessions.

    Raises WRONG_CREDENTIALS (counted as a failed attempt), TOO_MANY_TRIES, INVALID, BUSY.
    """

    def check(tx: Transaction) -> str:
        actor = find_actor(tx)
        throttle.check(tx, Operation.SIGN_IN, str(actor.account_id))
        account = tx.session.get_one(Account, actor.account_id)
        require_no_provider(account)
        if error := _weakness(tx, account, change.new):
            raise invalid([field_error("/new", error, "weak")])
        return account.password_hash

    await services.read(check)  # refuse early, without waiting for a turn
    async with services.hashing.turn(address):
        current_hash = await services.read(check)
        is_correct, _ = await services.hashing.run(verify_password, change.current, current_hash)
        if not is_correct:
            await services.write(lambda tx: _record_failure(tx, find_actor(tx)))
            raise PortalProblem(ProblemCode.WRONG_CREDENTIALS, "The current password is incorrect.")
        password_hash = await services.hashing.run(hash_password, change.new)
        await services.write(
            lambda tx: _set_password(tx, find_actor(tx), current_hash, password_hash)
        )


def _weakness(tx: Transaction, account: Account, password: str) -> str | None:
    """Return why a new password is rejected, or None."""
    organisations = [work.organisation for work in list_work_details(tx, account.id)]
    own = (account.first_name, account.last_name, *organisations)
    return password_error(password, account.email, tx.services.settings, *own)


def _record_failure(tx: Transaction, actor: Actor) -> None:
    throttle.record_failure(tx, Operation.SIGN_IN, str(actor.account_id))


def _set_password(tx: Transaction, actor: Actor, current_hash: str, password_hash: str) -> None:
    account = tx.session.get_one(Account, actor.account_id, with_for_update=True)
    if account.password_hash != current_hash:
        raise PortalProblem(ProblemCode.CONFLICT, "The password was changed at the same time.")
    throttle.reset(tx, Operation.SIGN_IN, str(actor.account_id))
    account.password_hash = password_hash
    tx.session.add(account)
    actor.record(tx, Action.PASSWORD_CHANGED, subject=account.id)
    notify_owner(tx, account, "Your password was changed")
    end_other_sessions(tx, actor)
    forget_devices(tx, account.id)
    remove_all_keys(tx, account.id)


async def reset_password(
    services: Services, token_or_link: str, password: str, address: str
) -> None:
    """Set a new password with a reset link, and end every session.

    A refused password leaves the link valid. The second step is still required. Raises
    INVALID_LINK, INVALID or BUSY, and NOT_ALLOWED for an account that signs in by a provider.
    """

    def check(tx: Transaction) -> None:
        link = find_link(tx, token_or_link, reset=True)
        if link is None:
            raise invalid_link(reset=True)
        account = tx.session.get_one(Account, link.account_id)
        require_no_provider(account)
        if error := _weakness(tx, account, password):
            raise invalid([field_error("/password", error, "weak")])

    await services.read(check)
    async with services.hashing.turn(address):
        password_hash = await services.hashing.run(hash_password, password)
        await services.write(lambda tx: _store_password(tx, token_or_link, password_hash, address))


def _store_password(tx: Transaction, token_or_link: str, password_hash: str, address: str) -> None:
    link = use_link(tx, token_or_link, reset=True)
    account = tx.session.get_one(Account, link.account_id)
    require_no_provider(account)
    account.password_hash = password_hash
    tx.session.add(account)
    end_all_sessions(tx, account.id)
    forget_devices(tx, account.id)
    remove_all_keys(tx, account.id)
    record(tx, Action.PASSWORD_RESET, account=account.id, subject=account.id, address=address)
    notify_owner(tx, account, "Your password was reset")
