"""The diary of a week as an iCalendar file (RFC 5545), which names no child."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from uuid import UUID

from icalendar import Calendar, Event
from sqlmodel import col, select

from server.accounts.actor import Actor
from server.casework.diary import WEEK, list_entries, week_of
from server.core.audit import Action
from server.core.database import Transaction
from server.forms.tables import Submission
from shared.diary import DiaryEntry, EntryKind
from shared.values.days import LONDON, london_day

PRODUCT = "-//Professional Portal//Diary//EN"
DOMAIN = "professional-portal"
TASK = "Task due"
"""What a task says may name the child, so the file does not hold it."""


def write_calendar(tx: Transaction, actor: Actor, day: date | None) -> bytes:
    """Return the diary of the week of a day as a file, and audit it."""
    first = week_of(day, london_day(tx.now))
    entries = [
        entry for entry in list_entries(tx, actor, first) if first <= entry.day < first + WEEK
    ]
    actor.record_shown(tx, Action.DIARY_SAVED, (entry.person for entry in entries))
    references = _load_references(tx, {entry.case for entry in entries if entry.case})
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for entry in entries:
        calendar.add_component(_event(entry, references, tx.now))
    return bytes(calendar.to_ical())


def _load_references(tx: Transaction, cases: Iterable[UUID]) -> dict[UUID, str]:
    """Return the reference of the first request of each case."""
    query = (
        select(Submission.case_id, Submission.reference)
        .where(col(Submission.case_id).in_(cases), col(Submission.reference).is_not(None))
        .order_by(col(Submission.submitted_at).desc())
    )
    return {case: reference for case, reference in tx.session.exec(query) if case and reference}


def _event(entry: DiaryEntry, references: dict[UUID, str], now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{entry.uid}@{DOMAIN}")
    event.add("dtstamp", now)
    event.add("dtstart", _start(entry))
    event.add("summary", _summary(entry, references))
    if entry.kind is not EntryKind.PANEL:
        event.add("transp", "TRANSPARENT")  # a deadline takes no time of the day
    return event


def _start(entry: DiaryEntry) -> date | datetime:
    if not entry.starts:
        return entry.day
    at = datetime.combine(entry.day, time.fromisoformat(entry.starts), LONDON)
    return at.astimezone(UTC)


def _summary(entry: DiaryEntry, references: dict[UUID, str]) -> str:
    words = TASK if entry.kind is EntryKind.TASK else entry.words
    if entry.case is None:
        return words
    return f"{words} (case {references.get(entry.case, entry.case.hex[:8].upper())})"
