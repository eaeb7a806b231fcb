"""Add sign-in by OpenID Connect providers."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

PROVIDER = "provider"


def upgrade() -> None:
    # Every account of before was activated by an emailed link.
    op.add_column(
        "account",
        sa.Column("email_verified", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.create_table(
        "external_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("linked_at", UTCDateTime(), nullable=False),
        sa.Column("role_lost_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "subject"),
    )
    op.create_index("ix_external_identity_account_id", "external_identity", ["account_id"])
    op.create_table(
        "provider_session",
        sa.Column(
            "session_id",
            sa.Uuid(),
            sa.ForeignKey("session.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("identity_id", sa.Uuid(), sa.ForeignKey("external_identity.id"), nullable=False),
        sa.Column("refresh_token", sa.String(), nullable=True),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_index("ix_provider_session_identity_id", "provider_session", ["identity_id"])
    op.create_table(
        "provider_sign_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("state_digest", sa.String(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("returned_at", UTCDateTime(), nullable=True),
        sa.Column("grant", sa.String(), nullable=True),
        sa.Column("number_digest", sa.String(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("state_digest"),
    )
    op.create_index("ix_provider_sign_in_address", "provider_sign_in", ["address"])
    op.create_index("ix_provider_sign_in_expires_at", "provider_sign_in", ["expires_at"])


def downgrade() -> None:
    # An older server knows no second step of a provider, nor sessions that a provider started.
    session, account = (
        sa.table("session", sa.column("id")),
        sa.table("account", sa.column("second_step")),
    )
    provided = sa.table("provider_session", sa.column("session_id"))
    op.execute(session.delete().where(session.c.id.in_(sa.select(provided.c.session_id))))
    op.execute(account.update().where(account.c.second_step == PROVIDER).values(second_step="none"))
    op.drop_table("provider_sign_in")
    op.drop_table("provider_session")
    op.drop_table("external_identity")
    op.drop_column("account", "email_verified")
