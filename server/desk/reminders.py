"""Reminders of deadlines, sent once to the responsible professionals and the officer.

A row for each reminder is written in the transaction of its messages, which locks the case or the
advice, so that neither a restart nor a second worker sends it again. Deadlines with an
exemption get no reminder.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, SQLColumnExpression, exists, literal
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from server.cases.service import responsible_officers
from server.cases.tables import Case
from server.cases.texts import deadline_text
from server.core.database import Services, Transaction
from server.core.logs import REPORT_LINE
from server.core.metrics import REMINDERS
from server.core.repeat import repeat
from server.desk.advice import lock_advice
from server.desk.tables import Reminder
from server.forms.access import accounts_with_access
from server.forms.advice import advice_due_text, awaits, is_excused
from server.forms.catalogue import pinned_form
from server.forms.tables import AdviceRequest
from server.messages.service import send_message
from server.people.service import filter_listed
from server.people.tables import Person
from shared.cases.deadlines import DeadlineKind
from shared.places import Place, PlaceKind
from shared.values.days import london_day

log = structlog.get_logger()

CHECK_SECONDS = 15 * 60

SendReminder = Callable[[Transaction, UUID, date, int], bool]
"""Sends the reminder for a case or advice, and returns whether it was still due."""


async def run_reminders(services: Services) -> None:
    """Send due reminders periodically until cancelled."""
    if services.settings.remind_days:
        await repeat("reminding", CHECK_SECONDS, partial(send_due_reminders, services))


async def send_due_reminders(services: Services) -> int:
    """Send the reminders due now and return the number of deadlines.

    After downtime, only the latest reminder of a deadline is sent.
    """
    count = 0
    for days in sorted(services.settings.remind_days):

        def find_due(tx: Transaction, days: int = days) -> tuple[date, list[UUID], list[UUID]]:
            latest_due = london_day(tx.now) + timedelta(days=days)
            cases = tx.session.exec(_select_due_cases(latest_due, days)).all()
            return (
                latest_due,
                list(cases),
                list(tx.session.exec(_select_due_advice(latest_due, days))),
            )

        latest_due, cases, advice = await services.read(find_due)
        for case in cases:
            count += await remind(services, _remind_of_case, case, latest_due, days)
        for request in advice:
            count += await remind(services, _remind_of_advice, request, latest_due, days)
    return count


async def remind(
    services: Services, send: SendReminder, subject: UUID, latest_due: date, days: int
) -> bool:
    """Send one reminder in its own transaction, and return whether it was still due."""
    try:
        sent = await services.write(lambda tx: send(tx, subject, latest_due, days))
    except Exception as error:  # noqa: BLE001 - one failure must not stop the others
        log.error(
            "reminder_failed", subject=str(subject), kind=type(error).__name__, do=REPORT_LINE
        )
        return False
    if sent:
        REMINDERS.inc()
    return sent


def is_already_sent(
    subject: SQLColumnExpression[UUID],
    kind: SQLColumnExpression[str] | SQLColumnExpression[str | None],
    due: SQLColumnExpression[date] | SQLColumnExpression[date | None],
    days: int,
) -> ColumnElement[bool]:
    """Whether a reminder of a deadline was sent so many days before it, or later."""
    return exists().where(
        col(Reminder.subject_id) == subject,
        col(Reminder.clock) == kind,
        col(Reminder.due) == due,
        col(Reminder.days) <= days,
    )


def _select_due_cases(latest_due: date, days: int) -> SelectOfScalar[UUID]:
    return select(Case.id).where(
        col(Case.settled).is_(False),
        col(Case.excused).is_(False),
        col(Case.next_due) <= latest_due,
        ~is_already_sent(col(Case.id), col(Case.next_kind), col(Case.next_due), days),
    )


def _select_due_advice(latest_due: date, days: int) -> SelectOfScalar[UUID]:
    kind = literal(DeadlineKind.ADVICE.value)
    query = select(AdviceRequest.id).join(Case, col(Case.id) == col(AdviceRequest.case_id))
    return query.where(
        col(Case.closed).is_(False),
        awaits(),
        col(AdviceRequest.due_on) <= latest_due,
        ~is_excused(),
        ~is_already_sent(col(AdviceRequest.id), kind, col(AdviceRequest.due_on), days),
    )


def record_reminder(tx: Transaction, subject: UUID, kind: str, due: date, days: int) -> None:
    """Record that a reminder was sent, in the transaction that sends it."""
    tx.session.add(Reminder(subject_id=subject, clock=kind, due=due, days=days, at=tx.now))


def _remind_of_case(tx: Transaction, case_id: UUID, latest_due: date, days: int) -> bool:
    case = tx.session.get_one(Case, case_id, with_for_update=True)
    still_due = tx.session.exec(
        _select_due_cases(latest_due, days).where(Case.id == case_id)
    ).first()
    if still_due is None or case.next_due is None or case.next_kind is None:
        return False
    record_reminder(tx, case.id, case.next_kind, case.next_due, days)
    text = deadline_text(case.next_kind, case.next_due, london_day(tx.now))
    for officer in responsible_officers(tx, case):
        send_reminder(
            tx, officer, case.person_id, days, text, PlaceKind.CASE.of(case.id), "Open the case"
        )
    return True


def _remind_of_advice(tx: Transaction, advice_id: UUID, latest_due: date, days: int) -> bool:
    advice, form = lock_advice(tx, advice_id)
    if (
        tx.session.exec(
            _select_due_advice(latest_due, days).where(AdviceRequest.id == advice_id)
        ).first()
        is None
    ):
        return False
    record_reminder(tx, advice.id, DeadlineKind.ADVICE, advice.due_on, days)
    title = pinned_form(tx, form.form, form.form_version).title
    text = f"{title}: {advice_due_text(tx, advice)}"
    for account in filter_listed(tx, form.person_id, accounts_with_access(tx, form)):
        send_reminder(tx, account, form.person_id, days, text, PlaceKind.FORM.of(form.id), title)
    case = tx.session.get_one(Case, advice.case_id)
    for officer in responsible_officers(tx, case):
        send_reminder(
            tx, officer, form.person_id, days, text, PlaceKind.CASE.of(case.id), "Open the case"
        )
    return True


def send_reminder(
    tx: Transaction, account: UUID, person_id: UUID, days: int, text: str, place: Place, label: str
) -> None:
    """Send an account a message about a deadline of a child."""
    person = tx.session.get_one(Person, person_id)
    send_message(
        tx,
        to_account=account,
        subject="A deadline is near" if days >= 0 else "A deadline has passed",
        body=f"{person.name}. {text}.",
        person=person_id,
        place=place,
        place_label=label,
    )
