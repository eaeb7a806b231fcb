"""Add consultations of settings, family's requests, placements, and what SEN2 needs besides."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def _case() -> sa.Column:
    return sa.Column("case_id", sa.Uuid(), sa.ForeignKey("case.id"), nullable=False)


def _account(name: str = "account_id") -> sa.Column:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey("account.id"), nullable=False)


def _organisation(*, nullable: bool) -> sa.Column:
    key = sa.ForeignKey("organisation.id")
    return sa.Column("organisation_id", sa.Uuid(), key, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "consultation",
        sa.Column("id", sa.Uuid(), nullable=False),
        _case(),
        _organisation(nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        _account("asked_by"),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("chased_on", sa.Date(), nullable=True),
        sa.Column("chases", sa.Integer(), nullable=False),
        sa.Column("reply", sa.String(), nullable=True),
        sa.Column("ground", sa.String(), nullable=True),
        sa.Column("replied_on", sa.Date(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("case_id", "organisation_id", "due_on"):
        op.create_index(f"ix_consultation_{column}", "consultation", [column])
    op.create_table(
        "family_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        _case(),
        _organisation(nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        _account(),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.Column("ground", sa.String(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_family_request_case_id", "family_request", ["case_id"])
    op.create_table(
        "placement",
        sa.Column("id", sa.Uuid(), nullable=False),
        _case(),
        _organisation(nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("name", "urn", "ukprn")),
        sa.Column("setting", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("sen_unit", sa.Boolean(), nullable=False),
        sa.Column("resourced", sa.Boolean(), nullable=False),
        sa.Column("residential_weeks", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        _account(),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_placement_case_id", "placement", ["case_id"])
    op.create_table(
        "sen2_answer",
        _case(),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        _account(),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "field"),
    )


def downgrade() -> None:
    for table in ("sen2_answer", "placement", "family_request", "consultation"):
        op.drop_table(table)
