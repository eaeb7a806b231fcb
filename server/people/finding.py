"""How children are found: by how the words of their details begin, by an index of words."""

import re
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, insert
from sqlmodel import col, select

from server.core.database import Transaction
from server.core.folding import fold
from server.people.tables import Person, PersonWord
from shared.values.days import write_day

LAST = "\U0010ffff"
INNER = re.compile(r"(?<=[\W_])[^\W_]")
"""Where a word begins again: `dunne` in `larkspur-dunne`, `2018` in `14/03/2018`."""


def words_of(text: str) -> set[str]:
    """List the words of a text, folded, each also from where it begins again within."""
    words = set(fold(text).split())
    return words | {word[at.start() :] for word in words for at in INNER.finditer(word)}


def words_of_person(person: Person) -> list[str]:
    """List the words by which a person is found, in the order of their code points."""
    texts = (
        person.first_name, person.last_name, person.preferred_name, write_day(person.born),
        person.address, person.postcode, person.postcode.replace(" ", ""), person.school,
    )  # fmt: skip
    return sorted(words_of("\n".join(texts)))


def keep_words(tx: Transaction, person: Person) -> None:
    """Keep the words by which a person is found, in place of those they were found by before."""
    tx.session.execute(delete(PersonWord).where(col(PersonWord.person_id) == person.id))
    words = [{"word": word, "person_id": person.id} for word in words_of_person(person)]
    tx.session.execute(insert(PersonWord), words)


def matches_words(find: str, person: SQLColumnExpression[UUID]) -> list[ColumnElement[bool]]:
    """Say that each word asked for is how a word of the person's details begins."""
    word = col(PersonWord.word)
    return [
        person.in_(select(PersonWord.person_id).where(word >= asked, word < asked + LAST))
        for asked in fold(find).split()
    ]
