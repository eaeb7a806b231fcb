"""Who is on which professional's list: put there, hidden, taken off, and kept in step.

Beside each listing stand the sort keys and the words by which the list is read (`ListedPerson`,
`ListedWord`), and per list a count (`ListSize`). Whatever changes a listing is done here, so that
they agree.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, CursorResult, Uuid, bindparam, delete, insert, text, update
from sqlmodel import col, select

from server.core.database import Transaction
from server.people.finding import keep_words, words_of_person
from server.people.tables import ListedPerson, ListedWord, Person, SortKeys

_ADD_TO_SIZE = text(
    "INSERT INTO list_size (account_id, hidden, people) VALUES (:account, :hidden, :by) "
    "ON CONFLICT (account_id, hidden) DO UPDATE SET people = list_size.people + excluded.people"
).bindparams(bindparam("account", type_=Uuid()), bindparam("hidden", type_=Boolean()))


class Listing(NamedTuple):
    """How a person stands on an account's list, as `ListedPerson` tells it."""

    account: UUID
    added_at: datetime
    allocated: bool = False
    through: UUID | None = None
    hidden_at: datetime | None = None


def put_on_lists(
    tx: Transaction, person_id: UUID, listings: Sequence[Listing]
) -> list[ListedPerson]:
    """Put a person on lists that they are not on yet."""
    if not listings:
        return []
    # An edit of the person, which holds them, is waited for.
    lock = {"read": True, "key_share": True}
    person = tx.session.get_one(Person, person_id, with_for_update=lock, populate_existing=True)
    added = [
        ListedPerson(
            account_id=one.account, person_id=person_id, allocated=one.allocated,
            through=one.through, hidden_at=one.hidden_at, hidden=one.hidden_at is not None,
            added_at=one.added_at, **sort_keys(person),
        )
        for one in listings
    ]  # fmt: skip
    tx.session.add_all(added)
    tx.session.flush()
    _add_words(tx, person, [(one.account_id, one.hidden) for one in added])
    _add_to_sizes(tx, [(one.account_id, one.hidden, 1) for one in added])
    return added


def set_hidden(tx: Transaction, account: UUID, person: UUID, *, hidden: bool) -> bool:
    """Hide a person of a list, or show them again; returns whether that changed anything."""
    changed: CursorResult[Any] = tx.session.execute(  # type: ignore[assignment]  # of an update
        update(ListedPerson)
        .where(
            col(ListedPerson.account_id) == account,
            col(ListedPerson.person_id) == person,
            col(ListedPerson.hidden) != hidden,
        )
        .values(hidden=hidden, hidden_at=tx.now if hidden else None)
    )
    if not changed.rowcount:
        return False
    tx.session.execute(
        update(ListedWord)
        .where(col(ListedWord.account_id) == account, col(ListedWord.person_id) == person)
        .values(hidden=hidden)
    )
    _add_to_sizes(tx, [(account, hidden, 1), (account, not hidden, -1)])
    return True


def take_off_lists(tx: Transaction, person: UUID, accounts: Iterable[UUID]) -> None:
    """Take a person off lists; their words there go with them."""
    gone = tx.session.execute(
        delete(ListedPerson)
        .where(
            col(ListedPerson.person_id) == person, col(ListedPerson.account_id).in_(list(accounts))
        )
        .returning(col(ListedPerson.account_id), col(ListedPerson.hidden))
    ).all()
    _add_to_sizes(tx, [(account, hidden, -1) for account, hidden in gone])


def keep_person(tx: Transaction, person: Person) -> None:
    """Write what people are found and sorted by, after a person was edited, on every list."""
    keep_words(tx, person)
    # Held, so that nobody hides them on a list meanwhile.
    listings = tx.session.execute(
        select(ListedPerson.account_id, ListedPerson.hidden)
        .where(ListedPerson.person_id == person.id)
        .with_for_update()
    ).all()
    tx.session.execute(
        update(ListedPerson)
        .where(col(ListedPerson.person_id) == person.id)
        .values(**sort_keys(person))
    )
    tx.session.execute(delete(ListedWord).where(col(ListedWord.person_id) == person.id))
    _add_words(tx, person, [(account, hidden) for account, hidden in listings])


def word_rows(person: Person, lists: Iterable[tuple[UUID, bool]]) -> list[dict[str, Any]]:
    """Make the rows of `ListedWord` for a person on lists, each with whether they are hidden."""
    keys = sort_keys(person)
    words = list(_with_common(words_of_person(person)))
    return [
        {
            "account_id": account, "hidden": hidden, "person_id": person.id,
            "word": word, "common": common, **keys,
        }
        for account, hidden in lists
        for word, common in words
    ]  # fmt: skip


def sort_keys(person: Person) -> dict[str, Any]:
    """Copy what a list that a person is on is sorted by."""
    return {name: getattr(person, name) for name in SortKeys.model_fields}


def _add_words(tx: Transaction, person: Person, lists: Iterable[tuple[UUID, bool]]) -> None:
    if rows := word_rows(person, lists):
        tx.session.execute(insert(ListedWord), rows)


def _with_common(words: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Pair each word with the number of letters that it begins with as the one before does."""
    for before, word in zip(["", *words], words, strict=False):
        pairs = zip(before, word, strict=False)
        yield word, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _add_to_sizes(tx: Transaction, changes: Iterable[tuple[UUID, bool, int]]) -> None:
    # In one order, so that two who change several lists do not wait for one another.
    rows = [{"account": account, "hidden": hidden, "by": by} for account, hidden, by in changes]
    if rows:
        tx.session.execute(
            _ADD_TO_SIZE, sorted(rows, key=lambda row: (row["account"], row["hidden"]))
        )
