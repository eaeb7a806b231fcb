"""An officer's actions on a case: events, assignment, allocation of the child."""

from uuid import UUID

from sqlmodel import col, select

from server.accounts.account import require_enabled
from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.allocating import put_on_list
from server.cases.service import add_event, find_case, require_possible
from server.cases.tables import Case, CaseEvent
from server.core.audit import Action, record
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.desk.correcting import require_version
from server.desk.filing import file_document, step_title
from server.desk.notices import NOTIFIED_EVENTS, notify_professionals
from server.desk.order_of_work import SettingsLeft, require_order
from server.desk.publishing import lock_for_publishing, publish_plan, publish_views
from server.messages.service import send_message
from server.people.service import lock_person
from shared.cases.actions import NO_VIEWS, EventIn
from shared.cases.events import PastEvent
from shared.cases.rules import RULES
from shared.cases.state_sets import ASSESSMENT_STATES
from shared.desk import FileIn
from shared.places import PlaceKind
from shared.problems import ProblemCode
from shared.publications import PLAN_OF, PlanIn


def record_event(
    tx: Transaction,
    actor: Actor,
    case_id: UUID,
    new: EventIn,
    settings_left: SettingsLeft = lambda *_: [],
) -> Case:
    """Record an event, and publish the plan that it sends; idempotent by its id.

    `settings_left` says what the settings of the case lack for it.

    Raises NOT_FOUND, NOT_ALLOWED, INVALID, NEEDS_CONFIRMATION, and CONFLICT if the case has
    changed or the id belongs to another event.
    """
    publishes = new.plan is not None or new.readers is not None
    case = (lock_for_publishing if publishes else find_case)(tx, actor, case_id)
    if _is_recorded(tx, case, new):
        return case
    if not RULES[new.kind].by_officer:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "This is done with a form of the case.")
    require_version(tx, case, new.version)
    event = PastEvent(new.kind, new.on, new.day)
    require_possible(tx, case, event, new.reason)  # before the officer is asked to confirm it
    _require_fitting_documents(case, new)
    require_order(tx, case, event, settings_left, plan=new.plan, confirmed=new.confirmed)
    _add_event(tx, actor, case, new)
    if new.plan:
        publish_plan(tx, actor, case, new.plan, PLAN_OF[new.kind])
    if new.kind in NOTIFIED_EVENTS:
        notify_professionals(tx, case, new.kind)
    return case


def _is_recorded(tx: Transaction, case: Case, new: EventIn) -> bool:
    """Whether this is a repeated request; raises CONFLICT if its id is of another event."""
    existing = tx.session.exec(select(CaseEvent).where(CaseEvent.made_id == new.id)).first()
    if existing is None:
        return False
    if (existing.case_id, existing.kind, existing.on) != (case.id, new.kind, new.on):
        raise PortalProblem(ProblemCode.CONFLICT, "Another event was recorded under this id.")
    return True


def _require_fitting_documents(case: Case, new: EventIn) -> None:
    """Raise INVALID for a plan or a document that an event does not have, or one that it lacks.

    The views of the family have readers only before the decision to issue a plan.
    """
    if new.plan and new.kind not in PLAN_OF:
        raise invalid_field("/plan", "This step sends no plan.")
    if new.document and not RULES[new.kind].document:
        raise invalid_field("/document", "No document is kept with this step.")
    if new.readers is not None and not (new.document and case.state in ASSESSMENT_STATES):
        raise invalid_field("/readers", "Nobody can be given a document with this step.")
    if RULES[new.kind].document and not (new.document or new.reason.strip()):
        raise invalid_field("/reason", NO_VIEWS)


def _add_event(tx: Transaction, actor: Actor, case: Case, new: EventIn) -> None:
    """Add an event to a case, file or publish its document, and audit it."""
    add_event(
        tx,
        case,
        new.kind,
        new.on,
        day=new.day,
        account=actor.account_id,
        reason=new.reason,
        made_id=new.id,
        document=new.document,
    )
    if new.document:
        title = step_title(tx, case, new.kind, new.on)
        if new.readers is None:
            file_document(tx, actor, case.id, FileIn(document=new.document, title=title))
        else:
            views = PlanIn(id=new.id, document=new.document, readers=new.readers)
            publish_views(tx, actor, case, views, title)
    actor.record(tx, Action.CASE_EVENT_ADDED, subject=case.id, person=case.person_id)


def give_up(tx: Transaction, actor: Actor, case_id: UUID) -> None:
    """Unassign a case of the actor; raises NOT_FOUND."""
    case = find_case(tx, actor, case_id)
    if case.officer_id == actor.account_id:
        case.officer_id = None
        tx.session.add(case)
        actor.record(tx, Action.CASE_GIVEN_UP, subject=case.id, person=case.person_id)


def give_up_all(tx: Transaction, officer: UUID) -> int:
    """Unassign every case of an officer and return their number."""
    cases = tx.session.exec(
        select(Case).where(Case.officer_id == officer).order_by(col(Case.id)).with_for_update()
    ).all()
    for case in cases:
        case.officer_id = None
        tx.session.add(case)
        record(tx, Action.CASE_GIVEN_UP, subject=case.id, person=case.person_id)
    return len(cases)


def allocate(tx: Transaction, actor: Actor, person_id: UUID, account_id: UUID) -> None:
    """Put a child on a professional's list and notify them; raises NOT_FOUND, NOT_ALLOWED."""
    person = lock_person(tx, actor, person_id)
    account = tx.session.get(Account, account_id)
    if account is None or account.staff is not None:
        raise not_found()
    require_enabled(account)
    if put_on_list(tx, actor, person.id, account_id):
        actor.record(
            tx, Action.PERSON_ALLOCATED, subject=account_id, to=account_id, person=person.id
        )
        send_message(
            tx,
            to_account=account_id,
            subject="A child was added to your list",
            body=f"{person.name} was added to your list, because you work with them.",
            person=person.id,
            place=PlaceKind.PERSON.of(person.id),
            place_label="Open the progress page",
        )
