"""Reminders of consultations: to the setting if its address is known, and to the officer.

They are recorded and sent as those of deadlines are; see `server.desk.reminders`.
"""

from datetime import date, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import exists, literal
from sqlmodel import col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from server.cases.service import responsible_officers
from server.cases.tables import Case, CaseEvent
from server.core.database import Services, Transaction
from server.core.repeat import repeat
from server.desk.reminders import (
    CHECK_SECONDS,
    is_already_sent,
    record_reminder,
    remind,
    send_reminder,
)
from server.placements.consulting import send_letter
from server.placements.tables import Consultation
from shared.cases.events import EventKind
from shared.placements import PLACING_STATES
from shared.places import PlaceKind
from shared.values.days import format_day, london_day

KIND = "consultation"


async def run_consultation_reminders(services: Services) -> None:
    """Send due reminders periodically until cancelled."""
    if services.settings.remind_days:
        work = partial(send_consultation_reminders, services)
        await repeat("reminding settings", CHECK_SECONDS, work)


async def send_consultation_reminders(services: Services) -> int:
    """Send the reminders due now and return their number.

    One that is longer before the day than the period of a consultation would come with the letter
    that asks, so it is left out.
    """
    count = 0
    for days in sorted(services.settings.remind_days):
        if days >= services.settings.periods.consultation - 1:
            continue

        def find_due(tx: Transaction, days: int = days) -> tuple[date, list[UUID]]:
            today = london_day(tx.now)
            latest_due = today + timedelta(days=days)
            return latest_due, list(tx.session.exec(_select_due(latest_due, days, today)))

        latest_due, consultations = await services.read(find_due)
        for consultation in consultations:
            count += await remind(services, _remind_of_reply, consultation, latest_due, days)
    return count


def _select_due(latest_due: date, days: int, today: date) -> SelectOfScalar[UUID]:
    """Select consultations without a reply, unless chased today or asked for an issued plan."""
    is_issued = exists().where(
        col(CaseEvent.case_id) == col(Case.id),
        col(CaseEvent.kind) == EventKind.FINAL_ISSUED,
        col(CaseEvent.removed_at).is_(None),
        col(CaseEvent.on) >= col(Consultation.asked_on),
        col(CaseEvent.at) > col(Consultation.at),
    )
    return (
        select(Consultation.id)
        .join(Case, col(Case.id) == col(Consultation.case_id))
        .where(
            col(Case.state).in_([state.value for state in PLACING_STATES]),
            col(Consultation.reply).is_(None),
            col(Consultation.due_on) <= latest_due,
            or_(col(Consultation.chased_on).is_(None), col(Consultation.chased_on) < today),
            ~is_issued,
            ~is_already_sent(col(Consultation.id), literal(KIND), col(Consultation.due_on), days),
        )
    )


def _remind_of_reply(tx: Transaction, id: UUID, latest_due: date, days: int) -> bool:
    row = tx.session.get_one(Consultation, id, with_for_update=True)
    still_due = _select_due(latest_due, days, london_day(tx.now)).where(Consultation.id == id)
    if tx.session.exec(still_due).first() is None:
        return False
    record_reminder(tx, row.id, KIND, row.due_on, days)
    send_letter(tx, row)
    case = tx.session.get_one(Case, row.case_id)
    by = "was reminded by email" if row.email else "has no email address here: print the letter"
    should = "should reply" if days >= 0 else "should have replied"
    text = f"{row.name} {should} by {format_day(row.due_on)} and {by}"
    for officer in responsible_officers(tx, case):
        place = PlaceKind.PLACEMENTS.of(case.id)
        send_reminder(tx, officer, case.person_id, days, text, place, "Settings and placement")
    return True
