"""Add the devices that signed in before, and the subject of a count of failures."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_device",
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("address_digest", sa.String(), nullable=False),
        sa.Column("last_used_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "digest"),
    )
    op.create_index("ix_known_device_address_digest", "known_device", ["address_digest"])
    op.add_column("tries", sa.Column("subject", sa.String(), nullable=True))
    op.create_index("ix_tries_subject", "tries", ["subject"])


def downgrade() -> None:
    # Without its subject, the count of a part could not be reset.
    op.execute("DELETE FROM tries WHERE subject IS NOT NULL")
    op.drop_index("ix_tries_subject", "tries")
    op.drop_column("tries", "subject")
    op.drop_table("known_device")
