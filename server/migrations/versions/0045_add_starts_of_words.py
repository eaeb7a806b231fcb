"""Add the starts of a listed person's words to the indexes of lists, to scan them faster.

A server of the version before adds entries without them, which are then looked up word by word.
If it changes a person's words, the starts stay as they were until this version updates them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_listed_person_name": "sort_name",
    "ix_listed_person_born": "born",
    "ix_listed_person_address": "sort_address",
    "ix_listed_person_school": "sort_school",
}
MAX_STARTS = 300

listed = sa.table("listed_person", sa.column("starts", sa.String()))


def upgrade() -> None:
    op.add_column("listed_person", sa.Column("starts", sa.String(), nullable=True))
    join = "group_concat" if op.get_bind().dialect.name == "sqlite" else "string_agg"
    op.execute(
        f"UPDATE listed_person SET starts = (SELECT {join}(start, '') "  # noqa: S608 - a function
        "FROM (SELECT DISTINCT ' ' || substr(word, 1, 2) AS start FROM listed_word "
        "WHERE listed_word.account_id = listed_person.account_id "
        "AND listed_word.person_id = listed_person.person_id ORDER BY start) AS starts)"
    )
    is_too_long = sa.func.length(listed.c.starts) > MAX_STARTS
    op.execute(listed.update().where(is_too_long).values(starts=None))
    _create_indexes("starts")


def downgrade() -> None:
    _create_indexes()
    op.drop_column("listed_person", "starts")


def _create_indexes(*more: str) -> None:
    for name, key in INDEXES.items():
        op.drop_index(name, "listed_person")
        op.create_index(name, "listed_person", ["account_id", "hidden", key, "person_id", *more])
