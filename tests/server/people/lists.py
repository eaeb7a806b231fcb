"""Comparison of lists with a plain Python model."""

from collections import Counter
from uuid import UUID

from sqlmodel import select

from server.core.database import Transaction
from server.core.folding import fold
from server.people.search import person_words, word_starts
from server.people.tables import ListedPerson, ListedWord, ListSize, Person
from shared.people import SortBy, View

HIDDEN_BY_VIEW = {View.ACTIVE: {False}, View.HIDDEN: {True}, View.ALL: {False, True}}


def compute_expected_ids(
    people: list[tuple[Person, bool]], view: View, find: str, sort: SortBy, *, descending: bool
) -> list[UUID]:
    """Return the ids that a list should show, in order; `people` pairs each with `hidden`."""
    keys = {
        SortBy.NAME: lambda person: person.sort_name,
        SortBy.BORN: lambda person: person.born,
        SortBy.ADDRESS: lambda person: person.sort_address,
        SortBy.SCHOOL: lambda person: person.sort_school,
    }
    matching = [
        person
        for person, hidden in people
        if hidden in HIDDEN_BY_VIEW[view]
        and all(
            any(word.startswith(prefix) for word in person_words(person))
            for prefix in fold(find).split()
        )
    ]
    matching.sort(key=lambda person: (keys[sort](person), person.id), reverse=descending)
    return [person.id for person in matching]


def assert_lists_agree(tx: Transaction) -> None:
    """Assert that sort keys, words and sizes match the people on each list."""
    entries = tx.session.exec(select(ListedPerson)).all()
    people = {person.id: person for person in tx.session.exec(select(Person))}
    sizes: Counter[tuple[UUID, bool]] = Counter()
    words = set()
    for entry in entries:
        person = people[entry.person_id]
        keys = (person.sort_name, person.born, person.sort_address, person.sort_school)
        assert (entry.sort_name, entry.born, entry.sort_address, entry.sort_school) == keys
        assert entry.starts == word_starts(person)
        assert entry.hidden is (entry.hidden_at is not None)
        sizes[entry.account_id, entry.hidden] += 1
        for word in person_words(person):
            words.add((entry.account_id, entry.hidden, word, person.id, *keys))
    stored_sizes = tx.session.exec(select(ListSize)).all()
    assert {
        (size.account_id, size.hidden): size.people for size in stored_sizes if size.people
    } == sizes
    assert words == {
        (
            listed_word.account_id,
            listed_word.hidden,
            listed_word.word,
            listed_word.person_id,
            listed_word.sort_name,
            listed_word.born,
            listed_word.sort_address,
            listed_word.sort_school,
        )
        for listed_word in tx.session.exec(select(ListedWord))
    }
