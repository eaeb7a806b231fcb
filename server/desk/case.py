"""An officer's view of a case."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import (
    all_events_of,
    exemption_for,
    exemption_text,
    exemptions_of,
    find_case,
    past_events,
    running_deadlines,
)
from server.cases.stages import stages_of
from server.cases.tables import Case, CaseEvent, Exemption
from server.cases.texts import STATE_TEXTS, deadline_text, name_rights_holder, next_text, now_text
from server.core.audit import Action
from server.core.database import Transaction
from server.desk.access import ended_rows, professional_rows
from server.desk.advice import advice_submissions
from server.desk.advice_gaps import AdviceGaps, find_gaps
from server.desk.advice_rows import advice_rows
from server.desk.advice_steps import contacts_corrected
from server.desk.correcting_requests import corrected_requests
from server.desk.exemptions import past_exemptions
from server.desk.filing import filed_rows
from server.desk.history import event_rows
from server.desk.publishing import published_rows
from server.desk.tasks import open_tasks
from server.documents.service import held_names
from server.forms.catalogue import pinned_forms
from server.forms.entries import EntryNames, load_entry_names
from server.forms.submitting import owner_names
from server.forms.tables import Submission
from server.letters.listing import due_letter, made_letters
from server.people.parents import parents_of
from server.people.service import person_out
from server.people.tables import Person
from shared.cases.actions import DeadlineRow, EventChoice
from shared.cases.checks import allowed_next
from shared.cases.clock import next_phase_transfer
from shared.cases.deadlines import (
    FAMILY_DEADLINES,
    Deadline,
    DeadlineKind,
)
from shared.cases.events import EventKind
from shared.cases.excuses import Ground, grounds_for
from shared.cases.rules import RULES
from shared.cases.state_sets import ASSESSMENT_STATES
from shared.cases.states import CaseState, FormRow
from shared.desk import CaseOut, OtherCase
from shared.forms.definition import FormDefinition
from shared.forms.submissions import SubmissionState
from shared.values.days import london_day
from shared.values.rights import has_rights

AUTHORITY = "the Local Authority"


def read_case(tx: Transaction, actor: Actor, case_id: UUID) -> CaseOut:
    """Return a case and audit the reading; raises NOT_FOUND."""
    case = find_case(tx, actor, case_id)
    actor.record(tx, Action.CASE_READ, subject=case.id, person=case.person_id)
    return case_out(tx, actor, case)


def case_out(tx: Transaction, actor: Actor, case: Case) -> CaseOut:
    """Build the officer's view of a case."""
    person = tx.session.get_one(Person, case.person_id)
    officer = tx.session.get(Account, case.officer_id) if case.officer_id else None
    everything = all_events_of(tx, case)
    events = [event for event in everything if event.removed_at is None]
    state, periods = CaseState(case.state), tx.services.settings.periods
    deadlines = running_deadlines(tx, events)
    today = london_day(tx.now)
    advice = advice_rows(tx, case)
    gaps = find_gaps(tx, case, person, events, advice)
    return CaseOut(
        id=case.id,
        person=person_out(person),
        new=person.known_at is None,
        parents=parents_of(person),
        version=case.version,
        family="young person" if has_rights(person.born, today) else "family",
        state=state,
        state_words=STATE_TEXTS[state].name,
        now_words=name_rights_holder(now_text(state, deadlines, periods), person.born, today),
        received_on=case.received_on,
        next_words=name_rights_holder(_next_words(case, today), person.born, today),
        officer=officer.name if officer else "",
        mine=case.officer_id == actor.account_id,
        stages=stages_of(events, periods),
        deadlines=_deadline_rows(tx, case, events, deadlines, person.born),
        events=event_rows(tx, everything, person.born),
        allowed=_event_choices(tx, person, state, events),
        forms=_form_rows(tx, case),
        corrected=corrected_requests(tx, case),
        advice=advice,
        gaps=[name_rights_holder(text, person.born, today) for text in gaps.texts()],
        gaps_now=_gaps_now(state, gaps, person.born, today),
        tasks=open_tasks(tx, case),
        exemptions=past_exemptions(tx, case),
        published=published_rows(tx, case),
        held=held_names(tx, case.person_id),
        filed=filed_rows(tx, case),
        letters=made_letters(tx, case.id, contacts_corrected(tx, case.id)),
        letter_due=due_letter(tx, case, events),
        professionals=professional_rows(tx, person.id),
        ended=ended_rows(tx, person.id),
        earlier=_other_cases(tx, case),
    )


