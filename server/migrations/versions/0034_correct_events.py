"""Record corrections of events, dates that events set, and exemptions taken back."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

EVENT_COLUMNS = (
    sa.Column("day", sa.Date(), nullable=True),
    sa.Column("version", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("removed_at", UTCDateTime(), nullable=True),
    sa.Column("removed_by", sa.Uuid(), nullable=True),
)
EXEMPTION_COLUMNS = (
    sa.Column("closed_from", sa.Date(), nullable=True),
    sa.Column("closed_to", sa.Date(), nullable=True),
    sa.Column("removed_at", UTCDateTime(), nullable=True),
    sa.Column("removed_by", sa.Uuid(), nullable=True),
    sa.Column("removed_reason", sa.String(), nullable=False, server_default=""),
)


def upgrade() -> None:
    op.add_column("case", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    for column in EVENT_COLUMNS:
        op.add_column("case_event", column.copy())
    for column in EXEMPTION_COLUMNS:
        op.add_column("exemption", column.copy())
    op.create_table(
        "event_correction",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("case_event.id"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_event_correction_event_id", "event_correction", ["event_id"])


def downgrade() -> None:
    op.drop_table("event_correction")
    for column in reversed(EXEMPTION_COLUMNS):
        op.drop_column("exemption", column.name)
    for column in reversed(EVENT_COLUMNS):
        op.drop_column("case_event", column.name)
    op.drop_column("case", "version")
