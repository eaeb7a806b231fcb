"""User-facing texts about the state and deadlines of a case."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from server.cases.tables import NOTHING_DUE, Case
from shared.cases.clock import Periods, days_left_text
from shared.cases.deadlines import (
    APPOINTMENTS,
    DEADLINE_LABELS,
    FAMILY_DEADLINES,
    Deadline,
    DeadlineKind,
)
from shared.cases.events import Dispute, EventKind
from shared.cases.rules import RULES
from shared.cases.states import CaseState
from shared.values.checks import AGE_LIMIT
from shared.values.days import format_day
from shared.values.rights import has_rights

COUNCIL = "The Local Authority"


class StateText(NamedTuple):
    """The name of a state and its text under 'What happens now?'.

    `now` has periods in braces. `dated` has a sentence for each deadline that may run in the state,
    with {} for its day.
    """

    name: str
    now: str
    dated: tuple[tuple[DeadlineKind, str], ...] = ()


STATE_TEXTS: dict[CaseState, StateText] = {
    CaseState.SUBMITTED: StateText(
        "Request received",
        f"{COUNCIL} must decide within {{decide}} of receiving the request whether an EHC needs "
        "assessment is necessary.",
    ),
    CaseState.DECIDING: StateText(
        "Deciding whether to assess",
        f"{COUNCIL} is looking at the request and must decide within {{decide}} of receiving it "
        "whether an EHC needs assessment is necessary.",
    ),
    CaseState.RETURNED_FOR_INFO: StateText(
        "Returned for information",
        f"{COUNCIL} asks for what is missing: see the form below. The {{decide}} go on meanwhile.",
    ),
    CaseState.WITHDRAWN: StateText(
        "Request withdrawn", "The request was withdrawn. A new request can be made."
    ),
    CaseState.JOINED: StateText(
        "Joined to another request", "The request goes on with another one made for this child."
    ),
    CaseState.REFUSED_TO_ASSESS: StateText(
        "Not assessing",
        "The family has been told why, and how to appeal or ask for mediation. A new request "
        "can be made.",
    ),
    CaseState.ASSESSING: StateText(
        "Assessing",
        "Everyone who was asked for advice has 6 weeks from being asked.",
        (
            (DeadlineKind.RECONSIDER, "The decision is reconsidered by {}."),
            (DeadlineKind.FINAL, "The plan, if there is to be one, is due by {}."),
        ),
    ),
    CaseState.REASSESSING: StateText(
        "Assessing again",
        "The needs are assessed again.",
        ((DeadlineKind.FINAL, "The plan is due by {}."),),
    ),
    CaseState.NOT_ISSUED: StateText(
        "No plan issued",
        "The family has been told why, and how to appeal. A new request can be made.",
    ),
    CaseState.DRAFT_PLAN: StateText(
        "Draft plan",
        "The draft goes to the family, who can comment and name a school or college.",
    ),
    CaseState.REPRESENTATIONS: StateText(
        "Draft plan with the family",
        "The family can give their views and name a school or college.",
        ((DeadlineKind.REPRESENTATIONS, "They have at least until {}."),),
    ),
    CaseState.FINAL_PLAN: StateText(
        "Plan issued",
        "The plan is reviewed at least every {review_months} months.",
    ),
    CaseState.REVIEW_DUE: StateText(
        "Review due",
        "A review meeting is held and the decision follows within {review_decision} of it, before "
        "the {review_months} months are over.",
    ),
    CaseState.MEETING: StateText(
        "Review meeting held",
        "The report of the meeting follows within {review_report}, and the decision within "
        "{review_decision} of it.",
    ),
    CaseState.MAINTAINED: StateText(
        "Plan kept as it is",
        "The plan stays as it is, and is reviewed at least every {review_months} months.",
    ),
    CaseState.AMENDING: StateText(
        "Plan being changed",
        "The family is told of the changes and can comment.",
        (
            (DeadlineKind.AMENDED_FINAL, "The changed plan is due by {}."),
            (DeadlineKind.FINAL, "The changed plan is due by {}."),
        ),
    ),
    CaseState.CEASE_CONSULTING: StateText(
        "Thinking of ceasing the plan",
        f"{COUNCIL} asks the family and the school or college whether the plan is still needed.",
    ),
    CaseState.CEASE_NOTICE: StateText(
        "Plan to cease",
        "Notice was given. The plan stays in force until the time to appeal has passed, or the "
        "appeal is decided.",
    ),
    CaseState.TRANSFERRED_OUT: StateText("Transferred", "Another authority is responsible now."),
    CaseState.CEASED: StateText("Plan ceased", "The plan has ceased."),
}


def _length(days: int) -> str:
    number, unit = (days, "day") if days % 7 else (days // 7, "week")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


DISPUTE_TEXTS: dict[Dispute, str] = {
    Dispute.MEDIATION_ADVICE: "Mediation advice",
    Dispute.MEDIATION_WANTED: "Family wants mediation",
    Dispute.MEDIATION: "In mediation",
    Dispute.CERTIFICATE: "Mediation certificate",
    Dispute.APPEAL: "Appeal at the Tribunal",
}
NO_CASE = "No request yet"


def now_text(state: CaseState, deadlines: Iterable[Deadline], periods: Periods) -> str:
    """Return the text under 'What happens now?', with the days of the running deadlines."""
    text, days = STATE_TEXTS[state], {deadline.kind: deadline.due for deadline in deadlines}
    lengths = {
        name: length if name.endswith("_months") or not isinstance(length, int) else _length(length)
        for name, length in periods
    }
    dated = [words.format(format_day(days[kind])) for kind, words in text.dated if kind in days]
    return " ".join([text.now.format_map(lengths), *dated])


def no_case_text(*, has_draft: bool, can_start: bool, is_too_old: bool) -> StateText:
    """Describe what a professional can do for a child without a case."""
    if has_draft:
        return StateText(
            NO_CASE, "A form was started. Continue it below, and submit it when ready."
        )
    if is_too_old:
        return StateText(
            NO_CASE, f"They are {AGE_LIMIT} or older, so a request can't be started any more."
        )
    if not can_start:
        return StateText(NO_CASE, "There is no form that you can start here.")
    return StateText(NO_CASE, "Start a request below when you are ready. It is saved as you type.")


def deadline_text(kind: str | None, due: date | None, today: date) -> str:
    """Describe a deadline with its date and the days left, or return '' for none."""
    if kind is None or due is None:
        return ""
    text = f"{DEADLINE_LABELS[DeadlineKind(kind)]} {format_day(due)}"
    if kind in FAMILY_DEADLINES and due < today:
        return f"{text} · the time is over"
    if kind in APPOINTMENTS and due < today:
        return f"{text} · past"
    return f"{text} · {days_left_text(due, today)}"


class NextText(NamedTuple):
    """What is due next in a case as text; `due` is None for what is not the authority's."""

    words: str
    due: date | None = None
    excused: bool = False