def _gaps_now(state: CaseState, gaps: AdviceGaps, born: date, today: date) -> str:
    """Return what nobody was asked for, while the assessment itself goes on."""
    is_assessing = state in {CaseState.ASSESSING, CaseState.REASSESSING}
    return name_rights_holder(gaps.short_text(), born, today) if is_assessing else ""


def _next_words(case: Case, today: date) -> str:
    words, _, excused = next_text(case, today)
    return f"{words}, with an exception" if excused else words


def _deadline_rows(
    tx: Transaction,
    case: Case,
    events: Sequence[CaseEvent],
    deadlines: Sequence[Deadline],
    born: date,
) -> list[DeadlineRow]:
    """List the running deadlines, without a time to appeal that is over."""
    today, exemptions = london_day(tx.now), exemptions_of(tx, case)
    return [
        _deadline_row(item, events, exemption_for(item, events, exemptions), today, born)
        for item in deadlines
        if item.kind is not DeadlineKind.APPEAL or item.due >= today
    ]


def _deadline_row(
    deadline: Deadline,
    events: Sequence[CaseEvent],
    exemption: Exemption | None,
    today: date,
    born: date,
) -> DeadlineRow:
    started_by = EventKind(events[deadline.start_index].kind)
    return DeadlineRow(
        kind=DeadlineKind(deadline.kind),
        due=deadline.due,
        words=name_rights_holder(deadline_text(deadline.kind, deadline.due, today), born, today),
        excused=exemption_text(exemption),
        exemption=exemption.id if exemption else None,
        grounds=[ground for ground in Ground if ground in grounds_for(deadline.kind, started_by)],
        family=deadline.kind in FAMILY_DEADLINES,
    )


def _event_choices(
    tx: Transaction, person: Person, state: CaseState, events: Sequence[CaseEvent]
) -> list[EventChoice]:
    periods = tx.services.settings.periods
    today = london_day(tx.now)
    transfer = next_phase_transfer(person.born, today, periods)
    suggested = {EventKind.PHASE_TRANSFER_SET: transfer[1]} if transfer else {}
    return [
        EventChoice(
            kind=kind,
            action=name_rights_holder(RULES[kind].action, person.born, today),
            reason=RULES[kind].reason,
            day=RULES[kind].day,
            day_required=RULES[kind].day_required,
            reason_required=RULES[kind].reason_required,
            document=RULES[kind].document,
            readers=RULES[kind].document and state in ASSESSMENT_STATES,
            suggested_day=suggested.get(kind),
        )
        for kind in allowed_next(past_events(events), periods)
        if RULES[kind].by_officer
    ]


def _form_rows(tx: Transaction, case: Case) -> list[FormRow]:
    """List the submitted requests of a case, without advice."""
    rows = tx.session.exec(
        select(Submission)
        .where(Submission.case_id == case.id, col(Submission.submitted_at).is_not(None))
        .order_by(col(Submission.submitted_at))
    ).all()
    advice = advice_submissions(tx, case)
    requests = [row for row in rows if row.id not in advice]
    names = owner_names(tx, requests)
    definitions = pinned_forms(tx, ((row.form, row.form_version) for row in requests))
    people = load_entry_names(tx, [row for row in requests if row.received_on])
    return [
        _form_row(row, definitions[row.form, row.form_version], names[row.id], people.get(row.id))
        for row in requests
    ]


def _form_row(
    row: Submission, definition: FormDefinition, by: str, people: EntryNames | None
) -> FormRow:
    return FormRow(
        submission=row.id,
        form=row.form,
        title=definition.title,
        state=SubmissionState(row.state),
        by_you=False,
        by=by,
        started_at=row.started_at,
        submitted_at=row.submitted_at,
        received_on=row.received_on,
        received_from=people.received_from if people else "",
        entered_by=people.entered_by if people else "",
        reference=row.reference,
        steps_done=len(definition.steps),
        steps=len(definition.steps),
        editable=False,
        withdrawn=row.withdrawn_at is not None,
        returned=row.returned,
    )


def _other_cases(tx: Transaction, case: Case) -> list[OtherCase]:
    others = tx.session.exec(
        select(Case)
        .where(Case.person_id == case.person_id, Case.id != case.id)
        .order_by(col(Case.opened_at).desc())
    )
    return [
        OtherCase(
            id=other.id,
            state_words=STATE_TEXTS[CaseState(other.state)].name,
            received_on=other.received_on,
        )
        for other in others
    ]
