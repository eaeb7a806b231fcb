"""Add the day on which a letter was posted."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_posting",
        sa.Column(
            "id",
            sa.Uuid(),
            sa.ForeignKey("letter.document_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", UTCDateTime(), nullable=True),
        sa.Column("posted_on", sa.Date(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("letter_posting")
