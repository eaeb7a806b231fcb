"""Checks of lists against a plain Python model."""

from collections import Counter
from uuid import UUID

from sqlmodel import select

from server.core.database import Transaction
from server.core.folding import fold
from server.people.finding import words_of_person
from server.people.tables import ListedPerson, ListedWord, ListSize, Person
from shared.people import SortBy, View

SHOWN = {View.ACTIVE: {False}, View.HIDDEN: {True}, View.ALL: {False, True}}


def expected(
    people: list[tuple[Person, bool]], view: View, find: str, sort: SortBy, *, descending: bool
) -> list[UUID]:
    """Return the ids that a list shows, in order, of people and whether each is hidden."""
    keys = {
        SortBy.NAME: lambda one: one.sort_name,
        SortBy.BORN: lambda one: one.born,
        SortBy.ADDRESS: lambda one: one.sort_address,
        SortBy.SCHOOL: lambda one: one.sort_school,
    }
    matching = [
        person
        for person, hidden in people
        if hidden in SHOWN[view]
        and all(
            any(word.startswith(prefix) for word in words_of_person(person))
            for prefix in fold(find).split()
        )
    ]
    matching.sort(key=lambda one: (keys[sort](one), one.id), reverse=descending)
    return [one.id for one in matching]


def assert_lists_agree(tx: Transaction) -> None:
    """Assert that sort keys, words and sizes match the people on each list."""
    entries = tx.session.exec(select(ListedPerson)).all()
    people = {person.id: person for person in tx.session.exec(select(Person))}
    sizes: Counter[tuple[UUID, bool]] = Counter()
    words = set()
    for one in entries:
        person = people[one.person_id]
        keys = (person.sort_name, person.born, person.sort_address, person.sort_school)
        assert (one.sort_name, one.born, one.sort_address, one.sort_school) == keys
        assert one.hidden is (one.hidden_at is not None)
        sizes[one.account_id, one.hidden] += 1
        for word in words_of_person(person):
            words.add((one.account_id, one.hidden, word, person.id, *keys))
    stored_sizes = tx.session.exec(select(ListSize)).all()
    assert {(one.account_id, one.hidden): one.people for one in stored_sizes if one.people} == sizes
    assert words == {
        (
            one.account_id,
            one.hidden,
            one.word,
            one.person_id,
            one.sort_name,
            one.born,
            one.sort_address,
            one.sort_school,
        )
        for one in tx.session.exec(select(ListedWord))
    }
