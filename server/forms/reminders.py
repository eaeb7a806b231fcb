"""Reminders of deadlines: to whoever owes something, and to the officer; each once.

A row for each reminder is written in the transaction of its messages, so that neither a restart
nor a second worker sends it again. A deadline that is excused is not reminded of.
"""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import structlog
from anyio.to_thread import run_sync
from sqlalchemy import ColumnElement, SQLColumnExpression, exists, literal
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import col, select

from server.accounts.tables import Account
from server.cases.desk import due_words
from server.cases.tables import Case, Exemption, Reminder
from server.core.database import Services, Transaction
from server.forms.access import writers_and_readers
from server.forms.advice import advice_due_words
from server.forms.catalogue import form_filled
from server.forms.tables import AdviceRequest, Submission
from server.messages.service import send_message
from server.people.tables import Person
from shared.accounts import Staff
from shared.advice import AWAITED, AdviceState
from shared.days import london_day
from shared.deadlines import DeadlineKind

log = structlog.get_logger()

LOOK_SECONDS = 15 * 60


async def remind_for_ever(services: Services) -> None:
    """Remind of what is due, again and again, until cancelled."""
    while services.settings.remind_days:
        try:
            await run_sync(remind_due, services)
        except SQLAlchemyError as error:
            log.error("reminding_interrupted", kind=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


def remind_due(services: Services) -> int:
    """Send the reminders that are due now; returns how many deadlines were reminded of.

    After a time without a server only the latest reminder of a deadline is sent.
    """
    sent = 0
    for days in sorted(services.settings.remind_days):
        with services.transaction(writes=False) as tx:
            last = london_day(tx.now) + timedelta(days=days)
            cases, advice = _cases(tx, last, days), _advice(tx, last, days)
        sent += sum(_remind_of_case(services, case, days) for case in cases)
        sent += sum(_remind_of_advice(services, one, days) for one in advice)
    return sent


def _told(
    subject: SQLColumnExpression[UUID],
    clock: SQLColumnExpression[str] | SQLColumnExpression[str | None],
    due: SQLColumnExpression[date] | SQLColumnExpression[date | None],
    days: int,
) -> ColumnElement[bool]:
    return exists().where(
        col(Reminder.subject_id) == subject,
        col(Reminder.clock) == clock,
        col(Reminder.due) == due,
        col(Reminder.days) <= days,
    )


def _cases(tx: Transaction, last: date, days: int) -> list[UUID]:
    return list(
        tx.session.exec(
            select(Case.id).where(
                col(Case.closed).is_(False),
                col(Case.excused).is_(False),
                col(Case.next_due) <= last,
                ~_told(col(Case.id), col(Case.next_kind), col(Case.next_due), days),
            )
        )
    )


def _advice(tx: Transaction, last: date, days: int) -> list[UUID]:
    excused = exists().where(col(Exemption.advice_id) == col(AdviceRequest.id))
    return list(
        tx.session.exec(
            select(AdviceRequest.id).where(
                col(AdviceRequest.state).in_([state.value for state in AWAITED]),
                col(AdviceRequest.due_on) <= last,
                ~excused,
                ~_told(
                    col(AdviceRequest.id),
                    literal(DeadlineKind.ADVICE.value),
                    col(AdviceRequest.due_on),
                    days,
                ),
            )
        )
    )


def _first(tx: Transaction, subject: UUID, clock: str, due: date, days: int) -> bool:
    """Note a reminder; says whether nobody else has."""
    try:
        with tx.session.begin_nested():
            tx.session.add(Reminder(subject_id=subject, clock=clock, due=due, days=days, at=tx.now))
    except IntegrityError:
        return False
    return True


def _remind_of_case(services: Services, case_id: UUID, days: int) -> bool:
    with services.transaction() as tx:
        case = tx.session.get(Case, case_id)
        if case is None or case.next_due is None or case.next_kind is None:
            return False
        if not _first(tx, case.id, case.next_kind, case.next_due, days):
            return False
        words = due_words(case.next_kind, case.next_due, london_day(tx.now))
        for officer in _officers(tx, case):
            _send(tx, officer, case.person_id, days, words, f"cases/{case.id}", "Open the case")
        return True


def _officers(tx: Transaction, case: Case) -> list[UUID]:
    """Tell who has a case; a case that nobody has is every officer's."""
    if case.officer_id is not None:
        return [case.officer_id]
    officers = select(Account.id).where(
        Account.staff == Staff.OFFICER, col(Account.disabled_at).is_(None)
    )
    return list(tx.session.exec(officers))


def _remind_of_advice(services: Services, advice_id: UUID, days: int) -> bool:
    with services.transaction() as tx:
        advice = tx.session.get(AdviceRequest, advice_id)
        if advice is None or AdviceState(advice.state) not in AWAITED:
            return False
        if not _first(tx, advice.id, DeadlineKind.ADVICE, advice.due_on, days):
            return False
        form = tx.session.get_one(Submission, advice.submission_id)
        title = form_filled(tx, form.form, form.form_version).title
        words = f"{title}: {advice_due_words(tx, advice)}"
        for account in writers_and_readers(tx, form):
            _send(tx, account, form.person_id, days, words, f"forms/{form.id}", title)
        case = tx.session.get_one(Case, advice.case_id)
        for officer in _officers(tx, case):
            _send(tx, officer, form.person_id, days, words, f"cases/{case.id}", "Open the case")
        return True


def _send(
    tx: Transaction, account: UUID, person_id: UUID, days: int, words: str, place: str, label: str
) -> None:
    person = tx.session.get_one(Person, person_id)
    send_message(
        tx,
        to_account=account,
        subject="A deadline is near" if days >= 0 else "A deadline has passed",
        body=f"{person.first_name} {person.last_name}. {words}.",
        place=place,
        place_label=label,
    )
