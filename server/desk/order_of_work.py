"""What an officer is asked before an event is recorded: the order of work, and what follows."""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from server.accounts.tables import Account
from server.cases.service import events_of, past_events
from server.cases.tables import Case, CaseDocument, Publication
from server.cases.texts import name_rights_holder
from server.core.database import Transaction
from server.core.problems import PortalProblem
from server.documents.tables import Document
from server.forms.advice import awaits
from server.forms.catalogue import catalogue
from server.forms.tables import AdviceRequest, Submission
from server.letters.listing import due_letter
from server.people.tables import Person
from shared.cases.actions import UNDO_HOURS
from shared.cases.checks import warnings
from shared.cases.clock import is_from_year_9
from shared.cases.events import EventKind, PastEvent
from shared.cases.rules import RULES
from shared.cases.state_sets import ADVICE_STATES, ASSESSED
from shared.cases.states import CaseState
from shared.desk import AdviceState
from shared.problems import ProblemCode
from shared.publications import PLAN_OF, PlanIn, PublicationKind
from shared.values.days import format_day, london_day

E = EventKind
BEFORE_A_PLAN = frozenset({E.DECIDED_TO_ISSUE, E.DRAFT_SERVED, E.FINAL_ISSUED})
"""Events that need the child to be matched."""
NO_VIEWS = "The family's views are not recorded (Reg. 6(1)(a) and 7(a))."
END_OF_ASSESSMENT = frozenset({E.DECIDED_TO_ISSUE, E.DECIDED_NOT_TO_ISSUE, E.FINAL_ISSUED})
"""Events before which the advice of an assessment should be there."""
NOT_PUBLISHED = {
    E.DRAFT_SERVED: "No draft plan is published since the last.",
    E.FINAL_ISSUED: "The final plan is not published yet.",
}
PLAN = "The plan is the file {name}."
NO_READER = "Nobody is chosen to read the plan in the portal: it is only kept with the case."
FOR_OFFICERS = "“{title}” is for officers only. Its readers can open it from now on."
SettingsLeft: TypeAlias = Callable[[Transaction, Case, EventKind], list[str]]
"""Says what the settings and the placement of a case lack before an event of a kind."""
UNDOABLE = (
    f"You can undo this for {UNDO_HOURS} hours while it is the last step, but not the messages and "
    "letters that were sent by then."
)


def require_known_child(tx: Transaction, case: Case, kind: EventKind) -> Person:
    """Return the child of a case; raises NOT_ALLOWED for a plan for an unmatched child."""
    person = tx.session.get_one(Person, case.person_id)
    if person.known_at is None and kind in BEFORE_A_PLAN:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            f"{person.name} is a new child: match them with the children you know first. Nothing "
            "was recorded.",
        )
    return person


def require_order(
    tx: Transaction,
    case: Case,
    new: PastEvent,
    settings_left: SettingsLeft,
    *,
    plan: PlanIn | None,
    confirmed: bool,
) -> None:
    """Raise NOT_ALLOWED for a plan for an unmatched child, NEEDS_CONFIRMATION with warnings."""
    person = require_known_child(tx, case, new.kind)
    if confirmed:
        return
    rule, today = RULES[new.kind], london_day(tx.now)
    texts = [
        *warnings(past_events(events_of(tx, case)), new, tx.services.settings.periods),
        *_work_left(tx, case, person, new),
        *settings_left(tx, case, new.kind),
    ]
    if rule.follows:
        texts.append(f"{rule.follows} {UNDOABLE}")
    texts = [name_rights_holder(text, person.born, today) for text in texts]
    texts += _plan_left(tx, case, new.kind, plan)
    if texts:
        action = name_rights_holder(rule.action, person.born, today)
        name = f"{person.name}, born {format_day(person.born)}"
        raise PortalProblem(
            ProblemCode.NEEDS_CONFIRMATION, "\n".join([f"{action}: {name}.", *texts])
        )


def _work_left(tx: Transaction, case: Case, person: Person, new: PastEvent) -> list[str]:
    texts = []
    if person.known_at is None and new.kind in {E.DECIDED_TO_ASSESS, E.REFUSED_TO_ASSESS}:
        texts.append("The child is new, and not matched with the children you know yet.")
    is_in_assessment = CaseState(case.state) in ADVICE_STATES  # a later plan follows none
    if is_in_assessment and new.kind in END_OF_ASSESSMENT:
        texts += _advice_left(tx, case, person, new.kind)
    if new.kind is E.FINAL_ISSUED and (letter := due_letter(tx, case, events_of(tx, case))):
        texts.append(f"Letter due: {letter.title}.")
    return texts


