"""Add the versions of what officers edit together, and what deadlines were computed with."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0038"
down_revision = "0034"
branch_labels = None
depends_on = None

VERSIONED = ("consultation", "family_request", "placement", "task", "panel", "panel_case")


def upgrade() -> None:
    for table in VERSIONED:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    for table in (*VERSIONED, "note"):
        op.add_column(table, sa.Column("edited_by", sa.Uuid(), nullable=True))
        op.add_column(table, sa.Column("edited_at", UTCDateTime(), nullable=True))
    computed_with = sa.Column("computed_with", sa.String(), nullable=False, server_default="")
    op.add_column("case", computed_with)
    op.create_index("ix_case_computed_with", "case", ["computed_with"])


def downgrade() -> None:
    op.drop_index("ix_case_computed_with", "case")
    op.drop_column("case", "computed_with")
    for table in (*VERSIONED, "note"):
        for name in ("edited_at", "edited_by"):
            op.drop_column(table, name)
    for table in VERSIONED:
        op.drop_column(table, "version")
