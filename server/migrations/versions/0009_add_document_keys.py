"""Store each upload under its own key, and record keys without a document."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

document = sa.table("document", sa.column("id", sa.Uuid()), sa.column("key", sa.String()))


def upgrade() -> None:
    op.create_table(
        "unreferenced_key",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("uploading", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    # Existing documents are stored under their id.
    op.add_column("document", sa.Column("key", sa.String(), nullable=False, server_default=""))
    for (id,) in op.get_bind().execute(sa.select(document.c.id)).all():
        op.execute(document.update().where(document.c.id == id).values(key=str(id)))
    op.create_index("ix_document_key", "document", ["key"], unique=True)


def downgrade() -> None:
    rows = op.get_bind().execute(sa.select(document.c.id, document.c.key)).all()
    if any(key != str(id) for id, key in rows):
        raise RuntimeError(
            "Documents are stored under keys that the older version can't find: nothing was "
            "changed. Rename what is stored to the documents' ids and set document.key to them."
        )
    op.drop_index("ix_document_key", "document")
    op.drop_column("document", "key")
    op.drop_table("unreferenced_key")
