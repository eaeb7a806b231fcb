"""Add organisations, and the confirmation of professionals' membership."""

import unicodedata
from collections import defaultdict
from uuid import UUID, uuid4

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

work_details = sa.table(
    "work_details",
    sa.column("id", sa.Uuid()),
    sa.column("organisation", sa.String()),
    sa.column("organisation_folded", sa.String()),
    sa.column("organisation_id", sa.Uuid()),
    sa.column("created_at", UTCDateTime()),
    sa.column("removed_at", UTCDateTime()),
)
FOREIGN_KEYS = {
    "fk_work_details_organisation_id": ("organisation", "organisation_id"),
    "fk_work_details_confirmed_by": ("account", "confirmed_by"),
}
COLUMNS = (
    ("organisation_id", sa.Uuid()),
    ("confirmed_at", UTCDateTime()),
    ("confirmed_by", sa.Uuid()),
    ("confirmed_how", sa.String()),
    ("refused_at", UTCDateTime()),
    ("announced_at", UTCDateTime()),
)


def upgrade() -> None:
    organisation = op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_folded", sa.String(), nullable=False),
        sa.Column("urn", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("urn"),
    )
    op.create_index("ix_organisation_name_folded", "organisation", ["name_folded"])
    op.create_table(
        "organisation_domain",
        sa.Column("organisation_id", sa.Uuid(), sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "domain"),
    )
    with op.batch_alter_table("work_details") as batch:
        for name, kind in COLUMNS:
            batch.add_column(sa.Column(name, kind, nullable=True))
        for name, (table, column) in FOREIGN_KEYS.items():
            batch.create_foreign_key(name, table, [column], ["id"])
    _add_organisations(organisation)
    op.drop_index("ix_work_details_organisation_folded", "work_details")
    with op.batch_alter_table("work_details") as batch:
        batch.drop_column("organisation_folded")
    op.create_index("ix_work_details_organisation_id", "work_details", ["organisation_id"])


def _add_organisations(organisation: sa.Table) -> None:
    """Add an organisation for each name in use.

    The list is public, and a typed address may be somebody's home, so none is copied.
    """
    query = (
        sa.select(work_details.c.id, work_details.c.organisation)
        .where(work_details.c.removed_at.is_(None))
        .order_by(work_details.c.created_at, work_details.c.id)
    )
    rows_by_name = defaultdict(list)
    for row in op.get_bind().execute(query):
        rows_by_name[_fold(row.organisation)].append(row)
    links: list[dict[str, UUID]] = []
    organisations = []
    for folded, rows in rows_by_name.items():
        first = rows[0]
        new = {
            "id": uuid4(),
            "name": " ".join(first.organisation.split()),
            "name_folded": folded,
            "kind": "",
            "address": "",
            "postcode": "",
        }
        organisations.append(new)
        links += [{"work": row.id, "listed": new["id"]} for row in rows]
    if links:
        op.bulk_insert(organisation, organisations)
        link = work_details.update().where(work_details.c.id == sa.bindparam("work"))
        op.get_bind().execute(link.values(organisation_id=sa.bindparam("listed")), links)


def _fold(name: str) -> str:
    plain = unicodedata.normalize("NFKD", " ".join(name.split()).casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))


def downgrade() -> None:
    op.drop_index("ix_work_details_organisation_id", "work_details")
    op.add_column(
        "work_details",
        sa.Column("organisation_folded", sa.String(), nullable=False, server_default=""),
    )
    names = op.get_bind().execute(sa.select(work_details.c.organisation).distinct()).scalars()
    for name in names.all():
        of_name = work_details.update().where(work_details.c.organisation == name)
        op.execute(of_name.values(organisation_folded=_fold(name)))
    op.create_index("ix_work_details_organisation_folded", "work_details", ["organisation_folded"])
    with op.batch_alter_table("work_details") as batch:
        for name in FOREIGN_KEYS:
            batch.drop_constraint(name, type_="foreignkey")
        for name, _ in COLUMNS:
            batch.drop_column(name)
    op.drop_table("organisation_domain")
    op.drop_table("organisation")
