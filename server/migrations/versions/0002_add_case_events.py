"""Add case events, requests for advice, publications, reminders and staff accounts."""

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Other tables refer to these tables, so the columns have no constraints: SQLite would have to
# recreate the tables.
COLUMNS = (
    ("account", sa.Column("staff", sa.String(), nullable=True)),
    ("account", sa.Column("disabled_at", UTCDateTime(), nullable=True)),
    ("answer", sa.Column("account_id", sa.Uuid(), nullable=True)),
    ("case", sa.Column("dispute", sa.String(), nullable=True)),
    ("case", sa.Column("closed", sa.Boolean(), nullable=False, server_default=sa.false())),
    ("case", sa.Column("officer_id", sa.Uuid(), nullable=True)),
    ("case", sa.Column("next_kind", sa.String(), nullable=True)),
    ("case", sa.Column("next_due", sa.Date(), nullable=True)),
    ("case", sa.Column("excused", sa.Boolean(), nullable=False, server_default=sa.false())),
    ("case_event", sa.Column("made_id", sa.Uuid(), nullable=True)),
    ("case_event", sa.Column("kind", sa.String(), nullable=False, server_default="")),
    ("case_event", sa.Column("account_id", sa.Uuid(), nullable=True)),
    ("case_event", sa.Column("reason", sa.String(), nullable=False, server_default="")),
    ("message", sa.Column("archived_at", UTCDateTime(), nullable=True)),
    ("person", sa.Column("known_at", UTCDateTime(), nullable=True)),
    ("person", sa.Column("merged_into", sa.Uuid(), nullable=True)),
    ("submission", sa.Column("returned", sa.String(), nullable=False, server_default="")),
    ("submission", sa.Column("saved_by", sa.Uuid(), nullable=True)),
    ("submission", sa.Column("withdrawn_at", UTCDateTime(), nullable=True)),
    ("submission_version", sa.Column("written_by", sa.JSON(), nullable=True)),
)

INDEXES = (
    ("ix_case_desk", "case", ["closed", "next_due", "id"], False),
    ("ix_case_officer", "case", ["officer_id", "closed", "next_due"], False),
    ("ix_case_event_made_id", "case_event", ["made_id"], True),
    ("ix_person_known_at", "person", ["known_at"], False),
    ("ix_person_merged_into", "person", ["merged_into"], False),
)

KINDS = {
    "submitted": "request_received",
    "deciding": "request_accepted",
    "refused_to_assess": "refused_to_assess",
    "assessing": "decided_to_assess",
    "not_issued": "decided_not_to_issue",
    "draft_plan": "decided_to_issue",
    "representations": "draft_served",
    "final_plan": "final_issued",
    "review_due": "review_called",
    "ceased": "ceased",
}
"""The event that led to each state of the previous version."""

NEXT = {
    "submitted": ("decide", 42),
    "deciding": ("decide", 42),
    "assessing": ("no_plan", 112),
    "draft_plan": ("final", 140),
    "representations": ("final", 140),
}
ENDED = ("refused_to_assess", "not_issued", "ceased")


def upgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "clock", "due", "days"),
    )
    op.create_table(
        "identity_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["by_id"],
            ["account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("identity_check", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_identity_check_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "exemption",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("advice_id", sa.Uuid(), nullable=True),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("exemption", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exemption_advice_id"), ["advice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exemption_case_id"), ["case_id"], unique=False)

    op.create_table(
        "publication",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("publication", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publication_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_publication_document_id"), ["document_id"], unique=False
        )

    op.create_table(
        "advice_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("excused", sa.Boolean(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("submission_id"),
    )
    with op.batch_alter_table("advice_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_advice_request_account_id"), ["account_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_advice_request_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_advice_request_due_on"), ["due_on"], unique=False)

    op.create_table(
        "publication_reader",
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
        ),
        sa.PrimaryKeyConstraint("publication_id", "account_id"),
    )
    with op.batch_alter_table("publication_reader", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_publication_reader_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "submission_share",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("shared_by", sa.Uuid(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["shared_by"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
        ),
        sa.PrimaryKeyConstraint("submission_id", "account_id"),
    )
    with op.batch_alter_table("submission_share", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_submission_share_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "document_reader",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("document_id", "account_id"),
    )
    op.create_index("ix_document_reader_account_id", "document_reader", ["account_id"])
    for table, column in COLUMNS:
        op.add_column(table, column)
    for name, table, columns, unique in INDEXES:
        op.create_index(name, table, columns, unique=unique)
    _derive_events_and_deadlines()


def _derive_events_and_deadlines() -> None:
    connection = op.get_bind()
    event = sa.table(
        "case_event",
        sa.column("case_id", sa.Uuid()),
        sa.column("state"),
        sa.column("kind"),
        sa.column("on", sa.Date()),
    )
    case = sa.table(
        "case",
        sa.column("id", sa.Uuid()),
        sa.column("state"),
        sa.column("closed"),
        sa.column("received_on", sa.Date()),
        sa.column("next_kind"),
        sa.column("next_due", sa.Date()),
    )
    for state, kind in KINDS.items():
        connection.execute(event.update().where(event.c.state == state).values(kind=kind))
    connection.execute(case.update().where(case.c.state.in_(ENDED)).values(closed=sa.true()))
    issued = dict(
        connection.execute(
            sa.select(event.c.case_id, sa.func.max(event.c.on))
            .where(event.c.state == "final_plan")
            .group_by(event.c.case_id)
        ).all()
    )
    for id, state, received in connection.execute(
        sa.select(case.c.id, case.c.state, case.c.received_on)
    ).all():
        kind, due = None, None
        if state in NEXT:
            kind, days = NEXT[state]
            due = received + timedelta(days=days)
        elif state in {"final_plan", "review_due"} and id in issued:
            kind, due = "review", _add_year(issued[id])
        connection.execute(
            case.update().where(case.c.id == id).values(next_kind=kind, next_due=due)
        )


def _add_year(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 2, 28)


def downgrade() -> None:
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table)
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column.name)
    for table in (
        "document_reader",
        "submission_share",
        "publication_reader",
        "advice_request",
        "publication",
        "exemption",
        "identity_check",
        "reminder",
    ):
        op.drop_table(table)
