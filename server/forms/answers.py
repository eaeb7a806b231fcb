"""Storage of a form's answers: one row per field, upserted in one statement."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

from server.core.database import Transaction, table_of
from server.forms.tables import StoredAnswer
from shared.forms.submissions import Answer

_ANSWER = table_of(StoredAnswer)


def _upsert(insert: Any) -> Any:  # noqa: ANN401 - the dialects' types have no common base
    statement = insert(_ANSWER)
    return statement.on_conflict_do_update(
        index_elements=["submission_id", "field"],
        set_={"answer": statement.excluded.answer, "account_id": statement.excluded.account_id},
    )


_UPSERT = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}
_DELETE = delete(_ANSWER).where(
    _ANSWER.c.submission_id == bindparam("submission"),
    _ANSWER.c.field.in_(bindparam("fields", expanding=True)),
)


def write_answers(
    tx: Transaction,
    submission: UUID,
    changes: Mapping[str, Answer | None],
    by: UUID | None = None,
) -> None:
    """Write answers and their author; None or an empty value deletes an answer."""
    cleared = [field for field, answer in changes.items() if answer is None or answer in ("", [])]
    if cleared:
        tx.connection.execute(_DELETE, {"submission": submission, "fields": cleared})
    rows = [
        {"submission_id": submission, "field": field, "answer": answer, "account_id": by}
        for field, answer in changes.items()
        if field not in cleared
    ]
    if rows:
        tx.connection.execute(_UPSERT[tx.connection.dialect.name], rows)
