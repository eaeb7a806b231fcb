"""The search for a child on the server's command line."""

from collections.abc import Sequence

from sqlmodel import and_, col, or_, select

from server.core.audit import Action, record
from server.core.database import Transaction
from server.people.search import matches_words
from server.people.tables import Person
from shared.values.identifiers import normalise_nhs_number, normalise_upn

MAX_RESULTS = 20


def find_children(tx: Transaction, text: str) -> Sequence[Person]:
    """Return up to 20 children by words of their details, UPN or NHS number, and audit it."""
    if not text.strip():
        return []
    matches = or_(
        and_(*matches_words(text, col(Person.id))),
        col(Person.upn) == normalise_upn(text),
        col(Person.nhs_number) == normalise_nhs_number(text),
    )
    people = tx.session.exec(
        select(Person)
        .where(matches, col(Person.merged_into).is_(None))
        .order_by(col(Person.sort_name), col(Person.id))
        .limit(MAX_RESULTS)
    ).all()
    for person in people:
        record(tx, Action.PERSON_READ, subject=person.id, person=person.id)
    return people
