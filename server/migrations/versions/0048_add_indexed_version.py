"""Add the version of a person whose words are in the indexes of lists.

A server of the version before raises the person's version without it, so that the starts of their
words are known to be out of date.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

person = sa.table("person", sa.column("version", sa.Integer()), sa.column("indexed_version"))


def upgrade() -> None:
    op.add_column("person", sa.Column("indexed_version", sa.Integer(), nullable=True))
    op.execute(person.update().values(indexed_version=person.c.version))


def downgrade() -> None:
    op.drop_column("person", "indexed_version")
