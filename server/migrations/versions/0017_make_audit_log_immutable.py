"""Refuse changes of the audit log in the database, and add its seals."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KEYS = {
    "audit_event": ("id",),
    "audit_shown": ("event_id", "shown_id"),
    "audit_seal": ("number",),
    "audit_head": ("day",),
    "audit_purge": ("through",),
}
"""The tables that are only added to, and their primary keys."""
LAST_PURGED = "(SELECT max(through) FROM audit_purge)"
PURGED_EVENT = (
    "EXISTS (SELECT 1 FROM audit_seal WHERE event_id = OLD.{id}"  # noqa: S608 - names of columns
    f" AND number <= {LAST_PURGED})"
)
DELETABLE = {
    "audit_event": PURGED_EVENT.replace("{id}", "id"),
    "audit_shown": PURGED_EVENT.replace("{id}", "event_id"),
    "audit_seal": f"coalesce(OLD.number <= {LAST_PURGED}, false)",
}
"""When a row may be deleted: up to the newest purge. Rows of other tables never go."""


def upgrade() -> None:
    _move_counters()
    _add_tables()
    if op.get_bind().dialect.name == "sqlite":
        _protect_on_sqlite()
    else:
        _protect_on_postgresql()


def _move_counters() -> None:
    op.create_table(
        "save_run",
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("audit_event.id"), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.execute(
        "INSERT INTO save_run (event_id, times, last_at)"
        " SELECT id, times, coalesce(last_at, at) FROM audit_event WHERE action = 'form_saved'"
    )
    op.drop_column("audit_event", "last_at")
    op.drop_column("audit_event", "times")


def _add_tables() -> None:
    op.create_table(
        "audit_shown",
        sa.Column("event_id", sa.Integer(), sa.ForeignKey("audit_event.id"), nullable=False),
        sa.Column("shown_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "shown_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_shown_shown_id", "audit_shown", ["shown_id", "event_id"])
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_table(
        "audit_head",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "audit_purge",
        sa.Column("through", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("through"),
    )


def _protect_on_sqlite() -> None:
    for table, key in KEYS.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        op.execute(f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} {refuse}")
        when = f"WHEN NOT {DELETABLE[table]}" if table in DELETABLE else ""
        op.execute(f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} {when} {refuse}")
        # INSERT OR REPLACE deletes a row without running the trigger of DELETE.
        same_key = " AND ".join(f"{column} = NEW.{column}" for column in key)
        if table == "audit_seal":
            same_key += " OR event_id = NEW.event_id"
        op.execute(
            f"CREATE TRIGGER {table}_replace BEFORE INSERT ON {table}"  # noqa: S608 - names
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {same_key}) {refuse}"
        )


def _protect_on_postgresql() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    for table in KEYS:
        allow = f"IF {DELETABLE[table]} THEN RETURN OLD; END IF;" if table in DELETABLE else ""
        # A temporary table named audit_purge must not be found first.
        path = f"SET search_path = pg_catalog, {schema}, pg_temp"
        for name, body in (("refuse", ""), ("delete", allow)):
            op.execute(
                f"CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql {path} AS $$"
                f" BEGIN {body} RAISE EXCEPTION '{table} is append-only'; END $$"
            )
        for event, each, function in (
            ("UPDATE", "ROW", "refuse"),
            ("DELETE", "ROW", "delete"),
            ("TRUNCATE", "STATEMENT", "refuse"),
        ):
            op.execute(
                f"CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table}"
                f" FOR EACH {each} EXECUTE FUNCTION {table}_{function}()"
            )


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_event_update" + _on("audit_event"))
    op.execute("DROP TRIGGER audit_event_delete" + _on("audit_event"))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_event_replace")
    else:
        op.execute("DROP TRIGGER audit_event_truncate ON audit_event")
    for table in list(KEYS)[1:]:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in KEYS:
            op.execute(f"DROP FUNCTION {table}_refuse(), {table}_delete()")
    op.add_column(
        "audit_event", sa.Column("times", sa.Integer(), nullable=False, server_default="1")
    )
    op.add_column("audit_event", sa.Column("last_at", UTCDateTime(), nullable=True))
    for column in ("times", "last_at"):
        op.execute(
            f"UPDATE audit_event SET {column} = (SELECT {column} FROM save_run"  # noqa: S608 - a column
            " WHERE event_id = audit_event.id)"
            " WHERE id IN (SELECT event_id FROM save_run)"
        )
    op.drop_table("save_run")


def _on(table: str) -> str:
    return f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
