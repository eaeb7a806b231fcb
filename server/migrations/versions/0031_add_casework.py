"""Add notes, calls, tasks and panels of the officers' casework."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TABLES = ("panel_case", "panel", "task", "note_version", "note")


def _id(name: str, refers_to: str = "", *, nullable: bool = False) -> sa.Column:
    keys = [sa.ForeignKey(f"{refers_to}.id")] if refers_to else []
    return sa.Column(name, sa.Uuid(), *keys, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, UTCDateTime(), nullable=nullable)


def upgrade() -> None:
    _create_notes()
    _create_tasks()
    _create_panels()


def _create_notes() -> None:
    op.create_table(
        "note",
        _id("id"),
        _id("case_id", "case"),
        _text("kind"),
        _id("account_id", "account"),
        _time("at"),
        sa.Column("version", sa.Integer(), nullable=False),
        _time("struck_at", nullable=True),
        _id("struck_by", nullable=True),
        _text("struck_reason"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_note_case", "note", ["case_id", "at", "id"])
    op.create_table(
        "note_version",
        _id("note_id", "note"),
        sa.Column("number", sa.Integer(), nullable=False),
        _time("at"),
        _text("text"),
        _text("with_whom"),
        _text("phone"),
        _text("direction", nullable=True),
        _time("called_at", nullable=True),
        sa.PrimaryKeyConstraint("note_id", "number"),
    )


def _create_tasks() -> None:
    op.create_table(
        "task",
        _id("id"),
        _id("case_id", "case", nullable=True),
        _text("text"),
        sa.Column("due", sa.Date(), nullable=False),
        _id("officer_id", "account"),
        _id("created_by", "account"),
        _time("created_at"),
        sa.Column("done", sa.Boolean(), nullable=False),
        _time("changed_at", nullable=True),
        _id("changed_by", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_task_case_id", "task", ["case_id"])
    op.create_index("ix_task_officer", "task", ["officer_id", "done", "due", "id"])
    op.create_index("ix_task_due", "task", ["done", "due", "id"])


def _create_panels() -> None:
    op.create_table(
        "panel",
        _id("id"),
        _text("name"),
        sa.Column("on", sa.Date(), nullable=False),
        _text("starts"),
        _text("place"),
        _id("account_id", "account"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_panel_on", "panel", ["on", "id"])
    op.create_table(
        "panel_case",
        _id("id"),
        _id("panel_id", "panel"),
        _id("case_id", "case"),
        sa.Column("position", sa.Integer(), nullable=False),
        _id("added_by", "account"),
        _time("added_at"),
        _text("minutes"),
        _text("outcome"),
        _id("event_id", nullable=True),
        _text("reason"),
        _id("decided_by", nullable=True),
        _time("decided_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_panel_case_case_id", "panel_case", ["case_id"])
    op.create_index("ix_panel_case_panel", "panel_case", ["panel_id", "position", "id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
