"""The answers of a form, one row a field: written in one statement, whatever stood there."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from server.core.database import Transaction
from server.forms.tables import AnswerKept
from shared.forms.submissions import Answer


def _upsert(insert: Any) -> Any:  # noqa: ANN401 - the two dialects' types have no common name
    written = insert(AnswerKept)
    return written.on_conflict_do_update(
        index_elements=["submission_id", "field"],
        set_={"answer": written.excluded.answer, "account_id": written.excluded.account_id},
    )


_UPSERT = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}
_EMPTY = delete(AnswerKept).where(
    col(AnswerKept.submission_id) == bindparam("submission"),
    col(AnswerKept.field).in_(bindparam("fields", expanding=True)),
)


def write_answers(
    tx: Transaction,
    submission: UUID,
    changes: Mapping[str, Answer | None],
    by: UUID | None = None,
) -> None:
    """Write answers, and who wrote them; None, and an empty text, empties a field."""
    emptied = [field for field, answer in changes.items() if answer is None or answer in ("", [])]
    if emptied:
        tx.session.execute(_EMPTY, {"submission": submission, "fields": emptied})
    rows = [
        {"submission_id": submission, "field": field, "answer": answer, "account_id": by}
        for field, answer in changes.items()
        if field not in emptied
    ]
    if rows:
        tx.session.execute(_UPSERT[tx.session.get_bind().dialect.name], rows)
