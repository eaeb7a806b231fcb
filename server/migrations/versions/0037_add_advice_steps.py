"""Record each time that advice was chased or returned; earlier times come from the audit log."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

STEPS = sa.table(
    "advice_step",
    sa.column("id", sa.Uuid()),
    sa.column("advice_id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("account_id", sa.Uuid()),
    sa.column("at", UTCDateTime()),
    sa.column("text", sa.String()),
)
AUDIT = sa.table(
    "audit_event",
    sa.column("action", sa.String()),
    sa.column("subject_id", sa.Uuid()),
    sa.column("account_id", sa.Uuid()),
    sa.column("at", UTCDateTime()),
)
ADVICE = sa.table(
    "advice_request", sa.column("id", sa.Uuid()), sa.column("submission_id", sa.Uuid())
)
RECORDED = (("chased", "advice_chased", "id"), ("returned", "form_returned", "submission_id"))
"""Each kind of step, with its action in the audit log and the column that its subject is in."""


def upgrade() -> None:
    op.create_table(
        "advice_step",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "advice_id",
            sa.Uuid(),
            sa.ForeignKey("advice_request.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
    )
    op.create_index("ix_advice_step_advice_id", "advice_step", ["advice_id"])
    for kind, action, subject in RECORDED:
        rows = op.get_bind().execute(
            sa.select(ADVICE.c.id, AUDIT.c.account_id, AUDIT.c.at)
            .join(AUDIT, AUDIT.c.subject_id == ADVICE.c[subject])
            .where(AUDIT.c.action == action)
        )
        steps = [
            {"id": uuid4(), "advice_id": id, "kind": kind, "account_id": by, "at": at, "text": ""}
            for id, by, at in rows
        ]
        if steps:
            op.bulk_insert(STEPS, steps)


def downgrade() -> None:
    op.drop_table("advice_step")
