"""Add the family's request that a document of a case is the letter of."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_document", sa.Column("submission_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("case_document", "submission_id")
