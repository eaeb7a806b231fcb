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

EVENT_COLUMNS: dict[str, sa.types.TypeEngine[object]] = {
    "day": sa.Date(),
    "removed_at": UTCDateTime(),
    "removed_by": sa.Uuid(),
}
EXEMPTION_COLUMNS: dict[str, sa.types.TypeEngine[object]] = {
    "closed_from": sa.Date(),
    "closed_to": sa.Date(),
    "removed_at": UTCDateTime(),
    "removed_by": sa.Uuid(),
}
"""The new columns that allow NULL."""


def upgrade() -> None:
    for table in ("case", "case_event"):
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    for name, type in EVENT_COLUMNS.items():
        op.add_column("case_event", sa.Column(name, type, nullable=True))
    for name, type in EXEMPTION_COLUMNS.items():
        op.add_column("exemption", sa.Column(name, type, nullable=True))
    reason = sa.Column("removed_reason", sa.String(), nullable=False, server_default="")
    op.add_column("exemption", reason)
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
    for name in ("removed_reason", *EXEMPTION_COLUMNS):
        op.drop_column("exemption", name)
    for name in ("version", *EVENT_COLUMNS):
        op.drop_column("case_event", name)
    op.drop_column("case", "version")
