"""Store the phase transfer of a case, for lists; servers fill it in when they start."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

COLUMNS = ("transfer_on", "transfer_meeting_on", "transfer_notice_on", "transfer_named_on")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("case", sa.Column(name, sa.Date(), nullable=True))
    op.create_index(
        "ix_case_transfer", "case", ["settled", "transfer_on", "id", "closes_on", *COLUMNS[1:]]
    )


def downgrade() -> None:
    op.drop_index("ix_case_transfer", "case")
    for name in COLUMNS:
        op.drop_column("case", name)
