"""Who has a child on their list by a form alone loses them with it."""

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
