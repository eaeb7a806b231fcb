"""Link each exemption to the deadline running when it was recorded.

Also moves the due date of reviews a day earlier, and redirects references to merged children.
"""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LEAP_DAY = (2, 29)
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
"""The events and resulting states that start each deadline that can be excused."""

event = sa.table(
    "case_event",
    sa.column("id", sa.Integer()),
    sa.column("case_id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("state", sa.String()),
    sa.column("on", sa.Date()),
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
    sa.column("person_id", sa.Uuid()),
    sa.column("closed", sa.Boolean()),
    sa.column("next_kind", sa.String()),
    sa.column("next_due", sa.Date()),
    sa.column("excused", sa.Boolean()),
)
reminder = sa.table(
    "reminder",
    sa.column("subject_id", sa.Uuid()),
    sa.column("clock", sa.String()),
    sa.column("due", sa.Date()),
)
listed = sa.table(
    "listed_person", sa.column("person_id", sa.Uuid()), sa.column("account_id", sa.Uuid())
)
person = sa.table("person", sa.column("id", sa.Uuid()), sa.column("merged_into", sa.Uuid()))
message = sa.table("message", sa.column("place", sa.String()))


def upgrade() -> None:
    op.add_column("exemption", sa.Column("started_by", sa.Integer(), nullable=True))
    for clock, starts in STARTS.items():
        started = sa.select(sa.func.max(event.c.id)).where(
            sa.or_(*(sa.and_(event.c.kind == kind, event.c.state == to) for kind, to in starts))
        )
        started_before = started.where(
            event.c.case_id == exemption.c.case_id, event.c.at <= exemption.c.at
        )
        op.execute(
            exemption.update()
            .where(exemption.c.clock == clock)
            .values(started_by=started_before.scalar_subquery())
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
    _redirect_references()


def _move_reviews(days: int) -> None:
    execute = op.get_bind().execute
    # A year from 29 February ends on 28 February, as before.
    event_days = execute(sa.select(event.c.case_id, event.c.on)).all()
    leap_day_cases = {id for id, on in event_days if (on.month, on.day) == LEAP_DAY}
    reviews = sa.select(case.c.id, case.c.next_due).where(case.c.next_kind == "review")
    for id, due in execute(reviews).all():
        if id in leap_day_cases:
            continue
        moved = due + timedelta(days=days)
        sent_reminder = (
            reminder.c.subject_id == id,
            reminder.c.clock == "review",
            reminder.c.due == due,
        )
        op.execute(case.update().where(case.c.id == id).values(next_due=moved))
        op.execute(reminder.update().where(*sent_reminder).values(due=moved))


def _redirect_references() -> None:
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
        _move_rows(old, known)


def _move_rows(old: UUID, known: UUID) -> None:
    account_ids = sa.select(listed.c.account_id).where(listed.c.person_id == known)
    op.execute(
        listed.update()
        .where(listed.c.person_id == old, listed.c.account_id.not_in(account_ids))
        .values(person_id=known)
    )
    op.execute(listed.delete().where(listed.c.person_id == old))
    open_cases = sa.select(sa.func.count(case.c.person_id.distinct())).where(
        case.c.person_id.in_([old, known]), case.c.closed.is_(False)
    )
    if op.get_bind().execute(open_cases).scalar_one() > 1:
        return  # an officer must decide which of two open cases continues
    for name in ("case", "submission", "document"):
        of_child = sa.table(name, sa.column("person_id", sa.Uuid()))
        op.execute(of_child.update().where(of_child.c.person_id == old).values(person_id=known))


def downgrade() -> None:
    op.drop_column("exemption", "started_by")
    _move_reviews(1)
