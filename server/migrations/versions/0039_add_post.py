"""Record advice that comes on paper or is asked for by post, and corrections of paper requests.

The day that a family's request was received is that of the event it was recorded with. It is
unknown if an earlier request has changed that event.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

POSTAL = ("by_name", "by_role")


def upgrade() -> None:
    for name in POSTAL:
        column = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("advice_request", column)
    op.create_table(
        "paper_advice",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "advice_id",
            sa.Uuid(),
            sa.ForeignKey("advice_request.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("state_before", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.Column("removed_by", sa.Uuid(), nullable=True),
        sa.Column("removed_reason", sa.String(), nullable=False),
    )
    op.create_index("ix_paper_advice_advice_id", "paper_advice", ["advice_id"])
    op.create_table(
        "request_correction",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "submission_id",
            sa.Uuid(),
            sa.ForeignKey("submission.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    op.create_index("ix_request_correction_submission_id", "request_correction", ["submission_id"])
    op.add_column("submission", sa.Column("received_on", sa.Date(), nullable=True))
    op.execute(
        sa.text(
            'UPDATE submission SET received_on = (SELECT min(event."on") FROM case_event AS event '
            "WHERE event.case_id = submission.case_id AND event.at = submission.submitted_at "
            "AND (event.kind = 'day_corrected' OR event.kind = 'request_received' "
            "AND NOT EXISTS (SELECT 1 FROM case_event AS later "
            "WHERE later.case_id = event.case_id AND later.kind = 'day_corrected'))) "
            "WHERE form = 'parent-request'"
        )
    )


def downgrade() -> None:
    op.drop_column("submission", "received_on")
    op.drop_table("request_correction")
    op.drop_table("paper_advice")
    for name in POSTAL:
        op.drop_column("advice_request", name)
