"""Clear the digests of registrations, which included a fast hash of the password."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE registration SET body_digest = ''")


def downgrade() -> None:
    pass
