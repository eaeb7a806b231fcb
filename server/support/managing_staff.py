"""Officers who manage the authority's staff accounts, with a right on their own account."""

from functools import partial
from uuid import UUID

from fastapi import Request
from sqlmodel import col, select

from server.accounts.actor import Actor, require_officer
from server.accounts.tables import Account
from server.core.database import Services, Transaction
from server.core.problems import PortalProblem, invalid, not_found
from server.support.staff import (
    StaffAccountError,
    add_staff,
    disable_staff,
    find_staff,
    set_right,
    unknown_password_hash,
)
from shared.accounts import AboutYou, Staff
from shared.problems import ProblemCode
from shared.support import StaffIn, StaffRow
from shared.values.checks import check_about

NO_MAIL = (
    "This portal sends no email. Ask its operators for the account: `portal-server staff add` "
    "prints the link that sets the password."
)


def list_staff(tx: Transaction, actor: Actor) -> list[StaffRow]:
    """List the staff accounts, those in use first; raises FORBIDDEN without the right."""
    _require_right(actor, _managers(tx))
    rows = tx.session.exec(
        select(Account)
        .where(col(Account.staff).is_not(None))
        .order_by(
            col(Account.disabled_at).is_not(None), col(Account.last_name), col(Account.first_name)
        )
    )
    return [_staff_row(account, actor) for account in rows]


def _staff_row(account: Account, actor: Actor) -> StaffRow:
    return StaffRow(
        id=account.id,
        email=account.email,
        name=account.name,
        staff=Staff(str(account.staff)),
        may_manage=account.may_manage_staff,
        disabled=account.disabled_at is not None,
        you=account.id == actor.account_id,
    )


def _managers(tx: Transaction, *, lock: bool = False) -> set[UUID]:
    """Return the accounts with the right to manage staff, locked until the end on request."""
    query = (
        select(Account.id)
        .where(col(Account.may_manage_staff), col(Account.disabled_at).is_(None))
        .order_by(col(Account.id))
    )
    return set(tx.session.exec(query.with_for_update() if lock else query))


def _require_right(actor: Actor, managers: set[UUID]) -> None:
    if actor.account_id not in managers:
        raise PortalProblem(
            ProblemCode.FORBIDDEN, "Only officers with the right to manage staff can do this."
        )


def _lock_managers(tx: Transaction, actor: Actor) -> set[UUID]:
    """Lock the managers, so that two of them cannot remove each other at once."""
    managers = _managers(tx, lock=True)
    _require_right(actor, managers)
    return managers


def require_manager(request: Request, tx: Transaction) -> None:
    """Raise FORBIDDEN unless the request is by an officer who may manage staff accounts."""
    _require_right(require_officer(request, tx), _managers(tx))


async def add(services: Services, request: Request, new: StaffIn, address: str) -> StaffRow:
    """Create a staff account, whose owner gets a link by email; its password is hashed outside.

    Raises FORBIDDEN, INVALID, NOT_ALLOWED for an account of another kind or if the portal sends no
    email, and BUSY.
    """

    def write(tx: Transaction) -> StaffRow:
        actor = require_officer(request, tx)
        _lock_managers(tx, actor)
        fields = (new.email, new.staff, new.first_name, new.last_name, new.phone)
        try:
            add_staff(tx, *fields, password_hash=password_hash, actor=actor)
            return _staff_row(find_staff(tx, new.email), actor)
        except StaffAccountError as error:
            raise _not_allowed(error) from None

    await services.read(partial(require_manager, request))
    if not services.settings.sends_mail:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, NO_MAIL)
    about = AboutYou(first_name=new.first_name, last_name=new.last_name, phone=new.phone)
    if errors := check_about(about).errors:
        raise invalid(errors)
    async with services.hashing.turn(address):
        password_hash = await services.hashing.run(unknown_password_hash)
        return await services.write(write)


def disable(tx: Transaction, actor: Actor, account_id: UUID) -> None:
    """Disable another staff account; raises FORBIDDEN, NOT_FOUND, NOT_ALLOWED for one's own.

    So whoever disables keeps the right, and somebody always has it.
    """
    _lock_managers(tx, actor)
    account = _find_staff_account(tx, account_id)
    if account.id == actor.account_id:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "You can't disable your own account.")
    disable_staff(tx, account, actor)


def change_right(tx: Transaction, actor: Actor, account_id: UUID, *, granted: bool) -> None:
    """Give an officer the right to manage staff, or take it away unless nobody else has it.

    Raises FORBIDDEN, NOT_FOUND, NOT_ALLOWED.
    """
    managers = _lock_managers(tx, actor)
    account = _find_staff_account(tx, account_id)
    if not granted and managers == {account.id}:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED, "Nobody else has this right. Give it to someone else first."
        )
    try:
        set_right(tx, account, granted=granted, actor=actor)
    except StaffAccountError as error:
        raise _not_allowed(error) from None


def _find_staff_account(tx: Transaction, account_id: UUID) -> Account:
    account = tx.session.get(Account, account_id, with_for_update=True, populate_existing=True)
    if account is None or account.staff is None:
        raise not_found()
    return account


def _not_allowed(error: StaffAccountError) -> PortalProblem:
    return PortalProblem(ProblemCode.NOT_ALLOWED, str(error))
