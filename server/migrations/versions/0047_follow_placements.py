"""Add what a child's school was before it followed a placement, and the day of a step of advice."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("placement", sa.Column("school_before", sa.String(), nullable=True))
    op.add_column("advice_step", sa.Column("on", sa.Date(), nullable=True))


def downgrade() -> None:
    # The version before does not know this kind, and could not open the case.
    op.execute(sa.text("DELETE FROM advice_step WHERE kind = 'contacts_corrected'"))
    op.drop_column("advice_step", "on")
    op.drop_column("placement", "school_before")
