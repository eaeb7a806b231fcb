"""What the events of a case mean for the SEN2 return, by the one table in `sen2.yaml`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

from server.placements.sen2.specification import Meaning, Specification
from shared.cases.states import CaseState


class Event(Protocol):
    """An event of a case: its kind, its day, and the state it led to."""

    kind: str
    on: date
    state: str


class Outcome(NamedTuple):
    """The code of a decision and its day."""

    code: str
    on: date


@dataclass
class Journey:
    """The decisions, plan, reviews and disputes of one case."""

    received: date | None = None
    request: Outcome | None = None
    assessment: Outcome | None = None
    plan_started: date | None = None
    plan_ended: date | None = None
    cease_reason: str = ""
    exported: bool = False
    meeting: date | None = None
    review: Outcome | None = None
    draft: date | None = None
    last_review: date | None = None
    disputes: set[str] = field(default_factory=set)
    """Such as `request_mediation`, `assessment_tribunal`, `other_mediation`."""

    @property
    def has_active_plan(self) -> bool:
        """Whether a plan is in force."""
        return self.plan_started is not None and self.plan_ended is None


def follow(events: Iterable[Event], specification: Specification, since: date) -> Journey:
    """Derive the journey of a case from its events, oldest first.

    Of reviews and disputes only those since a day count, but for the last review. Events of kinds
    that the table lacks mean nothing.
    """
    journey = Journey()
    for event in events:
        journey.received = journey.received or event.on
        meaning = specification.events.get(event.kind)
        if meaning is None:
            continue
        by_state = meaning.then.get(event.state)
        _decide(journey, meaning, event.on, replace=False)
        if by_state is not None:
            _decide(journey, by_state, event.on, replace=True)
        if meaning.plan:
            _change_plan(journey, meaning, event.on)
        if meaning.review:
            _review(journey, meaning, event.on, since)
        if meaning.dispute and event.on >= since:
            journey.disputes.add(f"{_disputed(journey, event.state)}_{meaning.dispute}")
    return journey


def _decide(journey: Journey, meaning: Meaning, on: date, *, replace: bool) -> None:
    """Set the outcomes; an assessment has one only once it was decided to assess."""
    if meaning.reopen:
        journey.assessment = None
    had_request = journey.request is not None
    if meaning.request and (replace or not had_request):
        journey.request = Outcome(meaning.request, on)
    if meaning.assessment and had_request and journey.assessment is None:
        journey.assessment = Outcome(meaning.assessment, on)


def _change_plan(journey: Journey, meaning: Meaning, on: date) -> None:
    if meaning.plan == "starts":
        journey.plan_started = journey.plan_started or on
    elif journey.plan_started is None:
        journey.exported = meaning.exported
    else:
        journey.plan_ended = on
        journey.cease_reason = meaning.cease_reason


def _review(journey: Journey, meaning: Meaning, on: date, since: date) -> None:
    if journey.plan_started is None:
        return
    if meaning.review != "meeting":
        journey.last_review = on
    if on < since:
        return
    if meaning.review == "meeting":
        journey.meeting, journey.review, journey.draft = on, None, None
        return
    journey.review = Outcome(meaning.review, on)
    if meaning.draft:
        journey.draft = on


def _disputed(journey: Journey, state: str) -> str:
    """Return which decision a dispute is about, by the state of the case."""
    if state == CaseState.REFUSED_TO_ASSESS:
        return "request"
    is_first_plan = state == CaseState.FINAL_PLAN and journey.last_review is None
    return "assessment" if state == CaseState.NOT_ISSUED or is_first_plan else "other"
