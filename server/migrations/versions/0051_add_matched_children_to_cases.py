"""Add to cases whether the child was matched, and indexes of new children and closed cases."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

MATCHED = """
UPDATE "case" SET child_matched = true
WHERE person_id IN (SELECT id FROM person WHERE known_at IS NOT NULL)
"""


def upgrade() -> None:
    op.add_column("case", sa.Column("child_matched", sa.Boolean(), nullable=True))
    op.execute(sa.text(MATCHED))
    received = ["received_on", "id", "settled", "closes_on"]
    op.create_index("ix_case_received", "case", received)
    columns = ["child_matched", "settled", "sort_due", "id", "closes_on"]
    op.create_index("ix_case_new", "case", columns)


def downgrade() -> None:
    op.drop_index("ix_case_new", "case")
    op.drop_index("ix_case_received", "case")
    op.drop_column("case", "child_matched")
