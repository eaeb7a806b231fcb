"""Add the caseload in figures, and when the final plan of a case is expected late."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

MISSES = sa.text("misses_on IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "figures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("computed_at", UTCDateTime(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("case", sa.Column("misses_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_case_misses",
        "case",
        ["due_on", "id", "misses_on"],
        sqlite_where=MISSES,
        postgresql_where=MISSES,
    )


def downgrade() -> None:
    op.drop_index("ix_case_misses", "case")
    op.drop_column("case", "misses_on")
    op.drop_table("figures")
