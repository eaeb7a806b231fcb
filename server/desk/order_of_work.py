"""What an officer is asked before an event is recorded: the order of work, and what follows."""

from collections.abc import Callable
from typing import TypeAlias

from sqlmodel import col, select

from server.cases.service import events_of, past_events
from server.cases.tables import Case, CaseDocument, Publication
from server.cases.texts import name_rights_holder
from server.core.database import Transaction
from server.core.problems import PortalProblem
from server.desk.advice_gaps import find_gaps
from server.desk.advice_rows import advice_rows
from server.documents.tables import Document
from server.letters.listing import due_letter
from server.people.tables import Person
from shared.cases.actions import UNDO_HOURS
from shared.cases.checks import warnings
from shared.cases.events import EventKind, PastEvent
from shared.cases.rules import RULES
from shared.cases.state_sets import ASSESSED
from shared.problems import ProblemCode
from shared.publications import PLAN_OF, PlanIn, PublicationKind
from shared.values.days import format_day, london_day

E = EventKind
BEFORE_A_PLAN = frozenset({E.DECIDED_TO_ISSUE, E.DRAFT_SERVED, E.FINAL_ISSUED})
"""Events that need the child to be matched."""
END_OF_ASSESSMENT = frozenset({E.DECIDED_TO_ISSUE, E.DECIDED_NOT_TO_ISSUE, E.FINAL_ISSUED})
"""Events before which the advice of an assessment should be there."""
NOT_PUBLISHED = {
    E.DRAFT_SERVED: "No draft plan is published since the last.",
    E.FINAL_ISSUED: "The final plan is not published yet.",
}
PLAN = "The plan is the file {name}."
NO_READER = "Nobody is chosen to read the plan in the portal: it is only kept with the case."
FOR_OFFICERS = "“{title}” is for officers only. Its readers can open it from now on."
SettingsLeft: TypeAlias = Callable[[Transaction, Case, PastEvent], list[str]]
"""Says what the settings and the placement of a case lack before an event."""
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
        *settings_left(tx, case, new),
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
    if new.kind in END_OF_ASSESSMENT:
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


def _advice_left(tx: Transaction, case: Case, person: Person, kind: EventKind) -> list[str]:
    """List what the advice of an assessment lacks (Reg. 6(1)), and which requests a step ends."""
    gaps = find_gaps(tx, case, person, events_of(tx, case), advice_rows(tx, case))
    texts = gaps.texts()
    if gaps.awaited and RULES[kind].to in ASSESSED:
        request = "request" if len(gaps.awaited) == 1 else "requests"
        names = ", ".join(sorted({row.by for row in gaps.awaited}))
        texts.insert(1, f"This ends the {request} to {names}.")  # after what is outstanding
    return texts


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
