"""Store the day that lists of cases show as next, to sort by it, and count open cases faster."""

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

NOTHING_DUE = date(9999, 12, 31)
MISSES = sa.text("misses_on IS NOT NULL")
BEFORE = {
    "ix_case_officer": ("officer_id", "settled", "due_on", "id", "closes_on"),
    "ix_case_person": ("person_id", "settled", "due_on", "id", "closes_on"),
    "ix_case_misses": ("due_on", "id", "misses_on"),
}
AFTER = {
    "ix_case_next": ("settled", "sort_due", "id", "closes_on", "place"),
    "ix_case_open": ("settled", "closes_on"),
    "ix_case_officer": ("officer_id", "settled", "sort_due", "id", "closes_on", "due_on"),
    "ix_case_person": ("person_id", "settled", "sort_due", "id", "closes_on"),
    "ix_case_misses": ("sort_due", "id", "misses_on"),
}

case = sa.table(
    "case",
    sa.column("dispute", sa.String()),
    *(sa.column(name, sa.Date()) for name in ("due_on", "next_due", "family_due", "sort_due")),
)


def upgrade() -> None:
    never = sa.Column("sort_due", sa.Date(), nullable=False, server_default=str(NOTHING_DUE))
    op.add_column("case", never)
    family_due = sa.case((case.c.dispute.is_(None), case.c.family_due))
    due_on = sa.func.nullif(case.c.due_on, NOTHING_DUE)
    shown = sa.func.coalesce(due_on, case.c.next_due, family_due, NOTHING_DUE)
    op.execute(case.update().values(sort_due=shown))
    _drop(BEFORE)
    _create(AFTER)


def downgrade() -> None:
    _drop(AFTER)
    _create(BEFORE)
    op.drop_column("case", "sort_due")


def _drop(indexes: Iterable[str]) -> None:
    for name in indexes:
        op.drop_index(name, "case")


def _create(indexes: dict[str, tuple[str, ...]]) -> None:
    for name, columns in indexes.items():
        where = MISSES if name == "ix_case_misses" else None
        op.create_index(name, "case", columns, sqlite_where=where, postgresql_where=where)
