"""What an officer sees of the settings and the placement of a case."""

from collections.abc import Sequence
from datetime import date
from itertools import takewhile
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.cases.service import events_of, find_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.letters.tables import LetterRecord
from server.people.tables import Person
from server.placements.consulting import is_issued_since, letter, reference_of
from server.placements.order import placements_before_plan
from server.placements.placing import placement_out, placements_of
from server.placements.sen2.specification import specification
from server.placements.tables import Consultation, FamilyRequest, Placement
from shared.cases.clock import days_left_text, representations_until
from shared.cases.events import EventKind, PastEvent
from shared.cases.states import CaseState
from shared.placements import (
    NO_DRAFT_SENT,
    NO_NAME_IN_DRAFT,
    PLACING_STATES,
    ConsultationOut,
    FamilyRequestOut,
    PlacementsOut,
    Reply,
)
from shared.values.days import format_day, london_day

DRAFTED = frozenset({CaseState.DRAFT_PLAN, CaseState.REPRESENTATIONS})
UNDECIDED_REQUEST = "The family asked for {name}: agree, or refuse with a ground (CFA s.39)."
NOT_CONSULTED = "{name} was not consulted yet, which the law requires (CFA s.39(2))."
WAIT_FOR_FAMILY = (
    "The family may ask for a setting until {day}. The final plan waits for their answer on the "
    "placement, or for the end of that day."
)
NO_PLACEMENT = "No setting, and no type of setting, is named for the plan (section I)."
NOTHING_NAMED = "The plan names no setting and no type: name it (section I)."


def read_placements(tx: Transaction, actor: Actor, case_id: UUID) -> PlacementsOut:
    """Return the settings and placement of a case and audit the reading; raises NOT_FOUND."""
    case = find_case(tx, actor, case_id)
    actor.record(tx, Action.PLACEMENT_READ, subject=case.id, person=case.person_id)
    return placements_out(tx, case)


def placements_out(tx: Transaction, case: Case) -> PlacementsOut:
    """Build the officer's view of the settings and the placement of a case."""
    person = tx.session.get_one(Person, case.person_id)
    consultations = tx.session.exec(
        select(Consultation)
        .where(Consultation.case_id == case.id)
        .order_by(col(Consultation.at).desc(), col(Consultation.name))
    ).all()
    requests = tx.session.exec(
        select(FamilyRequest)
        .where(FamilyRequest.case_id == case.id)
        .order_by(col(FamilyRequest.at).desc())
    ).all()
    placements = placements_of(tx, case)
    letters = select(LetterRecord.about).where(LetterRecord.case_id == case.id)
    with_letter = set(tx.session.exec(letters))
    return PlacementsOut(
        case=case.id,
        child=person.name,
        born=person.born,
        open=CaseState(case.state) in PLACING_STATES,
        warnings=[
            *_plan_warnings(tx, case, requests=bool(requests), placements=placements),
            *_request_warnings(requests, consultations),
        ],
        consultations=[
            _consultation_out(tx, row, has_letter=row.id in with_letter) for row in consultations
        ],
        requests=[FamilyRequestOut.model_validate(row, from_attributes=True) for row in requests],
        placements=[placement_out(row) for row in placements],
        settings=specification().codes["setting"],
    )


def _plan_warnings(
    tx: Transaction, case: Case, *, requests: bool, placements: list[Placement]
) -> list[str]:
    state, today = CaseState(case.state), london_day(tx.now)
    warnings = []
    is_named = _is_named(placements, today)
    events = events_of(tx, case)
    drafting = takewhile(lambda event: event.state in DRAFTED, reversed(events))
    if state in DRAFTED and all(event.kind != EventKind.DRAFT_SERVED for event in drafting):
        warnings.append(NO_DRAFT_SENT)
    if state in DRAFTED and not is_named:
        warnings.append(NO_NAME_IN_DRAFT)
    if state is CaseState.REPRESENTATIONS and not requests:
        served = max(event.on for event in events if event.kind == EventKind.DRAFT_SERVED)
        last_day = representations_until(served, tx.services.settings.periods)
        if today <= last_day:
            warnings.append(WAIT_FOR_FAMILY.format(day=format_day(last_day)))
    if state in PLACING_STATES - DRAFTED and not is_named:
        warnings.append(NOTHING_NAMED)
    return warnings


def _is_named(placements: Sequence[Placement], today: date) -> bool:
    return any(row.ends_on is None or row.ends_on >= today for row in placements)


def settings_left(tx: Transaction, case: Case, new: PastEvent) -> list[str]:
    """List what the replies and the placements of a case lack before a final plan."""
    if new.kind is not EventKind.FINAL_ISSUED:
        return []
    awaited = select(Consultation).where(
        Consultation.case_id == case.id, col(Consultation.reply).is_(None), ~is_issued_since()
    )
    today = london_day(tx.now)
    texts = sorted(
        f"{row.name} has not replied; its reply {'was' if row.due_on < today else 'is'} due "
        f"{format_day(row.due_on)}."
        for row in tx.session.exec(awaited)
    )
    if not _is_named(placements_of(tx, case), today):
        texts.append(NO_PLACEMENT)
    return texts + placements_before_plan(tx, case, new.on)


def _request_warnings(
    requests: Sequence[FamilyRequest], consultations: Sequence[Consultation]
) -> list[str]:
    consulted = {row.organisation_id for row in consultations}
    warnings = []
    for row in requests:
        if row.agreed is None:
            warnings.append(UNDECIDED_REQUEST.format(name=row.name))
            if row.organisation_id and row.organisation_id not in consulted:
                warnings.append(NOT_CONSULTED.format(name=row.name))
    return warnings


def _consultation_out(tx: Transaction, row: Consultation, *, has_letter: bool) -> ConsultationOut:
    today = london_day(tx.now)
    return ConsultationOut(
        **row.model_dump(exclude={"reply"}),
        reply=Reply(row.reply) if row.reply else None,
        reference=reference_of(row),
        has_letter=has_letter,
        due_words="" if row.reply else _due_words(row.due_on, today),
        chase_text=letter(tx.services.settings, row, today),
    )


def _due_words(due: date, today: date) -> str:
    return f"{format_day(due)} · {days_left_text(due, today)}"
