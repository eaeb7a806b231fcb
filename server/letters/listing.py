"""The letters of a case: the kinds that may be written, and the letters that were made."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple, TypedDict
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import events_of, find_case
from server.cases.tables import Case, CaseEvent, EventCorrection
from server.cases.texts import event_label
from server.core.audit import Action
from server.core.database import Transaction
from server.documents.service import document_out
from server.documents.tables import Document
from server.letters.tables import LetterDraftRow, LetterPosting, LetterRecord
from server.letters.templates import Template, load_templates, words_in
from server.letters.writing import find_event
from server.people.tables import Person, PersonCorrection
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.letters import DETAILS_IN_LETTERS, DueLetter, LetterChoice, LetterRow, Letters
from shared.values.days import format_day, london_day

ENDED_BEFORE_DECISION = frozenset({CaseState.WITHDRAWN, CaseState.JOINED})
"""States in which no letter is due any more."""
RECEIPT_WORDS = frozenset({"decide_by", "no_plan_by", "final_by"})
"""Words for days that run from the day on which the request was received."""
REMINDER_DAYS = 28
"""Days after an event for which its letter is due, as one sent by other means is not known here."""


def list_letters(
    tx: Transaction, actor: Actor, case_id: UUID, contacts_corrected: Mapping[UUID, datetime]
) -> Letters:
    """List the letters of a case, and audit the reading; raises NOT_FOUND."""
    case = find_case(tx, actor, case_id)
    person = tx.session.get_one(Person, case.person_id)
    actor.record(tx, Action.LETTERS_READ, subject=case.id, person=person.id)
    drafts = {
        row.kind
        for row in tx.session.exec(select(LetterDraftRow).where(LetterDraftRow.case_id == case.id))
        if row.texts is not None
    }
    return Letters(
        case=case.id,
        child=person.name,
        born=person.born,
        kinds=_choices(tx, events_of(tx, case), drafts, person.born),
        made=made_letters(tx, case.id, contacts_corrected),
    )


class _Kind(NamedTuple):
    """A kind of letter, and the newest event that calls for it."""

    template: Template
    event: CaseEvent | None
    fits: bool


def _kinds(tx: Transaction, events: list[CaseEvent]) -> list[_Kind]:
    """List the kinds of letter of a case; those of the latest event that calls for one fit."""
    found = [
        (letter.template, find_event(letter, events))
        for letter in load_templates(tx.services.settings.letter_templates).values()
        if not letter.template.about
    ]
    latest = max((events.index(event) for _, event in found if event), default=None)
    return [_Kind(kind, event, _fits(kind, event, events, latest)) for kind, event in found]


def _choices(
    tx: Transaction, events: list[CaseEvent], drafts: set[str], born: date
) -> list[LetterChoice]:
    """Return the kinds of letter: those of the latest event, of earlier ones, and the others."""

    def order(row: _Kind) -> tuple[bool, int]:
        return not row.fits, -events.index(row.event) if row.event else 1

    return [
        LetterChoice(
            kind=kind.kind,
            title=kind.title,
            fits=fits,
            event=f"{event_label(event.kind, born, event.on)}, {format_day(event.on)}"
            if event
            else "",
            draft=kind.kind in drafts,
        )
        for kind, event, fits in sorted(_kinds(tx, events), key=order)
    ]


def due_letter(tx: Transaction, case: Case, events: list[CaseEvent]) -> DueLetter | None:
    """Return what letters the latest event calls for, unless they were made or it is long past.

    One to each of whom it calls for a letter to is due: to the family, to the setting, or to both.
    """
    if CaseState(case.state) in ENDED_BEFORE_DECISION:
        return None
    fitting = [row for row in _kinds(tx, events) if row.fits]
    event = next((row.event for row in fitting), None)
    if event is None or (london_day(tx.now) - event.on).days > REMINDER_DAYS:
        return None
    reached = _reached(tx, case, event)
    left = [row.template for row in fitting if row.template.to not in reached]
    if not left:
        return None
    titles: dict[str, list[str]] = {}
    for template in left:
        titles.setdefault(template.to, []).append(template.title)
    return DueLetter(
        kind=left[0].kind if len(left) == 1 else "",
        title=" and ".join(" or ".join(choice) for choice in titles.values()),
    )


def _reached(tx: Transaction, case: Case, event: CaseEvent) -> set[str]:
    """Return to whom letters of an event were made: the family, the setting, or both."""
    made = select(LetterRecord).where(
        LetterRecord.case_id == case.id,
        LetterRecord.event_id == event.id,
        LetterRecord.event_on == event.on,
    )
    letters = load_templates(tx.services.settings.letter_templates)
    return {
        letters[record.kind].template.to if record.kind in letters else "family"
        for record in tx.session.exec(made)
        if not _has_other_meeting(tx, record, event)
    }


def _fits(
    kind: Template, event: CaseEvent | None, events: list[CaseEvent], latest: int | None
) -> bool:
    """Whether a letter belongs to the latest event that calls for one."""
    if event is None or events.index(event) != latest:
        return False
    issues = {event.kind, EventKind.PLAN_TRANSFERRED_IN}  # another authority issued that plan
    is_later = any(earlier.kind in issues for earlier in events[:latest])
    return kind.issue in {"", "later" if is_later else "first"}


def made_letters(
    tx: Transaction, case_id: UUID, contacts_corrected: Mapping[UUID, datetime]
) -> list[LetterRow]:
    """List the letters that were made in a case, newest first.

    `contacts_corrected` tells when it was corrected how to reach whom advice was asked of by post.
    """
    rows = tx.session.exec(
        select(LetterRecord, Document, Account, CaseEvent)
        .join(Document, col(Document.id) == col(LetterRecord.document_id))
        .join(Account, col(Account.id) == col(LetterRecord.account_id))
        .outerjoin(CaseEvent, col(CaseEvent.id) == col(LetterRecord.event_id))
        .where(LetterRecord.case_id == case_id)
        .order_by(col(LetterRecord.made_at).desc(), col(LetterRecord.document_id))
    )
    corrected_at = _correction_times(tx, case_id, contacts_corrected)
    receipt_corrections = _receipt_corrections(tx, case_id)
    newer: set[tuple[str, int | None, UUID | None]] = set()
    postings, made = _postings(tx, case_id), []
    for record, document, account, event in rows:
        is_outdated = (
            record.made_at <= corrected_at[record.about]
            or (event is not None and _is_changed(tx, record, event))
            or (event is not None and _has_other_meeting(tx, record, event))
            or _has_other_receipt(tx, record, receipt_corrections)
        )
        subject = (record.kind, record.event_id, record.about)
        made.append(
            LetterRow(
                document=document.id,
                kind=record.kind,
                title=record.title,
                name=document.name,
                event_on=record.event_on,
                made_at=record.made_at,
                by=account.name,
                template=record.template_version,
                sha256=document.sha256,
                replaced=subject in newer,
                about=record.about,
                **postings.get(document.id, {}),
                outdated=subject not in newer and is_outdated,
                scan=document_out(tx, document).scan,
            )
        )
        newer.add(subject)
    return made


class _Posting(TypedDict, total=False):
    """What the view of a letter says of its posting."""

    posted_on: date
    posting_version: int


def _postings(tx: Transaction, case_id: UUID) -> dict[UUID, _Posting]:
    query = (
        select(LetterPosting)
        .join(LetterRecord, col(LetterRecord.document_id) == col(LetterPosting.id))
        .where(LetterRecord.case_id == case_id)
    )
    return {
        row.id: {"posted_on": row.posted_on, "posting_version": row.version}
        for row in tx.session.exec(query)
    }


def _is_changed(tx: Transaction, record: LetterRecord, event: CaseEvent) -> bool:
    """Whether the event of a letter was undone, or has another day or calls for other letters."""
    templates = load_templates(tx.services.settings.letter_templates)
    letter = templates.get(record.kind)  # None if the authority removed its own
    has_other_kind = letter is not None and event.kind not in letter.template.events
    return event.removed_at is not None or event.on != record.event_on or has_other_kind


def _receipt_corrections(tx: Transaction, case_id: UUID) -> list[tuple[datetime, date, date]]:
    """Return when the event of a request was corrected, its day before that, and its day now."""
    return [
        (correction.at, correction.on, day)
        for correction, day in tx.session.exec(
            select(EventCorrection, col(CaseEvent.on))
            .join(CaseEvent, col(CaseEvent.id) == col(EventCorrection.event_id))
            .where(CaseEvent.case_id == case_id, CaseEvent.kind == EventKind.REQUEST_RECEIVED)
            .order_by(col(EventCorrection.at), col(EventCorrection.version))
        )
    ]


def _has_other_receipt(
    tx: Transaction, record: LetterRecord, corrections: list[tuple[datetime, date, date]]
) -> bool:
    """Whether a letter has a last day that ran from a day of receipt which was wrong."""
    later = ((before, now) for at, before, now in corrections if record.made_at <= at)
    before, now = next(later, (None, None))
    return before != now and not RECEIPT_WORDS.isdisjoint(_words_of(tx, record))


def _has_other_meeting(tx: Transaction, record: LetterRecord, event: CaseEvent) -> bool:
    """Whether a letter says the day of a meeting, and it was corrected since."""
    if "meeting_on" not in _words_of(tx, record):
        return False
    corrections = select(EventCorrection).where(
        EventCorrection.event_id == event.id, EventCorrection.at >= record.made_at
    )
    in_order = corrections.order_by(col(EventCorrection.at), col(EventCorrection.version))
    first = tx.session.exec(in_order).first()
    return first is not None and first.day != event.day


def _words_of(tx: Transaction, record: LetterRecord) -> set[str]:
    """Return the words in braces that the template of a letter uses."""
    letter = load_templates(tx.services.settings.letter_templates).get(record.kind)
    parts = letter.body if letter else ()
    return {word for part in parts if part for word in words_in(part.heading + part.text)}


def _correction_times(
    tx: Transaction, case_id: UUID, contacts_corrected: Mapping[UUID, datetime]
) -> defaultdict[UUID | None, datetime]:
    """Return when what letters say was corrected last, by what they are about.

    All letters show details of the child. Those about nothing else go to the parents, those about
    advice to whom it was asked of.
    """
    corrections = tx.session.exec(
        select(PersonCorrection)
        .join(Case, col(Case.person_id) == col(PersonCorrection.person_id))
        .where(Case.id == case_id)
    ).all()
    never = datetime.min.replace(tzinfo=UTC)
    child = max(
        (row.at for row in corrections if DETAILS_IN_LETTERS & row.before.keys()), default=never
    )
    parents = max((row.at for row in corrections if "parents" in row.before), default=never)
    times: defaultdict[UUID | None, datetime] = defaultdict(
        lambda: child, {None: max(child, parents)}
    )
    for about, at in contacts_corrected.items():
        times[about] = max(child, at)
    return times


def find_letter(tx: Transaction, record: LetterRecord) -> LetterRow:
    """Return the view of a letter that was made."""
    letters = made_letters(tx, record.case_id, {})
    return next(row for row in letters if row.document == record.document_id)
