"""Record the author and the changed fields of a save."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("save", sa.Column("account_id", sa.Uuid(), nullable=True))
    op.add_column("save", sa.Column("fields", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("save", "fields")
    op.drop_column("save", "account_id")
