"""Record the SSH key that a session was begun with."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("session", sa.Column("ssh_key_id", sa.Uuid(), nullable=True))
    op.create_index("ix_session_ssh_key_id", "session", ["ssh_key_id"])


def downgrade() -> None:
    op.drop_index("ix_session_ssh_key_id", "session")
    op.drop_column("session", "ssh_key_id")
