"""Let officers withdraw publications, end access to a child, and keep documents to themselves."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("publication", sa.Column("withdrawn_at", UTCDateTime(), nullable=True))
    op.add_column("publication", sa.Column("withdrawn_by", sa.Uuid(), nullable=True))
    op.add_column(
        "publication",
        sa.Column("withdrawn_reason", sa.String(), nullable=False, server_default=""),
    )
    op.add_column("publication_reader", sa.Column("ended_at", UTCDateTime(), nullable=True))
    op.create_table(
        "case_document",
        sa.Column("document_id", sa.Uuid(), sa.ForeignKey("document.id"), nullable=False),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("case.id"), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("document_id"),
    )
    op.create_index("ix_case_document_case_id", "case_document", ["case_id"])
    op.create_table(
        "access_end",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("ended_by", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("lifted_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_access_end_person_id", "access_end", ["person_id"])


def downgrade() -> None:
    op.drop_table("access_end")
    op.drop_table("case_document")
    # Older versions know no end of a publication, so its readers are removed with it.
    op.execute("DELETE FROM publication_reader WHERE ended_at IS NOT NULL")
    op.drop_column("publication_reader", "ended_at")
    op.drop_column("publication", "withdrawn_reason")
    op.drop_column("publication", "withdrawn_by")
    op.drop_column("publication", "withdrawn_at")
