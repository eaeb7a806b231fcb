"""Add indexes for the desk: the words of children and the order of states."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INNER_WORD_START = re.compile(r"(?<=[\W_])[^\W_]")
STATES = (
    "submitted",
    "deciding",
    "returned_for_info",
    "withdrawn",
    "joined",
    "refused_to_assess",
    "assessing",
    "reassessing",
    "not_issued",
    "draft_plan",
    "representations",
    "final_plan",
    "review_due",
    "meeting",
    "maintained",
    "amending",
    "cease_consulting",
    "cease_notice",
    "ceased",
    "transferred_out",
)


def _words_of(folded: str) -> set[str]:
    words = set(folded.split())
    return words | {
        word[match.start() :] for word in words for match in INNER_WORD_START.finditer(word)
    }


def upgrade() -> None:
    words_table = op.create_table(
        "person_word",
        sa.Column("word", WORD, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("word", "person_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_person_word_person_id", "person_word", ["person_id"])
    person = sa.table("person", sa.column("id", sa.Uuid()), sa.column("found_by", sa.String()))
    for id, text in op.get_bind().execute(sa.select(person.c.id, person.c.found_by)):
        op.bulk_insert(words_table, [{"word": word, "person_id": id} for word in _words_of(text)])
    op.drop_column("person", "found_by")
    op.add_column("case", sa.Column("place", sa.Integer(), nullable=False, server_default="0"))
    case = sa.table("case", sa.column("state", sa.String()), sa.column("place", sa.Integer()))
    for place, state in enumerate(STATES):
        op.execute(sa.update(case).where(case.c.state == state).values(place=place))
    op.drop_index("ix_case_person_id", "case")
    op.create_index("ix_case_person", "case", ["person_id", "closed", "next_due", "id"])
    op.create_index("ix_case_stage", "case", ["closed", "place", "id", "officer_id"])


def downgrade() -> None:
    op.add_column("person", sa.Column("found_by", sa.String(), nullable=False, server_default=""))
    person = sa.table("person", sa.column("id", sa.Uuid()), sa.column("found_by", sa.String()))
    words = sa.table("person_word", sa.column("word", WORD), sa.column("person_id", sa.Uuid()))
    texts: dict[object, list[str]] = {}
    for word, id in op.get_bind().execute(sa.select(words.c.word, words.c.person_id)):
        texts.setdefault(id, []).append(word)
    for id, person_words in texts.items():
        text = "\n".join(person_words)
        op.execute(sa.update(person).where(person.c.id == id).values(found_by=text))
    op.drop_table("person_word")
    op.drop_index("ix_case_stage", "case")
    op.drop_index("ix_case_person", "case")
    op.create_index("ix_case_person_id", "case", ["person_id"])
    op.drop_column("case", "place")
