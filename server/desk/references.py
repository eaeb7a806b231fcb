"""Cases by the reference that a letter, an email or a form of theirs carries."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import SQLModel, col, select, union

from server.core.database import Transaction
from server.forms.submitting import REFERENCE_LENGTH
from server.forms.tables import Submission

ASKED_TABLES = ("advice_request", "consultation")
"""Tables of what somebody is asked; letters about a row carry the start of its id.

They are named, because consultations are of a package that imports this one.
"""


def find_by_reference(tx: Transaction, text: str) -> Sequence[UUID]:
    """Return the ids of the cases that a reference belongs to; other text finds none."""
    reference = text.strip().upper()
    if len(reference) != REFERENCE_LENGTH or not reference.isalnum():
        return []
    queries = [
        select(Submission.case_id).where(
            col(Submission.reference) == reference, col(Submission.case_id).is_not(None)
        )
    ]
    if set(reference) <= set("0123456789ABCDEF"):
        rest = 32 - REFERENCE_LENGTH
        first, last = UUID(reference + "0" * rest), UUID(reference + "F" * rest)
        tables = (SQLModel.metadata.tables[name].c for name in ASKED_TABLES)
        queries += [select(table.case_id).where(table.id.between(first, last)) for table in tables]
    return tx.session.scalars(union(*queries)).all()
