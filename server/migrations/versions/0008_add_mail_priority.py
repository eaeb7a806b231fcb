"""Add a priority to mail, and index unsent mail only."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ORDINARY = "2"


def upgrade() -> None:
    op.add_column(
        "outbox_mail", sa.Column("priority", sa.Integer(), nullable=False, server_default=ORDINARY)
    )
    op.drop_index("ix_outbox_mail_next_try_at", "outbox_mail")
    unsent = sa.text("sent_at IS NULL")
    op.create_index(
        "ix_outbox_mail_unsent",
        "outbox_mail",
        ["given_up_at", "priority", "next_try_at"],
        sqlite_where=unsent,
        postgresql_where=unsent,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_mail_unsent", "outbox_mail")
    op.create_index("ix_outbox_mail_next_try_at", "outbox_mail", ["next_try_at"])
    op.drop_column("outbox_mail", "priority")
