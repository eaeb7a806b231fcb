"""Correcting and undoing events of a case, and opening a case without a request."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import (
    add_event,
    all_events_of,
    events_of,
    find_case,
    last_end,
    name_holder,
    newest_case,
    past_events,
    rederive,
)
from server.cases.tables import Case, CaseEvent, EventCorrection
from server.cases.texts import event_label
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.desk.filing import rename_document, step_title
from server.desk.notices import NOTIFIED_EVENTS, notify_professionals
from server.desk.order_of_work import require_known_child
from server.desk.paper import FORM
from server.desk.publishing import UNDONE, find_plan_of, lock_for_withdrawing, withdraw
from server.forms.advice import update_awaited
from server.forms.tables import Submission
from server.people.service import lock_person
from server.people.tables import Person
from shared.cases.actions import UNDO_HOURS, CorrectionIn, OpeningIn
from shared.cases.checks import check_from
from shared.cases.events import EventKind, PastEvent
from shared.cases.machine import STARTING_EVENTS, NotAllowed, case_status
from shared.cases.rules import RULES
from shared.cases.states import CaseState
from shared.problems import ProblemCode
from shared.values.days import format_day, london_day


def require_version(tx: Transaction, case: Case, version: int | None) -> None:
    """Raise CONFLICT, saying what happened meanwhile, if a locked case has a newer version."""
    if version is None or case.version == version:
        return
    born = tx.session.get_one(Person, case.person_id).born
    texts = [
        f"{event_label(event.kind, born, event.on)} on {format_day(event.on)}"
        for event in all_events_of(tx, case)
        if event.version > version
    ]
    names = select(Account).where(
        col(Account.id).in_(
            [event.account_id for event in all_events_of(tx, case) if event.version > version]
        )
    )
    by = ", ".join(sorted({account.name for account in tx.session.exec(names)}))
    meanwhile = f"{'; '.join(texts)}{f', by {by}' if by else ''}" if texts else "an event corrected"
    raise PortalProblem(
        ProblemCode.CONFLICT,
        f"The case has changed since you opened it: {meanwhile}. Nothing was recorded.",
    )


def correct_event(
    tx: Transaction, actor: Actor, case_id: UUID, event_id: int, new: CorrectionIn
) -> Case:
    """Correct the kind or the days of an event; what was recorded before is kept. Idempotent.

    If a request on paper began the case on the event's day, its day of receipt is corrected too.
    Raises NOT_FOUND, CONFLICT, INVALID, and NOT_ALLOWED if a later event would not be possible.
    """
    case = lock_for_withdrawing(tx, actor, case_id)
    first = events_of(tx, case)[0]
    before = first.on
    replace_event(tx, actor, case, event_id, new)
    if first.kind == EventKind.REQUEST_RECEIVED and first.on != before:
        _correct_request_day(tx, case, before, first.on)
    return case


def _correct_request_day(tx: Transaction, case: Case, before: date, on: date) -> None:
    """Give a case's first request on paper that was received on a day another day of receipt."""
    form = tx.session.exec(
        select(Submission)
        .where(
            Submission.case_id == case.id,
            Submission.form == FORM,
            Submission.received_on == before,
            col(Submission.account_id).is_(None),
        )
        .order_by(col(Submission.submitted_at), col(Submission.id))
    ).first()
    if form is not None:
        form.received_on, form.saved_at = on, tx.now
        form.version += 1  # who is correcting the request now reads the new day first
        tx.session.add(form)


def replace_event(
    tx: Transaction, actor: Actor, case: Case, event_id: int, new: CorrectionIn
) -> Case:
    """Correct an event of a locked case, and nothing else; idempotent.

    Raises NOT_FOUND, CONFLICT, INVALID, and NOT_ALLOWED if a later event would not be possible.
    """
    if tx.session.get(EventCorrection, new.id) is not None:
        return case
    require_version(tx, case, new.version)
    events = events_of(tx, case)
    index, event = _find_event(events, event_id)
    _require_possible_correction(tx, case, events, index, new)
    tx.session.add(
        EventCorrection(
            id=new.id,
            event_id=event_id,
            kind=event.kind,
            on=event.on,
            day=event.day,
            version=case.version + 1,
            reason=_with_old_reason(new, event),
            account_id=actor.account_id,
            at=tx.now,
        )
    )
    has_other_kind = event.kind != new.kind
    title = step_title(tx, case, EventKind(event.kind), event.on)
    event.reason = _text_of(new, event)
    event.kind, event.on, event.day = new.kind, new.on, new.day
    tx.session.add(event)
    tx.session.flush()
    if event.document_id:
        rename_document(tx, case, event, title)
    rederive(tx, case)
    update_awaited(tx, case.id)
    _require_one_open_case(tx, case)
    actor.record(tx, Action.CASE_EVENT_CORRECTED, subject=case.id, person=case.person_id)
    if has_other_kind and new.kind in NOTIFIED_EVENTS:
        notify_professionals(tx, case, new.kind)
    return case


def _text_of(new: CorrectionIn, event: CaseEvent) -> str:
    """Return the text of an event after its correction; raises INVALID if it needs one."""
    if event.kind == new.kind:
        return event.reason
    rule, text = RULES[new.kind], new.text.strip()
    if rule.reason and not text:  # a correction adds no document that could stand for it
        raise invalid_field("/text", f"{rule.reason}: enter a text.")
    return text if rule.reason else ""


