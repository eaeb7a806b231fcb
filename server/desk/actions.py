"""What an officer does with a case: events, taking it on, allocating the child."""

from uuid import UUID

from sqlmodel import col, select

from server.accounts.account import refuse_disabled
from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.allocating import put_on_list
from server.cases.service import add_event, find_case
from server.cases.tables import Case, CaseEvent
from server.cases.words import STATE_WORDS
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.problems import PortalProblem, not_found
from server.messages.service import send_message
from server.people.service import hold_person
from server.people.tables import ListedPerson, Person
from shared.cases.events import RULES, EventKind
from shared.cases.states import CaseState
from shared.desk import EventIn
from shared.places import PlaceKind
from shared.problems import ProblemCode

TOLD_TO_PROFESSIONALS = frozenset(
    {
        EventKind.DECIDED_TO_ASSESS,
        EventKind.REFUSED_TO_ASSESS,
        EventKind.DECIDED_TO_ISSUE,
        EventKind.DECIDED_NOT_TO_ISSUE,
        EventKind.FINAL_ISSUED,
        EventKind.PLAN_MAINTAINED,
        EventKind.AMENDMENT_PROPOSED,
        EventKind.CEASED,
    }
)
"""Decisions that whoever works with the child hears of."""


def act(tx: Transaction, actor: Actor, case_id: UUID, wanted: EventIn) -> Case:
    """Record an event; a repeat is answered as the first time.

    Raises NOT_FOUND, NOT_ALLOWED, INVALID, and CONFLICT for an id that was used before.
    """
    case = find_case(tx, actor, case_id)
    made = tx.session.exec(select(CaseEvent).where(CaseEvent.made_id == wanted.id)).first()
    if made is not None:
        if (made.case_id, made.kind, made.on) != (case.id, wanted.kind, wanted.on):
            raise PortalProblem(ProblemCode.CONFLICT, "Another event was recorded under this id.")
        return case
    if not RULES[wanted.kind].by_officer:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "This is done with a form of the case.")
    add_event(
        tx, case, wanted.kind, wanted.on,
        account=actor.account_id, reason=wanted.reason, made_id=wanted.id,
    )  # fmt: skip
    actor.record(tx, Action.CASE_EVENT_ADDED, subject=case.id, person=case.person_id)
    if wanted.kind in TOLD_TO_PROFESSIONALS:
        _tell_professionals(tx, case, wanted.kind)
    return case


def _tell_professionals(tx: Transaction, case: Case, kind: EventKind) -> None:
    person = tx.session.get_one(Person, case.person_id)
    told = STATE_WORDS[CaseState(case.state)]
    listed = select(ListedPerson.account_id).where(ListedPerson.person_id == person.id)
    for account in tx.session.exec(listed).all():
        send_message(
            tx,
            to_account=account,
            subject=f"{RULES[kind].told}: news of a child on your list",
            body=f"{person.name}: {RULES[kind].told}.\n\n{told.now}",
            person=person.id,
            place=PlaceKind.PERSON.of(person.id),
            place_label="Open the progress page",
        )


def take(tx: Transaction, actor: Actor, case_id: UUID) -> None:
    """Take a case on, from whoever had it; raises NOT_FOUND."""
    case = find_case(tx, actor, case_id)
    if case.officer_id != actor.account_id:
        case.officer_id = actor.account_id
        tx.session.add(case)
        actor.record(tx, Action.CASE_TAKEN, subject=case.id, person=case.person_id)


def give_up(tx: Transaction, actor: Actor, case_id: UUID) -> None:
    """Give one's own case up, for another officer to take; raises NOT_FOUND."""
    case = find_case(tx, actor, case_id)
    if case.officer_id == actor.account_id:
        case.officer_id = None
        tx.session.add(case)
        actor.record(tx, Action.CASE_GIVEN_UP, subject=case.id, person=case.person_id)


def give_up_all(tx: Transaction, officer: UUID) -> int:
    """Give up every case of an officer who is gone, for others to take; tells how many."""
    cases = tx.session.exec(
        select(Case).where(Case.officer_id == officer).order_by(col(Case.id)).with_for_update()
    ).all()
    for case in cases:
        case.officer_id = None
        tx.session.add(case)
        record(tx, Action.CASE_GIVEN_UP, subject=case.id, person=case.person_id)
    return len(cases)


def allocate(tx: Transaction, actor: Actor, person: UUID, account: UUID) -> None:
    """Put a child on a professional's list and tell them; raises NOT_FOUND, NOT_ALLOWED."""
    found = hold_person(tx, actor, person)
    other = tx.session.get(Account, account)
    if other is None or other.staff is not None:
        raise not_found()
    refuse_disabled(other)
    if put_on_list(tx, found.id, account):
        actor.record(tx, Action.PERSON_ALLOCATED, subject=account, to=account, person=found.id)
        send_message(
            tx,
            to_account=account,
            subject="A child was put on your list",
            body=f"{found.name} is on your list now: you work with them.",
            person=found.id,
            place=PlaceKind.PERSON.of(found.id),
            place_label="Open the progress page",
        )