def _plan_left(tx: Transaction, case: Case, kind: EventKind, plan: PlanIn | None) -> list[str]:
    """Name the plan that an event sends; say what is missing, and that it was for officers only."""
    if kind not in PLAN_OF:
        return []
    if plan is None:
        return [] if _is_published(tx, case, PLAN_OF[kind]) else [NOT_PUBLISHED[kind]]
    document = tx.session.get(Document, plan.document)
    if document is None or document.person_id != case.person_id:
        return []  # publishing it is refused
    named = PLAN.format(name=document.name)
    if not plan.readers:
        return [named, NO_READER]
    filed = tx.session.get(CaseDocument, plan.document)
    return [named, *([FOR_OFFICERS.format(title=filed.title)] if filed else [])]


class _Advice(NamedTuple):
    """Advice of an assessment: its form, from whom, and whether it is outstanding."""

    form: str
    short: str
    by: str
    is_awaited: bool


def _advice_of(tx: Transaction, case: Case) -> list[_Advice]:
    """List the advice that the last assessment asked for."""
    forms = catalogue(tx.services.settings.forms)
    rows = tx.session.execute(
        select(awaits(), Submission.form, Account, AdviceRequest.by_name)
        .join(Submission, col(Submission.id) == col(AdviceRequest.submission_id))
        .join(Account, col(Account.id) == col(AdviceRequest.account_id))
        .where(
            AdviceRequest.case_id == case.id,
            AdviceRequest.state != AdviceState.CANCELLED,
            *_is_since_reassessment(tx, case),
        )
    ).all()
    return [
        _Advice(form, forms[form].short if form in forms else form, name or account.name, awaited)
        for awaited, form, account, name in rows
    ]


def _advice_left(tx: Transaction, case: Case, person: Person, kind: EventKind) -> list[str]:
    """Say which advice is outstanding, and what this assessment lacks (Reg. 6(1))."""
    forms, advice = catalogue(tx.services.settings.forms), _advice_of(tx, case)
    requested = {row.form for row in advice}
    awaited = [row for row in advice if row.is_awaited]
    texts = []
    if awaited:
        outstanding = sorted(f"{row.short} from {row.by}" for row in awaited)
        texts.append(f"Advice not received yet: {', '.join(outstanding)}.")
    if awaited and RULES[kind].to in ASSESSED:
        request = "request" if len(awaited) == 1 else "requests"
        texts.append(
            f"This ends the {request} to {', '.join(sorted({row.by for row in awaited}))}."
        )
    if not _has_views(tx, case):
        texts.append(NO_VIEWS)
    missing = [form.short for form in forms.values() if form.asked_for and form.id not in requested]
    if missing:
        texts.append(f"Never asked for (Reg. 6(1)): {', '.join(missing)}.")
    if is_from_year_9(person.born, london_day(tx.now)):
        texts.append("From year 9, advice on preparing for adulthood is part of it (Reg. 6(1)(g)).")
    return texts


def _has_views(tx: Transaction, case: Case) -> bool:
    """Whether the family's views are recorded for the last assessment."""
    start = _reassessed_from(tx, case)
    return any(
        event.kind == E.REPRESENTATIONS_RECORDED and (start is None or event.at >= start)
        for event in events_of(tx, case)
    )


def _is_since_reassessment(tx: Transaction, case: Case) -> list[ColumnElement[bool]]:
    """Build the condition for forms of the last reassessment, if there was one."""
    start = _reassessed_from(tx, case)
    return [col(Submission.started_at) >= start] if start else []


def _reassessed_from(tx: Transaction, case: Case) -> datetime | None:
    """Return when the last reassessment was recorded, or None."""
    starts = [
        event.at
        for before, event in pairwise(events_of(tx, case))
        if event.state == CaseState.REASSESSING != before.state
    ]
    return starts[-1] if starts else None


def _is_published(tx: Transaction, case: Case, kind: PublicationKind) -> bool:
    query = select(Publication.id).where(
        Publication.case_id == case.id,
        Publication.kind == kind,
        col(Publication.withdrawn_at).is_(None),
    )
    sent = [event.at for event in events_of(tx, case) if event.kind in PLAN_OF]
    if sent:
        query = query.where(col(Publication.published_at) > max(sent))
    return tx.session.exec(query).first() is not None
