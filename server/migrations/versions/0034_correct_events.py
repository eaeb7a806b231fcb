"""Record corrections of events, dates that events set, and exemptions taken back.

Versions before don't know the events that are recorded from here on, so they are not started on it.
"""

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
    op.execute(sa.text("UPDATE oldest_revision SET revision = '0034'"))
    events = "SELECT count(*) FROM case_event AS other WHERE other.case_id"
    op.execute(
        sa.text(
            f"UPDATE case_event SET version = ({events} = case_event.case_id "  # noqa: S608 - fixed
            "AND other.id <= case_event.id)"
        )
    )
    op.execute(sa.text(f'UPDATE "case" SET version = ({events} = "case".id)'))  # noqa: S608 - fixed


def downgrade() -> None:
    op.execute(sa.text("UPDATE oldest_revision SET revision = '0029'"))
    op.drop_table("event_correction")
    # The version before has no undoing: it would count these events.
    op.execute(sa.text("DELETE FROM case_event WHERE removed_at IS NOT NULL"))
    # And it would take an excuse that was taken back for a valid one.
    op.execute(sa.text("DELETE FROM exemption WHERE removed_at IS NOT NULL"))
    for column in reversed(EXEMPTION_COLUMNS):
        op.drop_column("exemption", column.name)
    for column in reversed(EVENT_COLUMNS):
        op.drop_column("case_event", column.name)
    op.drop_column("case", "version")
