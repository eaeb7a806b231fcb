"""Add indexed sort keys, words and sizes to professionals' lists."""

import unicodedata
from collections.abc import Iterator
from itertools import islice, takewhile

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BY_CODE_POINT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
KEYS = ("sort_name", "born", "sort_address", "sort_school")
INDEXES = {
    "ix_listed_person_name": "sort_name",
    "ix_listed_person_born": "born",
    "ix_listed_person_address": "sort_address",
    "ix_listed_person_school": "sort_school",
}
BATCH_SIZE = 5_000


def _sort_keys() -> list[sa.Column[object]]:
    return [
        sa.Column("sort_name", BY_CODE_POINT, nullable=False, server_default=""),
        sa.Column("born", sa.Date(), nullable=False, server_default="1900-01-01"),
        sa.Column("sort_address", BY_CODE_POINT, nullable=False, server_default=""),
        sa.Column("sort_school", BY_CODE_POINT, nullable=False, server_default=""),
    ]


def upgrade() -> None:
    for column in _sort_keys():
        op.add_column("listed_person", column)
    hidden = sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("listed_person", hidden)
    keys = ", ".join(KEYS)
    op.execute(
        f"UPDATE listed_person SET ({keys}) = "  # noqa: S608 - names of columns
        f"(SELECT {keys} FROM person WHERE person.id = listed_person.person_id)"
    )
    op.execute("UPDATE listed_person SET hidden = (hidden_at IS NOT NULL)")
    for name, key in INDEXES.items():
        op.create_index(name, "listed_person", ["account_id", "hidden", key, "person_id"])
    for name in ("ix_person_sort_address", "ix_person_sort_school"):
        op.drop_index(name, "person")
    op.create_table(
        "list_size",
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "hidden"),
    )
    op.execute(
        "INSERT INTO list_size (account_id, hidden, people) "
        "SELECT account_id, hidden, count(*) FROM listed_person GROUP BY account_id, hidden"
    )
    _write_words()
    _fold_organisations()
    op.create_index("ix_case_of_officer", "case", ["officer_id", "closed", "id"])


def _write_words() -> None:
    listed_word = op.create_table(
        "listed_word",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("word", BY_CODE_POINT, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("common", sa.Integer(), nullable=False),
        *_sort_keys(),
        sa.ForeignKeyConstraint(
            ["account_id", "person_id"],
            ["listed_person.account_id", "listed_person.person_id"],
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "hidden", "word", "person_id"),
        sqlite_with_rowid=False,
    )
    rows = _words()
    while batch := list(islice(rows, BATCH_SIZE)):
        op.bulk_insert(listed_word, batch)
    op.create_index("ix_listed_word_person", "listed_word", ["person_id", "account_id", "word"])


def _words() -> Iterator[dict[str, object]]:
    """Yield the words of each listing, with the length of the prefix shared with the previous."""
    listed = sa.table(
        "listed_person",
        sa.column("account_id", sa.Uuid()),
        sa.column("person_id", sa.Uuid()),
        sa.column("hidden", sa.Boolean()),
        sa.column("sort_name", sa.String()),
        sa.column("born", sa.Date()),
        sa.column("sort_address", sa.String()),
        sa.column("sort_school", sa.String()),
    )
    words = sa.table(
        "person_word", sa.column("person_id", sa.Uuid()), sa.column("word", BY_CODE_POINT)
    )
    query = (
        sa.select(listed, words.c.word)
        .join(words, words.c.person_id == listed.c.person_id)
        .order_by(listed.c.account_id, listed.c.person_id, words.c.word)
    )
    listing, previous = None, ""
    for row in op.get_bind().execute(query).all():
        fields = dict(row._mapping)
        if listing != (row.account_id, row.person_id):
            listing, previous = (row.account_id, row.person_id), ""
        yield fields | {"common": _common_prefix_length(previous, row.word)}
        previous = row.word


def _common_prefix_length(first: str, second: str) -> int:
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _fold_organisations() -> None:
    folded = sa.Column("organisation_folded", sa.String(), nullable=False, server_default="")
    op.add_column("work_details", folded)
    work = sa.table(
        "work_details", sa.column("organisation", sa.String()), sa.column("organisation_folded")
    )
    names = op.get_bind().execute(sa.select(work.c.organisation).distinct()).scalars().all()
    for name in names:
        of_name = sa.update(work).where(work.c.organisation == name)
        op.execute(of_name.values(organisation_folded=_fold(name.strip())))
    op.create_index("ix_work_details_organisation_folded", "work_details", ["organisation_folded"])


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))


def downgrade() -> None:
    op.drop_index("ix_case_of_officer", "case")
    op.drop_index("ix_work_details_organisation_folded", "work_details")
    op.drop_column("work_details", "organisation_folded")
    op.drop_table("listed_word")
    op.drop_table("list_size")
    op.create_index("ix_person_sort_address", "person", ["sort_address"])
    op.create_index("ix_person_sort_school", "person", ["sort_school"])
    for name in INDEXES:
        op.drop_index(name, "listed_person")
    for name in ("hidden", *KEYS):
        op.drop_column("listed_person", name)
