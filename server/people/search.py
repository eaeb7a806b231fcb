"""Search for children by word prefixes, with an index of the words in their details."""

import re
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, insert
from sqlmodel import col, select

from server.core.database import Transaction
from server.core.folding import fold
from server.people.tables import Person, PersonWord
from shared.values.days import format_day

LAST_CODE_POINT = "\U0010ffff"
START_LENGTH = 2
"""Number of characters of a word's start, as stored with the entries of lists."""
MAX_STARTS = 300
"""Maximum length of the stored starts of words; an entry of an index may not be much longer."""
INNER_WORD_START = re.compile(r"(?<=[\W_])[^\W_]")
"""Start of a word within a word: `dunne` in `larkspur-dunne`, `2018` in `14/03/2018`."""


def split_words(text: str) -> set[str]:
    """Split text into folded words, including words within words."""
    words = set(fold(text).split())
    return words | {
        word[match.start() :] for word in words for match in INNER_WORD_START.finditer(word)
    }


def person_words(person: Person) -> list[str]:
    """List the searchable words of a person, sorted by code point."""
    texts = (
        person.first_name,
        person.last_name,
        person.preferred_name,
        format_day(person.born),
        person.address,
        person.postcode,
        person.postcode.replace(" ", ""),
        person.school,
    )
    return sorted(split_words("\n".join(texts)))


def word_starts(person: Person) -> str | None:
    """Return the first two characters of each word, a space before each; None if too long."""
    starts = sorted({word[:START_LENGTH] for word in person_words(person)})
    text = "".join(f" {start}" for start in starts)
    return text if len(text) <= MAX_STARTS else None


def index_words(tx: Transaction, person: Person) -> None:
    """Replace the indexed words of a person."""
    person.indexed_version = person.version
    tx.session.execute(delete(PersonWord).where(col(PersonWord.person_id) == person.id))
    words = [{"word": word, "person_id": person.id} for word in person_words(person)]
    tx.session.execute(insert(PersonWord), words)


def matches_words(text: str, person: SQLColumnExpression[UUID]) -> list[ColumnElement[bool]]:
    """Build conditions that each search word is a prefix of one of the person's words."""
    word = col(PersonWord.word)
    return [
        person.in_(
            select(PersonWord.person_id).where(word >= prefix, word < prefix + LAST_CODE_POINT)
        )
        for prefix in fold(text).split()
    ]
