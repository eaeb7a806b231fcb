"""Add the state of a document's virus scan; existing documents are yet to be scanned."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

document = sa.table("document", sa.column("uploaded_at"), sa.column("next_scan_at"))


def upgrade() -> None:
    op.add_column(
        "document", sa.Column("scan", sa.String(), nullable=False, server_default="checking")
    )
    op.add_column(
        "document", sa.Column("scan_attempts", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("document", sa.Column("next_scan_at", UTCDateTime(), nullable=True))
    op.execute(document.update().values(next_scan_at=document.c.uploaded_at))
    op.create_index("ix_document_next_scan_at", "document", ["next_scan_at"])


def downgrade() -> None:
    held = (
        sa.select(sa.func.count())
        .select_from(sa.table("document"))
        .where(sa.column("scan") == "infected")
    )
    if op.get_bind().execute(held).scalar_one():
        raise RuntimeError(
            "Some documents are held because a virus was found in them, and the older version "
            "would serve them: nothing was changed. Delete them first."
        )
    op.drop_index("ix_document_next_scan_at", "document")
    for column in ("next_scan_at", "scan_attempts", "scan"):
        op.drop_column("document", column)
