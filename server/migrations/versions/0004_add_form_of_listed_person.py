"""Record the form that is the only reason why a child is on a list."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listed_person", sa.Column("through", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("listed_person", "through")
