"""Add the check values of secret keys, and the public keys of what they sign."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "secret_key",
        sa.Column("check", sa.String(), nullable=False),
        sa.Column("receipt_key", sa.String(), nullable=False),
        sa.Column("audit_key", sa.String(), nullable=False),
        sa.Column("audit_key_signature", sa.String(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("replaced_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("check"),
    )


def downgrade() -> None:
    op.drop_table("secret_key")
