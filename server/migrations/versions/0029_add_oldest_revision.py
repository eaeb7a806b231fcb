"""Record the oldest revision whose version works with the schema."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "oldest_revision",
        sa.Column("revision", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("revision"),
    )
    op.bulk_insert(table, [{"revision": revision}])  # no version before reads it


def downgrade() -> None:
    op.drop_table("oldest_revision")
