"""Add how to reach somebody who is asked for advice by post, and who added a document to advice."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

CONTACTS = ("by_address", "by_phone")


def upgrade() -> None:
    for name in CONTACTS:
        column = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("advice_request", column)
    op.add_column("paper_advice", sa.Column("document_at", UTCDateTime(), nullable=True))
    op.add_column("paper_advice", sa.Column("document_by", sa.Uuid(), nullable=True))


def downgrade() -> None:
    for name in ("document_by", "document_at"):
        op.drop_column("paper_advice", name)
    for name in CONTACTS:
        op.drop_column("advice_request", name)
