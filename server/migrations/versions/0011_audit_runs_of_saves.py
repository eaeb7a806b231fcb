"""Audit a run of saves as one entry, and index saves by time for their deletion."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "audit_event", sa.Column("times", sa.Integer(), nullable=False, server_default="1")
    )
    op.add_column("audit_event", sa.Column("last_at", UTCDateTime(), nullable=True))
    op.execute("UPDATE audit_event SET last_at = at WHERE action = 'form_saved'")
    op.create_index("ix_save_saved_at", "save", ["saved_at"])


def downgrade() -> None:
    op.drop_index("ix_save_saved_at", "save")
    op.drop_column("audit_event", "last_at")
    op.drop_column("audit_event", "times")
