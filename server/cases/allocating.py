"""Allocating a child to professionals' lists, and listing a child's professionals."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.audit import Action
from server.core.database import Transaction
from server.people.lists import Listing, add_to_lists, set_hidden
from server.people.tables import AccessEnd, ListedPerson


def put_on_list(
    tx: Transaction, actor: Actor, person: UUID, account: UUID, through: UUID | None = None
) -> bool:
    """Allocate a child to a professional's list and return whether it changed.

    With `through`, the child stays on the list only while the professional has that form.
    """
    return bool(put_on_lists(tx, actor, person, {account: through}))


def put_on_lists(
    tx: Transaction, actor: Actor, person: UUID, through: Mapping[UUID, UUID | None]
) -> set[UUID]:
    """Allocate a child to several lists and return the accounts whose list changed.

    `through` maps each account to a form or None; see `put_on_list`.
    """
    listings = select(ListedPerson).where(
        ListedPerson.person_id == person, col(ListedPerson.account_id).in_(list(through))
    )
    on_list = {listed.account_id: listed for listed in tx.session.exec(listings)}
    new_listings = [
        Listing(account, tx.now, allocated=True, through=form)
        for account, form in through.items()
        if account not in on_list
    ]
    changed_rows = [
        listed
        for account, listed in on_list.items()
        if not listed.allocated or (listed.through and not through[account])
    ]
    added_rows = add_to_lists(tx, person, new_listings)
    for listed in changed_rows:
        listed.allocated = True
        listed.through = listed.through if through[listed.account_id] else None
        tx.session.add(listed)
        set_hidden(tx, listed.account_id, person, hidden=False)
    _restore_access(tx, actor, person, through)
    tx.session.flush()
    return {listed.account_id for listed in (*added_rows, *changed_rows)}


def _restore_access(tx: Transaction, actor: Actor, person: UUID, accounts: Iterable[UUID]) -> None:
    # Only officers can put a child back on the list of an account whose access they ended.
    ends = select(AccessEnd).where(
        AccessEnd.person_id == person,
        col(AccessEnd.account_id).in_(list(accounts)),
        col(AccessEnd.lifted_at).is_(None),
    )
    for end in tx.session.exec(ends).all():
        end.lifted_at = tx.now
        tx.session.add(end)
        actor.record(tx, Action.ACCESS_RESTORED, subject=end.id, person=person, to=end.account_id)


def professionals_of(tx: Transaction, person: UUID) -> list[tuple[Account, ListedPerson]]:
    """List the professionals with a child on their list who have not left, by name."""
    rows = tx.session.execute(
        select(Account, ListedPerson)
        .join(ListedPerson, col(ListedPerson.account_id) == col(Account.id))
        .where(ListedPerson.person_id == person, col(Account.disabled_at).is_(None))
        .order_by(col(Account.last_name), col(Account.first_name))
    )
    return [(account, listed) for account, listed in rows]
