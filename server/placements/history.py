"""What was done in a case about settings, the placement and letters, for its history.

The audit log has when each step was recorded, and by whom; the rows have what they say now.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import find_case
from server.cases.tables import Case
from server.cases.texts import name_rights_holder
from server.core.audit import Action, AuditEvent
from server.core.database import Transaction
from server.desk.history import AUTHORITY
from server.desk.tables import Reminder
from server.letters.tables import LetterPosting, LetterRecord
from server.people.tables import Person
from server.placements.placing import placement_out, placements_of
from server.placements.reminders import KIND as REMINDER_KIND
from server.placements.sen2.specification import specification
from server.placements.tables import Consultation, FamilyRequest, Placement
from shared.cases.clock import days_left_text
from shared.desk import CaseStep
from shared.placements import (
    REFUSAL_GROUNDS,
    SETTING_KINDS,
    RefusalGround,
    SettingKind,
    placement_days,
    placement_text,
)
from shared.values.days import format_datetime, format_day, london_day

SCHOOL_BEFORE = "Until then: {}"
NOT_FOLLOWED = "Taken back: the placement has not begun or is corrected, or its plan was undone."


class _Entry(NamedTuple):
    """An entry of the audit log, and who did it."""

    event: AuditEvent
    by: str


Entries = Mapping[str, Sequence[_Entry]]
"""The entries about one row by their action, which may be of a newer version, oldest first."""
RowT = TypeVar("RowT", Consultation, FamilyRequest)


def read_history(tx: Transaction, actor: Actor, case_id: UUID) -> list[CaseStep]:
    """List the steps of a case, oldest first, and audit the reading; raises NOT_FOUND."""
    case = find_case(tx, actor, case_id)
    actor.record(tx, Action.PLACEMENT_READ, subject=case.id, person=case.person_id)
    born = tx.session.get_one(Person, case.person_id).born
    consultations = _rows_of(tx, case, Consultation)
    requests = _rows_of(tx, case, FamilyRequest)
    placements = placements_of(tx, case)
    entries = _entries_about(tx, [row.id for row in (*consultations, *requests, *placements)])
    steps = [step for row in consultations for step in _consultation_steps(row, entries[row.id])]
    steps += _reminder_steps(tx, {row.id: row for row in consultations if row.email})

    def family(label: str, on: date | None) -> str:
        return name_rights_holder(label, born, on or london_day(tx.now))

    steps += [step for row in requests for step in _request_steps(row, entries[row.id], family)]
    steps += [step for row in placements for step in _placement_steps(row, entries[row.id])]
    steps += _posting_steps(tx, case)
    return sorted(steps, key=attrgetter("on", "at"))


def _rows_of(tx: Transaction, case: Case, table: type[RowT]) -> Sequence[RowT]:
    return tx.session.exec(select(table).where(table.case_id == case.id)).all()


def _entries_about(
    tx: Transaction, subjects: Sequence[UUID]
) -> defaultdict[UUID | None, defaultdict[str, list[_Entry]]]:
    query = (
        select(AuditEvent, Account)
        .join(Account, col(Account.id) == col(AuditEvent.account_id), isouter=True)
        .where(col(AuditEvent.subject_id).in_(subjects))
        .order_by(col(AuditEvent.id))
    )
    entries: defaultdict[UUID | None, defaultdict[str, list[_Entry]]]
    entries = defaultdict(lambda: defaultdict(list))
    for event, account in tx.session.execute(query):
        entry = _Entry(event, account.name if account else AUTHORITY)
        entries[event.subject_id][event.action].append(entry)
    return entries


def _consultation_steps(row: Consultation, entries: Entries) -> Iterator[CaseStep]:
    way, due = f"By email to {row.email}" if row.email else "By post", format_day(row.due_on)
    yield from _steps(
        entries[Action.SETTING_CONSULTED],
        f"Setting consulted: {row.name}",
        f"{way}, reply due {due}.",
        row.asked_on,
    )
    for entry in entries[Action.SETTING_CHASED]:
        yield from _steps([entry], f"Setting chased: {row.name}")
    if row.reply and row.replied_on:
        is_late = row.replied_on > row.due_on
        late = f"Reply due {due}: {days_left_text(row.due_on, row.replied_on)}" if is_late else ""
        answer = ": ".join(filter(None, (row.reply.capitalize(), _ground_text(row.ground))))
        yield from _steps(
            entries[Action.SETTING_REPLIED],
            f"Setting replied: {row.name}",
            "\n".join(filter(None, (answer, row.words))),
            row.replied_on,
            late,
        )


def _posting_steps(tx: Transaction, case: Case) -> Iterator[CaseStep]:
    """Yield when letters were posted."""
    query = (
        select(LetterRecord, LetterPosting)
        .join(LetterPosting, col(LetterPosting.id) == col(LetterRecord.document_id))
        .where(LetterRecord.case_id == case.id)
    )
    posted = tx.session.exec(query).all()
    entries = _entries_about(tx, [letter.document_id for letter, _ in posted])
    for letter, posting in posted:
        recorded = entries[letter.document_id][Action.LETTER_POSTED]
        yield from _steps(recorded, f"Letter posted: {letter.title}", on=posting.posted_on)


def _reminder_steps(tx: Transaction, emailed: Mapping[UUID, Consultation]) -> Iterator[CaseStep]:
    """Yield the reminders that the portal emailed to settings, which no audit entry has."""
    query = select(Reminder).where(
        col(Reminder.subject_id).in_(emailed), Reminder.clock == REMINDER_KIND
    )
    for reminder in tx.session.exec(query):
        yield CaseStep(
            label=f"Setting reminded by email: {emailed[reminder.subject_id].name}",
            on=london_day(reminder.at),
            at=reminder.at,
            by=AUTHORITY,
        )


def _request_steps(
    row: FamilyRequest, entries: Entries, family: Callable[[str, date | None], str]
) -> Iterator[CaseStep]:
    """Yield the request and its decision; `family` names whose rights they are in a label."""
    yield from _steps(
        entries[Action.FAMILY_REQUEST_RECORDED],
        f"{family('Family asked for a setting', row.on)}: {row.name}",
        SETTING_KINDS[SettingKind(row.kind)],
        row.on,
    )
    answer = "Setting agreed to" if row.agreed else "Setting refused to the family"
    yield from _steps(
        entries[Action.FAMILY_REQUEST_DECIDED],
        f"{family(answer, row.decided_on)}: {row.name}",
        "\n".join(filter(None, (_ground_text(row.ground), row.reason))),
        row.decided_on,
    )


def _placement_steps(row: Placement, entries: Entries) -> Iterator[CaseStep]:
    shown = placement_out(row)
    details = placement_text(shown, specification().codes["setting"])
    text = f"{placement_days(shown)} · {details}"
    yield from _steps(entries[Action.PLACEMENT_NAMED], f"Placement named: {row.name}", text)
    was = NOT_FOLLOWED if row.school_before is None else SCHOOL_BEFORE.format(row.school_before)
    followed = f"School of the child follows the placement: {row.name}"
    yield from _steps(entries[Action.SCHOOL_FOLLOWED], followed, was)


def _ground_text(ground: str | None) -> str:
    return REFUSAL_GROUNDS[RefusalGround(ground)] if ground else ""


def _steps(
    entries: Sequence[_Entry], label: str, text: str = "", on: date | None = None, late: str = ""
) -> Iterator[CaseStep]:
    """Yield the step that the first entry recorded, if any, with its corrections by the others."""
    for first in entries[:1]:
        yield CaseStep(
            label=label,
            on=on or london_day(first.event.at),
            at=first.event.at,
            by=first.by,
            text=text,
            late=late,
            corrections=[
                f"Corrected {format_datetime(entry.event.at)} by {entry.by}"
                for entry in entries[1:]
            ],
        )
