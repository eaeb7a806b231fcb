"""The answers of a form, one row a field: written in one statement, whatever stood there."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

from server.core.database import Transaction, table_of
from server.forms.tables import StoredAnswer
from shared.forms.submissions import Answer

_ANSWER = table_of(StoredAnswer)


def _upsert(insert: Any) -> Any:  # noqa: ANN401 - the two dialects' types have no common name
    written = insert(_ANSWER)
    return written.on_conflict_do_update(
        index_elements=["submission_id", "field"],
        set_={"answer": written.excluded.answer, "account_id": written.excluded.account_id},
    )


_UPSERT = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}
_EMPTY = delete(_ANSWER).where(
    _ANSWER.c.submission_id == bindparam("submission"),
    _ANSWER.c.field.in_(bindparam("fields", expanding=True)),
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
        tx.connection.execute(_EMPTY, {"submission": submission, "fields": emptied})
    rows = [
        {"submission_id": submission, "field": field, "answer": answer, "account_id": by}
        for field, answer in changes.items()
        if field not in emptied
    ]
    if rows:
        tx.connection.execute(_UPSERT[tx.connection.dialect.name], rows)
