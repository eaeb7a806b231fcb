"""Add the parents and carers of a child as officers record them, and the document of an event."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    parents = sa.Column("parents", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("person", parents)
    op.add_column("case_event", sa.Column("document_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("case_event", "document_id")
    op.drop_column("person", "parents")
