"""Add settings that are not in the list to consultations, and letters of consultations."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter", sa.Column("about", sa.Uuid(), nullable=True))
    address = sa.Column("address", sa.String(), nullable=False, server_default="")
    op.add_column("consultation", address)
    with op.batch_alter_table("consultation") as batch:
        batch.alter_column("organisation_id", existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    _list_typed_settings()
    with op.batch_alter_table("consultation") as batch:
        batch.alter_column("organisation_id", existing_type=sa.Uuid(), nullable=False)
        batch.drop_column("address")
    op.drop_column("letter", "about")


def _list_typed_settings() -> None:
    """Add a closed organisation, which nobody finds, for each setting that was typed."""
    texts = ("name", "name_folded", "kind", "address", "postcode")
    organisation = _table("organisation", *texts)
    consultation = _table("consultation", "name", "address")
    consultation.append_column(sa.column("organisation_id", sa.Uuid()))
    typed = sa.select(consultation).where(consultation.c.organisation_id.is_(None))
    for row in op.get_bind().execute(typed).mappings().all():
        new = uuid4()
        values = dict.fromkeys(texts, "") | {"name": row["name"], "address": row["address"]}
        op.execute(organisation.insert().values(id=new, **values))
        of_row = consultation.update().where(consultation.c.id == row["id"])
        op.execute(of_row.values(organisation_id=new))
    closed = sa.text("UPDATE organisation SET closed_at = CURRENT_TIMESTAMP WHERE name_folded = ''")
    op.execute(closed)


def _table(name: str, *texts: str) -> sa.TableClause:
    columns = (sa.column(text, sa.String()) for text in texts)
    return sa.table(name, sa.column("id", sa.Uuid()), *columns)
