"""The letters of a case: the kinds that may be written, and the letters that were made."""

from uuid import UUID

from sqlmodel import col, func, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import events_of, find_case
from server.cases.tables import CaseEvent
from server.core.audit import Action
from server.core.database import Transaction
from server.documents.service import document_out
from server.documents.tables import Document
from server.letters.tables import LetterDraftRow, LetterRecord
from server.letters.templates import LetterTemplate, load_templates
from server.letters.writing import find_event
from server.people.tables import Person
from shared.cases.events import EventKind
from shared.cases.rules import RULES
from shared.letters import LetterChoice, LetterRow, Letters
from shared.values.days import format_day


def list_letters(tx: Transaction, actor: Actor, case_id: UUID) -> Letters:
    """List the letters of a case, and audit the reading; raises NOT_FOUND."""
    case = find_case(tx, actor, case_id)
    person = tx.session.get_one(Person, case.person_id)
    actor.record(tx, Action.LETTERS_READ, subject=case.id, person=person.id)
    drafts = {
        row.kind
        for row in tx.session.exec(select(LetterDraftRow).where(LetterDraftRow.case_id == case.id))
        if row.texts is not None
    }
    made = tx.session.exec(
        select(LetterRecord)
        .where(LetterRecord.case_id == case.id)
        .order_by(col(LetterRecord.made_at).desc(), col(LetterRecord.document_id))
    )
    return Letters(
        case=case.id,
        child=person.name,
        born=person.born,
        kinds=_choices(tx, events_of(tx, case), drafts),
        made=[letter_row(tx, record) for record in made],
    )


def _choices(tx: Transaction, events: list[CaseEvent], drafts: set[str]) -> list[LetterChoice]:
    """Return the kinds of letter: those of the latest event, of earlier ones, and the others."""
    found = [
        (template, find_event(template, events))
        for template in load_templates(tx.services.settings.letter_templates).values()
    ]
    latest = max((events.index(event) for _, event in found if event), default=None)

    def order(pair: tuple[LetterTemplate, CaseEvent | None]) -> tuple[bool, int]:
        template, event = pair
        return not _fits(template, event, events, latest), -events.index(event) if event else 1

    return [
        LetterChoice(
            kind=template.template.kind,
            title=template.template.title,
            fits=_fits(template, event, events, latest),
            event=f"{RULES[EventKind(event.kind)].label}, {format_day(event.on)}" if event else "",
            draft=template.template.kind in drafts,
        )
        for template, event in sorted(found, key=order)
    ]


def _fits(
    template: LetterTemplate, event: CaseEvent | None, events: list[CaseEvent], latest: int | None
) -> bool:
    """Whether a letter belongs to the latest event that calls for one."""
    if event is None or events.index(event) != latest:
        return False
    issues = {event.kind, EventKind.PLAN_TRANSFERRED_IN}  # another authority issued that plan
    is_later = any(earlier.kind in issues for earlier in events[:latest])
    return template.template.issue in {"", "later" if is_later else "first"}


def letter_row(tx: Transaction, record: LetterRecord) -> LetterRow:
    """Build the view of a letter that was made."""
    document = tx.session.get_one(Document, record.document_id)
    newer = select(func.count()).where(
        LetterRecord.case_id == record.case_id,
        LetterRecord.kind == record.kind,
        col(LetterRecord.event_id).is_not_distinct_from(record.event_id),
        LetterRecord.made_at > record.made_at,
    )
    return LetterRow(
        document=document.id,
        kind=record.kind,
        title=record.title,
        name=document.name,
        event_on=record.event_on,
        made_at=record.made_at,
        by=tx.session.get_one(Account, record.account_id).name,
        template=record.template_version,
        sha256=document.sha256,
        replaced=tx.session.exec(newer).one() > 0,
        scan=document_out(tx, document).scan,
    )