def _with_old_reason(new: CorrectionIn, event: CaseEvent) -> str:
    """Return the reason of a correction, with that of an event whose kind changes."""
    if event.kind == new.kind or not event.reason:
        return new.reason.strip()
    return f"{new.reason.strip()} (It gave the reason: {event.reason})"


def _require_one_open_case(tx: Transaction, case: Case) -> None:
    """Raise NOT_ALLOWED if a case is open again and the child has another open one."""
    query = select(Case.id).where(
        Case.person_id == case.person_id, Case.id != case.id, col(Case.closed).is_(False)
    )
    if not case.closed and tx.session.exec(query).first() is not None:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "The case would be open again, and the child has another open case. Nothing was done.",
        )


def _find_event(events: Sequence[CaseEvent], event_id: int) -> tuple[int, CaseEvent]:
    for index, event in enumerate(events):
        if event.id == event_id:
            return index, event
    raise not_found()


def _require_possible_correction(
    tx: Transaction, case: Case, events: Sequence[CaseEvent], index: int, new: CorrectionIn
) -> None:
    """Raise INVALID for the day or kind, or NOT_ALLOWED, if the events would be impossible."""
    old = events[index]
    if old.kind == EventKind.DAY_CORRECTED:
        raise invalid_field("/kind", "Correct the event whose day was corrected.")
    if new.kind != old.kind and not RULES[new.kind].by_officer and new.kind not in STARTING_EVENTS:
        raise invalid_field("/kind", "This is done with a form of the case.")
    require_known_child(tx, case, new.kind)
    end = last_end(tx, case.person_id, case)
    if index == 0 and end and new.on < end:
        raise invalid_field("/on", f"The child's last case ended on {format_day(end)}.")
    corrected = past_events(events)
    corrected[index] = PastEvent(new.kind, new.on, new.day)
    today, periods = london_day(tx.now), tx.services.settings.periods
    try:
        check_from(index, corrected[: index + 1], today, periods)
    except NotAllowed as error:
        raise invalid_field("/on", name_holder(tx, case, str(error))) from None
    try:
        check_from(index + 1, corrected, today, periods, past_events(events))
        case_status(corrected)
    except NotAllowed as error:
        reason = name_holder(tx, case, str(error))
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            f"A later step would not be possible then. {reason} Correct that one first; nothing "
            "was changed.",
        ) from None


def undo_event(tx: Transaction, actor: Actor, case_id: UUID, event_id: int, version: int) -> Case:
    """Undo the last event of a case, for a day after it was recorded; idempotent.

    A plan that was published with it is withdrawn. Raises NOT_FOUND, CONFLICT, and NOT_ALLOWED.
    """
    case = lock_for_withdrawing(tx, actor, case_id)
    event = tx.session.get(CaseEvent, event_id)
    if event is None or event.case_id != case.id:
        raise not_found()
    if event.removed_at is not None:
        return case
    require_version(tx, case, version)
    if not is_undoable(tx, events_of(tx, case), event):
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            f"Only the last step can be undone, for {UNDO_HOURS} hours. Correct it instead.",
        )
    if (plan := find_plan_of(tx, event)) is not None:
        withdraw(tx, actor, plan, UNDONE)
    event.removed_at, event.removed_by = tx.now, actor.account_id
    tx.session.add(event)
    tx.session.flush()
    rederive(tx, case)
    update_awaited(tx, case.id)
    _require_one_open_case(tx, case)
    actor.record(tx, Action.CASE_EVENT_UNDONE, subject=case.id, person=case.person_id)
    return case


def is_undoable(tx: Transaction, events: Sequence[CaseEvent], event: CaseEvent) -> bool:
    """Whether an event is the last, recorded by an officer and not by a form, and recent."""
    return (
        len(events) > 1
        and event.id == events[-1].id
        and RULES[EventKind(event.kind)].by_officer
        and event.made_id is not None
        and tx.now - event.at < timedelta(hours=UNDO_HOURS)
    )


def open_case_by(tx: Transaction, actor: Actor, person_id: UUID, new: OpeningIn) -> Case:
    """Open a case of a child by becoming responsible, or by taking over a plan; idempotent.

    Raises NOT_FOUND, INVALID, and NOT_ALLOWED if the child has an open case.
    """
    existing = tx.session.exec(select(CaseEvent).where(CaseEvent.made_id == new.id)).first()
    if existing is not None:
        return find_case(tx, actor, existing.case_id)
    if new.kind not in STARTING_EVENTS or new.kind is EventKind.REQUEST_RECEIVED:
        raise invalid_field("/kind", "A case can't be opened by this.")
    person = lock_person(tx, actor, person_id)
    case = newest_case(tx, person.id)
    if case is not None and not case.closed:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, f"{person.name} has an open case already.")
    end = last_end(tx, person.id)
    if end and new.on < end:
        raise invalid_field("/on", f"The child's last case ended on {format_day(end)}.")
    case = Case(
        person_id=person.id, state=CaseState.SUBMITTED, received_on=new.on, opened_at=tx.now
    )
    tx.session.add(case)
    tx.session.flush()
    add_event(
        tx,
        case,
        new.kind,
        new.on,
        day=new.day,
        account=actor.account_id,
        reason=new.reason,
        made_id=new.id,
    )
    actor.record(tx, Action.CASE_OPENED, subject=case.id, person=person.id)
    return case
