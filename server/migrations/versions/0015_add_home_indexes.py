"""Add indexes for Home: drafts, awaited advice, returned forms and unread messages."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INDEXES = {
    "submission": {"ix_submission_account": ["account_id", "state"]},
    "advice_request": {"ix_advice_request_account": ["account_id", "state"]},
    "message": {"ix_message_inbox": ["account_id", "archived_at", "sent_at", "id"]},
}
"""Each takes the place of an index of `account_id` alone."""
PARTIAL = {
    "submission": ("ix_submission_returned", ["account_id"], "returned <> ''"),
    "message": (
        "ix_message_unread",
        ["account_id", "archived_at", "sent_at", "id"],
        "read_at IS NULL",
    ),
}


def upgrade() -> None:
    for table, indexes in INDEXES.items():
        for name, columns in indexes.items():
            op.create_index(name, table, columns)
        op.drop_index(f"ix_{table}_account_id", table)
    for table, (name, columns, condition) in PARTIAL.items():
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for table, (name, _, _) in PARTIAL.items():
        op.drop_index(name, table)
    for table, indexes in INDEXES.items():
        op.create_index(f"ix_{table}_account_id", table, ["account_id"])
        for name in indexes:
            op.drop_index(name, table)
