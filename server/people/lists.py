"""Changes to professionals' lists: adding, hiding, removing and updating people.

Each listing has copies of the person's sort keys and words (`ListedPerson`, `ListedWord`), and
each list a count (`ListSize`). All changes are made here, so that they stay consistent.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, CursorResult, Uuid, bindparam, delete, insert, text, update
from sqlmodel import col, select

from server.core.database import Transaction
from server.people.search import index_words, person_words, word_starts
from server.people.tables import ListedPerson, ListedWord, Person, SortKeys

_ADD_TO_SIZE = text(
    "INSERT INTO list_size (account_id, hidden, people) VALUES (:account, :hidden, :by) "
    "ON CONFLICT (account_id, hidden) DO UPDATE SET people = list_size.people + excluded.people"
).bindparams(bindparam("account", type_=Uuid()), bindparam("hidden", type_=Boolean()))


class Listing(NamedTuple):
    """The entry of a person on an account's list; see `ListedPerson`."""

    account: UUID
    added_at: datetime
    allocated: bool = False
    through: UUID | None = None
    hidden_at: datetime | None = None


def add_to_lists(
    tx: Transaction, person_id: UUID, listings: Sequence[Listing]
) -> list[ListedPerson]:
    """Add a person to lists that they are not on."""
    if not listings:
        return []
    # The lock waits for an edit of the person that is in progress.
    lock = {"read": True, "key_share": True}
    person = tx.session.get_one(Person, person_id, with_for_update=lock, populate_existing=True)
    added = [
        ListedPerson(
            account_id=new.account,
            person_id=person_id,
            allocated=new.allocated,
            through=new.through,
            hidden_at=new.hidden_at,
            hidden=new.hidden_at is not None,
            added_at=new.added_at,
            starts=word_starts(person),
            **sort_keys(person),
        )
        for new in listings
    ]
    tx.session.add_all(added)
    tx.session.flush()
    _add_words(tx, person, [(listed.account_id, listed.hidden) for listed in added])
    _adjust_sizes(tx, [(listed.account_id, listed.hidden, 1) for listed in added])
    return added


def set_hidden(tx: Transaction, account: UUID, person: UUID, *, hidden: bool) -> bool:
    """Hide a person on a list, or show them again, and return whether the list changed."""
    result: CursorResult[Any] = tx.session.execute(  # type: ignore[assignment]  # an update returns a CursorResult
        update(ListedPerson)
        .where(
            col(ListedPerson.account_id) == account,
            col(ListedPerson.person_id) == person,
            col(ListedPerson.hidden) != hidden,
        )
        .values(hidden=hidden, hidden_at=tx.now if hidden else None)
    )
    if not result.rowcount:
        return False
    tx.session.execute(
        update(ListedWord)
        .where(col(ListedWord.account_id) == account, col(ListedWord.person_id) == person)
        .values(hidden=hidden)
    )
    _adjust_sizes(tx, [(account, hidden, 1), (account, not hidden, -1)])
    return True


def remove_from_lists(tx: Transaction, person: UUID, accounts: Iterable[UUID]) -> None:
    """Remove a person from lists, together with their indexed words."""
    removed = tx.session.execute(
        delete(ListedPerson)
        .where(
            col(ListedPerson.person_id) == person, col(ListedPerson.account_id).in_(list(accounts))
        )
        .returning(col(ListedPerson.account_id), col(ListedPerson.hidden))
    ).all()
    _adjust_sizes(tx, [(account, hidden, -1) for account, hidden in removed])


def update_listings(tx: Transaction, person: Person) -> None:
    """Update the words and sort keys of an edited person on every list."""
    index_words(tx, person)
    # The lock prevents a concurrent change of `hidden`.
    listings = tx.session.execute(
        select(ListedPerson.account_id, ListedPerson.hidden)
        .where(ListedPerson.person_id == person.id)
        .with_for_update()
    ).all()
    tx.session.execute(
        update(ListedPerson)
        .where(col(ListedPerson.person_id) == person.id)
        .values(starts=word_starts(person), **sort_keys(person))
    )
    tx.session.execute(delete(ListedWord).where(col(ListedWord.person_id) == person.id))
    _add_words(tx, person, [(account, hidden) for account, hidden in listings])


def word_rows(person: Person, lists: Iterable[tuple[UUID, bool]]) -> list[dict[str, Any]]:
    """Build the rows of `ListedWord` for a person on lists, given as (account, hidden)."""
    keys = sort_keys(person)
    words = list(_with_common_prefix(person_words(person)))
    return [
        {
            "account_id": account,
            "hidden": hidden,
            "person_id": person.id,
            "word": word,
            "common": common,
            **keys,
        }
        for account, hidden in lists
        for word, common in words
    ]


def sort_keys(person: Person) -> dict[str, Any]:
    """Return the sort keys of a person."""
    return {name: getattr(person, name) for name in SortKeys.model_fields}


def _add_words(tx: Transaction, person: Person, lists: Iterable[tuple[UUID, bool]]) -> None:
    if rows := word_rows(person, lists):
        tx.session.execute(insert(ListedWord), rows)


def _with_common_prefix(words: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Pair each word with the length of its common prefix with the previous word."""
    for previous, word in zip(["", *words], words, strict=False):
        pairs = zip(previous, word, strict=False)
        yield word, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _adjust_sizes(tx: Transaction, changes: Iterable[tuple[UUID, bool, int]]) -> None:
    # A fixed order prevents deadlocks between changes of several lists.
    rows = [{"account": account, "hidden": hidden, "by": by} for account, hidden, by in changes]
    if rows:
        tx.session.execute(
            _ADD_TO_SIZE, sorted(rows, key=lambda row: (row["account"], row["hidden"]))
        )
