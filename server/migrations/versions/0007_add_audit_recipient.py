"""Record the account whose access an audited action grants or revokes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_event", sa.Column("to_account_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("audit_event", "to_account_id")
