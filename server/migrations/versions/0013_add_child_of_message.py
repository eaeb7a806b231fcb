"""Record the child that a message is about, so that reading it is audited for the child."""

import re
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

message = sa.table(
    "message",
    sa.column("id", sa.Uuid()),
    sa.column("place", sa.String()),
    sa.column("person_id", sa.Uuid()),
)
OWNERS = {
    name: sa.table(table, sa.column("id", sa.Uuid()), sa.column("person_id", sa.Uuid()))
    for name, table in (("forms", "submission"), ("cases", "case"))
}
PATH = re.compile(r"(people|forms|cases)/([0-9a-f-]{36})(/.*)?")


def upgrade() -> None:
    with op.batch_alter_table("message") as batch:
        batch.add_column(sa.Column("person_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key("fk_message_person_id_person", "person", ["person_id"], ["id"])
    op.create_index("ix_message_person_id", "message", ["person_id"])
    _set_children()


def _set_children() -> None:
    """Set the child of existing messages from the target of their link."""
    connection = op.get_bind()
    person = sa.table("person", sa.column("id", sa.Uuid()))
    people = {("people", id): id for (id,) in connection.execute(sa.select(person.c.id))}
    for name, table in OWNERS.items():
        rows = connection.execute(sa.select(table.c.id, table.c.person_id))
        people |= {(name, id): child for id, child in rows}
    messages = connection.execute(sa.select(message.c.id, message.c.place)).all()
    updates = [
        {"message": id, "child": people[key]}
        for id, place in messages
        if (path := PATH.fullmatch(place or "")) and (key := (path[1], UUID(path[2]))) in people
    ]
    if updates:
        query = message.update().where(message.c.id == sa.bindparam("message"))
        connection.execute(query.values(person_id=sa.bindparam("child")), updates)


def downgrade() -> None:
    op.drop_index("ix_message_person_id", "message")
    with op.batch_alter_table("message") as batch:
        batch.drop_constraint("fk_message_person_id_person", type_="foreignkey")
        batch.drop_column("person_id")
