"""Reminders of deadlines, sent once to the professionals responsible and the officer.

A row for each reminder is written in the transaction of its messages, which locks the case or the
advice, so that neither a restart nor a second worker sends it again. Excused deadlines get no
reminder.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, SQLColumnExpression, exists, literal
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from server.accounts.tables import Account
from server.cases.tables import Case, Exemption
from server.cases.texts import deadline_text
from server.core.database import Services, Transaction
from server.core.repeat import repeat
from server.desk.advice import lock_advice
from server.desk.tables import Reminder
from server.forms.access import accounts_with_access
from server.forms.advice import advice_due_text
from server.forms.catalogue import pinned_form
from server.forms.tables import AdviceRequest
from server.messages.service import send_message
from server.people.tables import Person
from shared.accounts import Staff
from shared.cases.deadlines import DeadlineKind
from shared.desk import AWAITED
from shared.places import Place, PlaceKind
from shared.values.days import london_day

log = structlog.get_logger()

CHECK_SECONDS = 15 * 60

SendReminder = Callable[[Transaction, UUID, date, int], bool]
"""Sends the reminder of one case or request; returns whether it was still due."""


async def run_reminders(services: Services) -> None:
    """Send due reminders periodically until cancelled."""
    if services.settings.remind_days:
        await repeat("reminding", CHECK_SECONDS, partial(remind_due, services))


async def remind_due(services: Services) -> int:
    """Send the reminders due now; returns the number of deadlines.

    After downtime, only the latest reminder of a deadline is sent.
    """
    sent = 0
    for days in sorted(services.settings.remind_days):

        def due(tx: Transaction, days: int = days) -> tuple[date, list[UUID], list[UUID]]:
            last = london_day(tx.now) + timedelta(days=days)
            cases = tx.session.exec(_cases(last, days)).all()
            return last, list(cases), list(tx.session.exec(_advice(last, days)))

        last, cases, advice = await services.read(due)
        for case in cases:
            sent += await _remind(services, _remind_of_case, case, last, days)
        for request in advice:
            sent += await _remind(services, _remind_of_advice, request, last, days)
    return sent


async def _remind(
    services: Services, send: SendReminder, subject: UUID, last: date, days: int
) -> bool:
    try:
        return await services.write(lambda tx: send(tx, subject, last, days))
    except Exception as error:  # noqa: BLE001 - one failure must not stop the others
        log.error("reminder_failed", subject=str(subject), kind=type(error).__name__)
        return False


def _already_sent(
    subject: SQLColumnExpression[UUID],
    kind: SQLColumnExpression[str] | SQLColumnExpression[str | None],
    due: SQLColumnExpression[date] | SQLColumnExpression[date | None],
    days: int,
) -> ColumnElement[bool]:
    return exists().where(
        col(Reminder.subject_id) == subject,
        col(Reminder.clock) == kind,
        col(Reminder.due) == due,
        col(Reminder.days) <= days,
    )


def _cases(last: date, days: int) -> SelectOfScalar[UUID]:
    return select(Case.id).where(
        col(Case.closed).is_(False),
        col(Case.excused).is_(False),
        col(Case.next_due) <= last,
        ~_already_sent(col(Case.id), col(Case.next_kind), col(Case.next_due), days),
    )


def _advice(last: date, days: int) -> SelectOfScalar[UUID]:
    excused = exists().where(col(Exemption.advice_id) == col(AdviceRequest.id))
    kind = literal(DeadlineKind.ADVICE.value)
    query = select(AdviceRequest.id).join(Case, col(Case.id) == col(AdviceRequest.case_id))
    return query.where(
        col(Case.closed).is_(False),
        col(AdviceRequest.state).in_([state.value for state in AWAITED]),
        col(AdviceRequest.due_on) <= last,
        ~excused,
        ~_already_sent(col(AdviceRequest.id), kind, col(AdviceRequest.due_on), days),
    )


def _record(tx: Transaction, subject: UUID, kind: str, due: date, days: int) -> None:
    tx.session.add(Reminder(subject_id=subject, clock=kind, due=due, days=days, at=tx.now))


def _remind_of_case(tx: Transaction, case_id: UUID, last: date, days: int) -> bool:
    case = tx.session.get_one(Case, case_id, with_for_update=True)
    still_due = tx.session.exec(_cases(last, days).where(Case.id == case_id)).first()
    if still_due is None or case.next_due is None or case.next_kind is None:
        return False
    _record(tx, case.id, case.next_kind, case.next_due, days)
    text = deadline_text(case.next_kind, case.next_due, london_day(tx.now))
    for officer in _officers(tx, case):
        _send(tx, officer, case.person_id, days, text, PlaceKind.CASE.of(case.id), "Open the case")
    return True


def _officers(tx: Transaction, case: Case) -> list[UUID]:
    """Return the officer of a case, or every officer for an unassigned case."""
    if case.officer_id is not None:
        return [case.officer_id]
    officers = select(Account.id).where(
        Account.staff == Staff.OFFICER, col(Account.disabled_at).is_(None)
    )
    return list(tx.session.exec(officers))


def _remind_of_advice(tx: Transaction, advice_id: UUID, last: date, days: int) -> bool:
    advice, form = lock_advice(tx, advice_id)
    if tx.session.exec(_advice(last, days).where(AdviceRequest.id == advice_id)).first() is None:
        return False
    _record(tx, advice.id, DeadlineKind.ADVICE, advice.due_on, days)
    title = pinned_form(tx, form.form, form.form_version).title
    text = f"{title}: {advice_due_text(tx, advice)}"
    for account in accounts_with_access(tx, form):
        _send(tx, account, form.person_id, days, text, PlaceKind.FORM.of(form.id), title)
    case = tx.session.get_one(Case, advice.case_id)
    for officer in _officers(tx, case):
        _send(tx, officer, form.person_id, days, text, PlaceKind.CASE.of(case.id), "Open the case")
    return True


def _send(
    tx: Transaction, account: UUID, person_id: UUID, days: int, text: str, place: Place, label: str
) -> None:
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
