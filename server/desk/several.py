"""Doing one thing with several cases: assign, chase or ask for advice, set phase transfers."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid5

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import events_of, running_deadlines
from server.cases.tables import Case
from server.cases.transfers import update_transfer
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, not_found
from server.desk.actions import record_event
from server.desk.advice import request_advice
from server.desk.chasing import recipients_of, send_chase
from server.desk.listing import select_ids
from server.desk.officers import assign, assignment_recipients, find_officer
from server.forms.advice import awaits, is_excused
from server.forms.catalogue import catalogue
from server.forms.tables import AdviceRequest, Submission
from server.people.tables import Person
from shared.caseload import SEVERAL_LIMIT, CasesIn, SeveralIn, SeveralKind, SeveralOut, SeveralRow
from shared.cases.actions import EventIn
from shared.cases.deadlines import DeadlineKind
from shared.cases.events import EventKind
from shared.cases.state_sets import ADVICE_STATES, WITH_PLAN
from shared.cases.states import CaseState
from shared.desk import AskAdvice
from shared.problems import ProblemCode
from shared.values.days import london_day

TOO_MANY = (
    f"At most {SEVERAL_LIMIT} cases can be changed at once. Nothing was done: choose a narrower "
    "view, or mark fewer cases."
)


def check(tx: Transaction, actor: Actor, body: SeveralIn) -> SeveralOut:
    """Return the outcome that each case would have; raises NOT_FOUND, NOT_ALLOWED if too many."""
    _require_target(tx, body)
    rows = []
    people: set[UUID] = set()
    for case, name in load_cases(tx, actor, body):
        left_out = _reason_left_out(tx, body, case)
        rows.append(SeveralRow(case=case.id, name=name, left_out=left_out))
        if not left_out:
            people.update(_recipients(tx, actor, body, case))
    return SeveralOut(rows=rows, people=len(people))


def perform(tx: Transaction, actor: Actor, body: SeveralIn) -> SeveralOut:
    """Do it with each case, and return the outcomes; idempotent by its id.

    Raises NOT_FOUND, and NOT_ALLOWED if there are too many cases.
    """
    _require_target(tx, body)
    rows = []
    people: set[UUID] = set()
    for case, name in load_cases(tx, actor, body):
        left_out = _reason_left_out(tx, body, case)
        if not left_out:
            recipients = _recipients(tx, actor, body, case)
            try:
                with tx.session.begin_nested():
                    _perform_one(tx, actor, body, case)
                people.update(recipients)
            except PortalProblem as problem:
                left_out = str(problem)
        rows.append(SeveralRow(case=case.id, name=name, left_out=left_out))
    return SeveralOut(rows=rows, people=len(people))


def _require_target(tx: Transaction, body: SeveralIn) -> None:
    if body.kind is SeveralKind.ASSIGN and body.account is not None:
        find_officer(tx, body.account)
    if body.kind is SeveralKind.ASK and body.account is not None:
        account = tx.session.get(Account, body.account)
        form = catalogue(tx.services.settings.forms).get(body.form)
        if account is None or account.staff is not None or form is None or not form.asked_for:
            raise not_found()


def load_cases(tx: Transaction, actor: Actor, body: CasesIn) -> list[tuple[Case, str]]:
    """Load and lock cases in a fixed order, each with the name of its child.

    Audits the children. Raises NOT_ALLOWED if there are too many.
    """
    ids = body.cases or select_ids(tx, actor, body.query) if body.query else body.cases
    query = (
        select(Case, Person)
        .join(Person, col(Person.id) == col(Case.person_id))
        .where(col(Case.id).in_(ids))
        .order_by(col(Case.id))
        .limit(SEVERAL_LIMIT + 1)
        .with_for_update(of=Case)
    )
    rows = tx.session.exec(query).all()
    if len(rows) > SEVERAL_LIMIT:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, TOO_MANY)
    actor.record_shown(tx, Action.SHOWN_IN_CASES, (person.id for _, person in rows))
    return [(case, f"{person.last_name}, {person.first_name}") for case, person in rows]


def _reason_left_out(tx: Transaction, body: SeveralIn, case: Case) -> str:
    """Return why nothing is done with a case, or ''."""
    match body.kind:
        case SeveralKind.ASSIGN:
            return ""
        case SeveralKind.CHASE:
            overdue = _overdue_advice(tx, case, london_day(tx.now))
            if not overdue:
                return "no advice is overdue"
            chasable = [item for item in overdue if _may_chase(tx, body, item)]
            by_post = all(item.by_name for item in overdue)
            reason = "it was asked for by post" if by_post else "it was chased today already"
            return "" if chasable else reason
        case SeveralKind.ASK:
            return _reason_not_to_ask(tx, body, case)
        case SeveralKind.TRANSFER:
            return _reason_not_to_set_transfer(tx, body, case)


def _reason_not_to_ask(tx: Transaction, body: SeveralIn, case: Case) -> str:
    if CaseState(case.state) not in ADVICE_STATES:
        return "it is not being assessed"
    awaited = select(AdviceRequest.id).join(
        Submission, col(Submission.id) == col(AdviceRequest.submission_id)
    )
    existing = tx.session.exec(
        awaited.where(
            AdviceRequest.case_id == case.id,
            AdviceRequest.account_id == body.account,
            awaits(),
            Submission.form == body.form,
            AdviceRequest.id != _request_id(body, case),
        )
    ).first()
    return "they have been asked for it already" if existing else ""


def _reason_not_to_set_transfer(tx: Transaction, body: SeveralIn, case: Case) -> str:
    if CaseState(case.state) not in WITH_PLAN:
        return "it has no plan"
    events = events_of(tx, case)
    update_transfer(tx, case, events)  # a new school year may have begun since
    if case.transfer_on is None:
        return "no phase transfer is to come, by the date of birth"
    if any(event.made_id == _transfer_id(body, case) for event in events):
        return ""
    due = {item.kind: item.due for item in running_deadlines(tx, events)}
    is_set = due.get(DeadlineKind.PHASE_TRANSFER) == case.transfer_on
    if is_set or case.transfer_named_on:
        return "its phase transfer is set already"
    return ""


def _transfer_id(body: SeveralIn, case: Case) -> UUID:
    return uuid5(body.id, f"transfer {case.id}")


def _set_transfer(tx: Transaction, actor: Actor, body: SeveralIn, case: Case) -> None:
    """Set the phase transfer of a case on the day that follows from the date of birth."""
    id = _transfer_id(body, case)
    if any(event.made_id == id for event in events_of(tx, case)):
        return
    event = EventIn(
        id=id,
        kind=EventKind.PHASE_TRANSFER_SET,
        on=london_day(tx.now),
        day=case.transfer_on,
        confirmed=True,
    )
    record_event(tx, actor, case.id, event)


def _request_id(body: SeveralIn, case: Case) -> UUID:
    return uuid5(body.id, f"advice {case.id}")


def _overdue_advice(tx: Transaction, case: Case, today: date) -> Sequence[AdviceRequest]:
    if case.closed:
        return []
    query = select(AdviceRequest).where(
        AdviceRequest.case_id == case.id,
        awaits(),
        col(AdviceRequest.due_on) < today,
        ~is_excused(),
    )
    return tx.session.exec(query.order_by(col(AdviceRequest.id))).all()


def _may_chase(tx: Transaction, body: SeveralIn, advice: AdviceRequest) -> bool:
    """Whether advice was asked for in the portal, and not chased today, except by this request."""
    if advice.by_name:
        return False
    if advice.chased_at is None or advice.chase_id == body.id:
        return True
    return london_day(advice.chased_at) != london_day(tx.now)


def _recipients(tx: Transaction, actor: Actor, body: SeveralIn, case: Case) -> set[UUID]:
    """Return the accounts that are sent a message about a case."""
    if body.kind is SeveralKind.TRANSFER:
        return set()
    if body.account is not None:
        is_assigned = body.kind is SeveralKind.ASSIGN
        return assignment_recipients(actor, case, body.account) if is_assigned else {body.account}
    accounts: set[UUID] = set()
    for advice in _overdue_advice(tx, case, london_day(tx.now)):
        if _may_chase(tx, body, advice):
            form = tx.session.get_one(Submission, advice.submission_id)
            accounts.update(recipients_of(tx, form))
    return accounts


def _perform_one(tx: Transaction, actor: Actor, body: SeveralIn, case: Case) -> None:
    match body.kind:
        case SeveralKind.ASSIGN if body.account is not None:
            assign(tx, actor, case.id, body.account)
        case SeveralKind.CHASE:
            for advice in _overdue_advice(tx, case, london_day(tx.now)):
                if _may_chase(tx, body, advice) and advice.chase_id != body.id:
                    send_chase(tx, actor, advice, body.id)
        case SeveralKind.ASK if body.account is not None:
            id = _request_id(body, case)
            request = AskAdvice(
                id=id, submission=uuid5(id, "form"), account=body.account, form=body.form
            )
            request_advice(tx, actor, case.id, [request])
        case SeveralKind.TRANSFER:
            _set_transfer(tx, actor, body, case)