def due_kind(case: Case) -> DeadlineKind:
    """Return what is due on the first day that anything of the authority is due."""
    is_deadline = not case.excused and case.next_due == case.due_on
    return DeadlineKind(case.next_kind) if is_deadline and case.next_kind else DeadlineKind.ADVICE


def next_text(case: Case, today: date) -> NextText:
    """Describe what is next in a case, for its page and for lists.

    It is the first deadline of the authority or advice that is not excused; else an excused
    deadline, a right of the family, or a dispute.
    """
    if case.due_on != NOTHING_DUE:
        return NextText(deadline_text(due_kind(case), case.due_on, today), case.due_on)
    if case.next_due is not None:
        return NextText(deadline_text(case.next_kind, case.next_due, today), case.next_due, True)
    if case.dispute is not None:
        return NextText(DISPUTE_TEXTS[Dispute(case.dispute)])
    if case.family_due is not None and case.family_due >= today:
        return NextText(deadline_text(case.family_kind, case.family_due, today))
    return NextText("")


def event_label(kind: str, born: date, on: date) -> str:
    """Return the label of an event, naming whose rights about the plan they were on its day."""
    return name_rights_holder(RULES[EventKind(kind)].label, born, on)


def name_rights_holder(text: str, born: date, today: date) -> str:
    """Name the young person instead of the family, from the day the rights are theirs."""
    if not has_rights(born, today):
        return text
    for family, young_person in (("family", "young person"), ("Family", "Young person")):
        text = text.replace(family, young_person)
    return text
