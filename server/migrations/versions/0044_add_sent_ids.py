"""Add what was sent under the ids that clients make: its digest, also that of a save.

A server of the version before knows nothing of it, so its erasures delete the rows by the cascade.
What it records has no digest, and a repeated request is compared as it was before.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

OWNERS = ("account", "person")
INDEXED = ("account_id", "person_id", "at")


def upgrade() -> None:
    op.create_table(
        "sent_id",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("digest", sa.String(), nullable=False),
        *(
            sa.Column(
                f"{owner}_id",
                sa.Uuid(),
                sa.ForeignKey(f"{owner}.id", ondelete="CASCADE"),
                nullable=True,
            )
            for owner in OWNERS
        ),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    for name in INDEXED:
        op.create_index(f"ix_sent_id_{name}", "sent_id", [name])
    op.add_column("save", sa.Column("digest", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("save", "digest")
    op.drop_table("sent_id")
