"""Add versions of what officers edit together, and corrections of a child's details.

A case gets what its deadlines were computed with.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

VERSIONED = ("consultation", "family_request", "placement", "task", "panel", "panel_case")


def upgrade() -> None:
    for table in VERSIONED:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    for table in (*VERSIONED, "note"):
        op.add_column(table, sa.Column("edited_by", sa.Uuid(), nullable=True))
        op.add_column(table, sa.Column("edited_at", UTCDateTime(), nullable=True))
    op.create_table(
        "person_correction",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "person_id",
            sa.Uuid(),
            sa.ForeignKey("person.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_person_correction_person_id", "person_correction", ["person_id"])
    computed_with = sa.Column("computed_with", sa.String(), nullable=False, server_default="")
    op.add_column("case", computed_with)
    op.create_index("ix_case_computed_with", "case", ["computed_with"])


def downgrade() -> None:
    op.drop_table("person_correction")
    op.drop_index("ix_case_computed_with", "case")
    op.drop_column("case", "computed_with")
    for table in (*VERSIONED, "note"):
        for name in ("edited_at", "edited_by"):
            op.drop_column(table, name)
    for table in VERSIONED:
        op.drop_column(table, "version")
