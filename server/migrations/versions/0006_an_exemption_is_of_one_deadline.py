"""An exemption is of the deadline that ran when it was recorded, and a review a day earlier.

What leads to a child that was matched leads to the one they went on as.
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WON = ("ordered", "conceded")
RECEIVED = (("request_received", "submitted"),)
TO_ASSESS = tuple((kind, "assessing") for kind in WON)
STARTS = {
    "decide": RECEIVED,
    "no_plan": (*RECEIVED, *TO_ASSESS),
    "final": (
        *RECEIVED,
        *TO_ASSESS,
        *((kind, "draft_plan") for kind in WON),
        ("reassessment_agreed", "reassessing"),
    ),
}
"""The events, with where they led, that started each deadline that can be excused."""

event = sa.table(
    "case_event",
    sa.column("id", sa.Integer()),
    sa.column("case_id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("state", sa.String()),
    sa.column("at", UTCDateTime()),
)
exemption = sa.table(
    "exemption",
    sa.column("case_id", sa.Uuid()),
    sa.column("clock", sa.String()),
    sa.column("at", UTCDateTime()),
    sa.column("started_by", sa.Integer()),
)
case = sa.table(
    "case",
    sa.column("id", sa.Uuid()),
    sa.column("next_kind", sa.String()),
    sa.column("next_due", sa.Date()),
    sa.column("excused", sa.Boolean()),
)


person = sa.table("person", sa.column("id", sa.Uuid()), sa.column("merged_into", sa.Uuid()))
message = sa.table("message", sa.column("place", sa.String()))


def upgrade() -> None:
    op.add_column("exemption", sa.Column("started_by", sa.Integer(), nullable=True))
    for clock, starts in STARTS.items():
        started = sa.select(sa.func.max(event.c.id)).where(
            sa.or_(*(sa.and_(event.c.kind == kind, event.c.state == to) for kind, to in starts))
        )
        then = started.where(event.c.case_id == exemption.c.case_id, event.c.at <= exemption.c.at)
        op.execute(
            exemption.update()
            .where(exemption.c.clock == clock)
            .values(started_by=then.scalar_subquery())
        )
        now = started.where(event.c.case_id == exemption.c.case_id).scalar_subquery()
        of_now = sa.exists().where(
            exemption.c.case_id == case.c.id,
            exemption.c.clock == clock,
            exemption.c.started_by == now,
        )
        op.execute(
            case.update()
            .where(case.c.next_kind == clock, case.c.excused, ~of_now)
            .values(excused=sa.false())
        )
    _move_reviews(-1)
    _lead_on()


def _move_reviews(days: int) -> None:
    reviews = sa.select(case.c.id, case.c.next_due).where(case.c.next_kind == "review")
    for id, due in op.get_bind().execute(reviews).all():
        moved = {"next_due": due + timedelta(days=days)}
        op.execute(case.update().where(case.c.id == id).values(moved))


def _lead_on() -> None:
    merged = dict(
        op.get_bind()
        .execute(
            sa.select(person.c.id, person.c.merged_into).where(person.c.merged_into.is_not(None))
        )
        .all()
    )
    for old, into in merged.items():
        known, seen = into, {old}
        while known in merged and known not in seen:
            seen.add(known)
            known = merged[known]
        op.execute(person.update().where(person.c.id == old).values(merged_into=known))
        op.execute(
            message.update()
            .where(message.c.place == f"people/{old}")
            .values(place=f"people/{known}")
        )
        for name in ("submission", "document"):
            of_child = sa.table(name, sa.column("person_id", sa.Uuid()))
            op.execute(of_child.update().where(of_child.c.person_id == old).values(person_id=known))


def downgrade() -> None:
    op.drop_column("exemption", "started_by")
    _move_reviews(1)
