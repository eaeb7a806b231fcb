"""Add indexes of the UPN and NHS number, by which a child that is added may be a known one.

The index of merged children holds only these: SQLite looked for all others by it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

COLUMNS = ("upn", "nhs_number")
MERGED, MERGED_INTO = "ix_person_merged_into", ["merged_into"]


def upgrade() -> None:
    for column in COLUMNS:
        op.create_index(f"ix_person_{column}", "person", [column])
    op.drop_index(MERGED, "person")
    where = sa.text("merged_into IS NOT NULL")
    op.create_index(MERGED, "person", MERGED_INTO, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index(MERGED, "person")
    op.create_index(MERGED, "person", MERGED_INTO)
    for column in COLUMNS:
        op.drop_index(f"ix_person_{column}", "person")
