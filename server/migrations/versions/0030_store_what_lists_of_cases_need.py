"""Store what lists of cases need: awaited advice, rights of the family, and the end of a case.

It also adds officers' own views, covers for officers who are away, and when advice was chased last.

The next deadline of a case whose first one is excused is computed again, without excused ones.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

from shared.cases.deadlines import FAMILY_DEADLINES, DeadlineKind, compute_deadlines, next_deadline
from shared.cases.events import EventKind, PastEvent

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

NOTHING_DUE = date(9999, 12, 31)
INDEXES = {
    "ix_case_desk": (
        ("closed", "next_due", "id"),
        ("settled", "due_on", "id", "closes_on", "place"),
    ),
    "ix_case_officer": (
        ("officer_id", "closed", "next_due"),
        ("officer_id", "settled", "due_on", "id", "closes_on"),
    ),
    "ix_case_of_officer": (
        ("officer_id", "closed", "id"),
        ("officer_id", "settled", "id", "closes_on"),
    ),
    "ix_case_person": (
        ("person_id", "closed", "next_due", "id"),
        ("person_id", "settled", "due_on", "id", "closes_on"),
    ),
    "ix_case_stage": (
        ("closed", "place", "id", "officer_id"),
        ("settled", "place", "id", "officer_id", "closes_on"),
    ),
}
"""The columns of each index before and after."""
COLUMNS: dict[str, sa.types.TypeEngine[object]] = {
    "closes_on": sa.Date(),
    "family_kind": sa.String(),
    "family_due": sa.Date(),
    "advice_due": sa.Date(),
    "last_kind": sa.String(),
    "last_on": sa.Date(),
}
"""The new columns that allow NULL."""

case = sa.table(
    "case",
    sa.column("id", sa.Uuid()),
    sa.column("dispute", sa.String()),
    sa.column("closed", sa.Boolean()),
    sa.column("settled", sa.Boolean()),
    sa.column("next_kind", sa.String()),
    sa.column("next_due", sa.Date()),
    sa.column("excused", sa.Boolean()),
    sa.column("advice_awaited", sa.Integer()),
    sa.column("due_on", sa.Date()),
    *(sa.column(name, type) for name, type in COLUMNS.items()),
)
event = sa.table(
    "case_event",
    sa.column("id", sa.Integer()),
    sa.column("case_id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("on", sa.Date()),
)
exemption = sa.table(
    "exemption",
    sa.column("case_id", sa.Uuid()),
    sa.column("advice_id", sa.Uuid()),
    sa.column("clock", sa.String()),
    sa.column("started_by", sa.Integer()),
)
advice = sa.table(
    "advice_request",
    sa.column("id", sa.Uuid()),
    sa.column("case_id", sa.Uuid()),
    sa.column("state", sa.String()),
    sa.column("due_on", sa.Date()),
)


def upgrade() -> None:
    op.create_table(
        "cover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("cover_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        *(
            sa.ForeignKeyConstraint([name], ["account.id"])
            for name in ("officer_id", "cover_id", "set_by")
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "case_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_case_view_account_id", "case_view", ["account_id"])
    op.create_index("ix_cover_officer_id", "cover", ["officer_id"])
    op.create_index("ix_cover_cover_id", "cover", ["cover_id"])
    op.add_column("advice_request", sa.Column("chased_at", UTCDateTime(), nullable=True))
    op.add_column("advice_request", sa.Column("chase_id", sa.Uuid(), nullable=True))
    for name, type in COLUMNS.items():
        op.add_column("case", sa.Column(name, type, nullable=True))
    false = sa.Column("settled", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("case", false)
    zero = sa.Column("advice_awaited", sa.Integer(), nullable=False, server_default="0")
    op.add_column("case", zero)
    never = sa.Column("due_on", sa.Date(), nullable=False, server_default=str(NOTHING_DUE))
    op.add_column("case", never)
    for name, (_, columns) in INDEXES.items():
        op.drop_index(name, "case")
        op.create_index(name, "case", columns)
    _fill()


def _fill() -> None:
    execute = op.get_bind().execute
    events = defaultdict(list)
    for row in execute(sa.select(event).order_by(event.c.id)):
        events[row.case_id].append(row)
    excused = {(row.case_id, row.clock, row.started_by) for row in execute(sa.select(exemption))}
    excused_advice = sa.exists().where(exemption.c.advice_id == advice.c.id)
    day = sa.case((~excused_advice, advice.c.due_on))
    awaited = {
        id: (count, due)
        for id, count, due in execute(
            sa.select(advice.c.case_id, sa.func.count(), sa.func.min(day))
            .where(advice.c.state.in_(["requested", "started", "returned"]))
            .group_by(advice.c.case_id)
        )
    }
    for row in execute(sa.select(case)).all():
        values = _derive(row, events[row.id], excused, *awaited.get(row.id, (0, None)))
        execute(case.update().where(case.c.id == row.id).values(values))


def _derive(
    row: sa.Row[tuple[object, ...]],
    events: Sequence[sa.Row[tuple[object, ...]]],
    excused: set[tuple[UUID, str, int]],
    awaited: int,
    advice_due: date | None,
) -> dict[str, object]:
    values: dict[str, object] = {"advice_awaited": awaited, "advice_due": advice_due}
    next_due, is_excused, appeal = row.next_due, row.excused, None
    if events:
        values |= {"last_kind": events[-1].kind, "last_on": events[-1].on}
    try:
        past = [PastEvent(EventKind(item.kind), item.on) for item in events]
        deadlines = compute_deadlines(past)
    except ValueError:  # the events are in no order that the law knows
        deadlines = []
    rights = [item for item in deadlines if item.kind in FAMILY_DEADLINES]
    if rights:
        values |= {"family_kind": rights[-1].kind.value, "family_due": rights[-1].due}
        appeal = next((item.due for item in rights if item.kind is DeadlineKind.APPEAL), None)
    if is_excused:
        later = next_deadline(
            item
            for item in deadlines
            if (row.id, item.kind, events[item.start_index].id) not in excused
        )
        if later is not None:
            next_due, is_excused = later.due, False
            values |= {"next_kind": later.kind.value, "next_due": next_due, "excused": False}
    may_lapse = row.closed and row.dispute in {None, "certificate"}
    values["closes_on"] = appeal if may_lapse else None
    values["settled"] = may_lapse and appeal is None
    days = (None if is_excused else next_due, None if row.closed else advice_due)
    return values | {"due_on": min((day for day in days if day is not None), default=NOTHING_DUE)}


def downgrade() -> None:
    op.drop_table("cover")
    op.drop_table("case_view")
    op.drop_column("advice_request", "chase_id")
    op.drop_column("advice_request", "chased_at")
    for name, (columns, _) in INDEXES.items():
        op.drop_index(name, "case")
        op.create_index(name, "case", columns)
    for name in ("due_on", "advice_awaited", "settled", *COLUMNS):
        op.drop_column("case", name)
