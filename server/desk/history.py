"""The history of a case: its events with their corrections, and when a step was late."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from server.accounts.tables import Account
from server.cases.service import past_events
from server.cases.tables import CaseEvent, EventCorrection
from server.cases.texts import event_label
from server.core.database import Transaction
from server.desk.correcting import is_undoable
from server.desk.publishing import find_plan_of
from server.documents.tables import Document
from server.letters.tables import LetterPosting, LetterRecord
from shared.cases.actions import EventRow
from shared.cases.clock import Periods, days_left_text
from shared.cases.deadlines import (
    APPOINTMENTS,
    DEADLINE_LABELS,
    DEADLINES_ENDED_BY,
    FAMILY_DEADLINES,
    compute_deadlines,
)
from shared.cases.events import EventKind
from shared.values.days import format_datetime, format_day

AUTHORITY = "the Local Authority"
MAX_LATE_CHECKED = 100
"""Events of which lateness is computed; a longer history shows it for none."""


def event_rows(tx: Transaction, everything: Sequence[CaseEvent], born: date) -> list[EventRow]:
    """Build the rows of all events of a case, oldest first; `born` is the child's birth date."""
    events = [event for event in everything if event.removed_at is None]
    corrections = _corrections(tx, everything)
    names = _names(tx, everything, corrections)
    documents = _document_names(tx, everything)
    late = _late_texts(events, tx.services.settings.periods)
    rows = []
    for event in everything:
        assert event.id is not None  # noqa: S101 - it was read from the database
        kind = EventKind(event.kind)
        undoable = is_undoable(tx, events, event)
        rows.append(
            EventRow(
                id=event.id,
                kind=kind,
                words=event_label(kind, born, event.on),
                on=event.on,
                at=event.at,
                day=event.day,
                by=_name(names, event.account_id),
                reason=event.reason,
                document=documents.get(event.document_id, ""),
                late=late.get(event.id, ""),
                corrections=[_correction_text(item, names, born) for item in corrections[event.id]],
                removed=_removed_text(event, names),
                undoable=undoable,
                letters=_letters_of(tx, event) if undoable else [],
                withdraws_plan=undoable and find_plan_of(tx, event) is not None,
            )
        )
    return rows


def _corrections(
    tx: Transaction, events: Sequence[CaseEvent]
) -> Mapping[int | None, list[EventCorrection]]:
    by_event: dict[int | None, list[EventCorrection]] = {event.id: [] for event in events}
    query = (
        select(EventCorrection)
        .where(col(EventCorrection.event_id).in_(list(by_event)))
        .order_by(col(EventCorrection.version))
    )
    for item in tx.session.exec(query):
        by_event[item.event_id].append(item)
    return by_event


def _names(
    tx: Transaction,
    events: Iterable[CaseEvent],
    corrections: Mapping[int | None, list[EventCorrection]],
) -> dict[UUID, str]:
    ids = {item.account_id for items in corrections.values() for item in items}
    for event in events:
        ids |= {id for id in (event.account_id, event.removed_by) if id is not None}
    accounts = tx.session.exec(select(Account).where(col(Account.id).in_(ids)))
    return {account.id: account.name for account in accounts}


def _document_names(tx: Transaction, events: Iterable[CaseEvent]) -> dict[UUID | None, str]:
    ids = {event.document_id for event in events if event.document_id}
    query = select(Document).where(col(Document.id).in_(ids))
    return {document.id: document.name for document in tx.session.exec(query)} if ids else {}


def _letters_of(tx: Transaction, event: CaseEvent) -> list[str]:
    """Return the letters that were made of an event, oldest first."""
    query = (
        select(LetterRecord, LetterPosting)
        .join(LetterPosting, col(LetterPosting.id) == col(LetterRecord.document_id), isouter=True)
        .where(LetterRecord.case_id == event.case_id, LetterRecord.event_id == event.id)
        .order_by(col(LetterRecord.made_at))
    )
    return [
        f"{letter.title}, posted {format_day(posting.posted_on)}" if posting else letter.title
        for letter, posting in tx.session.execute(query)
    ]


def _name(names: Mapping[UUID, str], account: UUID | None) -> str:
    return names.get(account, AUTHORITY) if account else AUTHORITY


def _correction_text(item: EventCorrection, names: Mapping[UUID, str], born: date) -> str:
    day = f" ({format_day(item.day)})" if item.day else ""
    return (
        f"Corrected {format_datetime(item.at)} by {_name(names, item.account_id)}. It was: "
        f"{event_label(item.kind, born, item.on)}{day}, {format_day(item.on)}. {item.reason}"
    )


def _removed_text(event: CaseEvent, names: Mapping[UUID, str]) -> str:
    if event.removed_at is None:
        return ""
    return f"Undone {format_datetime(event.removed_at)} by {_name(names, event.removed_by)}"


def _late_texts(events: Sequence[CaseEvent], periods: Periods) -> dict[int | None, str]:
    """Say of each event which of the authority's deadlines it ended late."""
    if len(events) > MAX_LATE_CHECKED:
        return {}
    texts = {}
    past = past_events(events)
    for index, event in enumerate(events):
        ended = (
            DEADLINES_ENDED_BY.get(EventKind(event.kind), frozenset())
            - FAMILY_DEADLINES
            - APPOINTMENTS
        )
        late = [
            f"{DEADLINE_LABELS[deadline.kind]} {format_day(deadline.due)}: "
            f"{days_left_text(deadline.due, event.on)}"
            for deadline in compute_deadlines(past[:index], periods)
            if deadline.kind in ended and deadline.due < event.on
        ]
        texts[event.id] = "; ".join(late)
    return texts
