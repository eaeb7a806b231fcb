"""Drop the unused column advice_request.excused."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("advice_request", "excused")


def downgrade() -> None:
    op.add_column(
        "advice_request",
        sa.Column("excused", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
