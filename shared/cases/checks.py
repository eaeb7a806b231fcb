"""Checks of an event against the events before it: its order, its days and the law's periods."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import takewhile

from shared.cases.clock import STATUTORY_PERIODS, Periods, appeal_until, representations_until
from shared.cases.deadlines import ANSWERS, DeadlineKind, compute_deadlines
from shared.cases.dispute_rules import FAMILY_WINS
from shared.cases.events import EventKind, PastEvent
from shared.cases.machine import NotAllowed, allowed_events, case_status
from shared.cases.rules import RULES
from shared.values.days import format_day

E = EventKind
VIEWS_ASKED_BY = {
    E.DRAFT_SERVED: "the draft plan",
    E.AMENDMENT_PROPOSED: "the proposed changes",
}
"""Events that ask for the family's views, each with what the views are on (Reg. 13(1), 22(2))."""


def allowed_next(
    events: Sequence[PastEvent], periods: Periods = STATUTORY_PERIODS
) -> list[EventKind]:
    """List the events allowed after a sequence of events.

    An answer is allowed only while its deadline is running. A request can be withdrawn only until a
    plan has been issued, and a change that was ordered or agreed must be made.
    """
    running = {deadline.kind for deadline in compute_deadlines(events, periods)}
    has_plan = any(event.kind in {E.FINAL_ISSUED, E.PLAN_TRANSFERRED_IN} for event in events)
    return [
        kind
        for kind in allowed_events(case_status(events))
        if (kind not in ANSWERS or ANSWERS[kind] in running)
        and not (kind is E.WITHDRAWN and has_plan)
        and not (kind is E.NOT_AMENDED and must_amend(events))
    ]


def check_next(
    events: Sequence[PastEvent],
    new: PastEvent,
    today: date,
    periods: Periods = STATUTORY_PERIODS,
) -> None:
    """Raise NotAllowed if an event is not possible after a sequence of events."""
    if new.kind not in allowed_next(events, periods):
        raise NotAllowed(f"{RULES[new.kind].action} can't be done where this case stands.")
    require_possible_day(events, new, today, periods)


def check_from(
    start: int,
    events: Sequence[PastEvent],
    today: date,
    periods: Periods = STATUTORY_PERIODS,
    recorded: Sequence[PastEvent] = (),
) -> None:
    """Raise NotAllowed if events from an index on could not have been recorded one by one.

    What is not possible among the `recorded` events either, which an earlier version allowed, is
    left as it is.
    """
    for index, event in enumerate(events[start:], start):
        try:
            _check_recorded(events[:index], event, today, periods)
        except NotAllowed as error:
            if index < len(recorded) and not _is_possible(recorded, index, today, periods):
                continue
            raise NotAllowed(
                f"{RULES[event.kind].label} on {format_day(event.on)}: {error}"
            ) from None


def _is_possible(events: Sequence[PastEvent], index: int, today: date, periods: Periods) -> bool:
    try:
        _check_recorded(events[:index], events[index], today, periods)
    except NotAllowed:
        return False
    return True


def _check_recorded(
    events: Sequence[PastEvent], event: PastEvent, today: date, periods: Periods
) -> None:
    """Raise NotAllowed if a recorded event is not possible; a corrected day is another event's."""
    if event.kind is not E.DAY_CORRECTED:
        check_next(events, event, today, periods)
    elif event.kind not in allowed_next(events, periods):
        raise NotAllowed(f"{RULES[event.kind].action} can't be done where this case stands.")


def require_possible_day(
    events: Sequence[PastEvent],
    new: PastEvent,
    today: date,
    periods: Periods = STATUTORY_PERIODS,
) -> None:
    """Raise NotAllowed if an event is impossible on its day.

    The day must not be in the future or out of order. A final plan can't be issued before the
    family's time for views is over (Reg. 13(1), 22(2)), and a plan can't cease while an appeal is
    possible (CFA s.45(4)).
    """
    kind, on = new.kind, new.on
    if on > today:
        raise NotAllowed("The date must be today or in the past.")
    _require_order(events, new)
    if RULES[kind].day_required and new.day is None:
        raise NotAllowed(f"{RULES[kind].day}: enter the date.")
    served = _last_event(events, *VIEWS_ASKED_BY)
    if kind is E.FINAL_ISSUED and served:
        since = takewhile(lambda event: event.kind not in VIEWS_ASKED_BY, reversed(events))
        has_views = any(event.kind is E.REPRESENTATIONS_RECORDED for event in since)
        last_day = representations_until(served.on, periods)
        if on <= last_day and not has_views:
            raise NotAllowed(
                f"The family may give their views until {format_day(last_day)}. Record their views "
                "first, or wait until that day is over."
            )
    notice_date = _last_date(events, E.CEASE_NOTIFIED)
    if kind is E.CEASED and notice_date:
        last_day = _last_day_to_appeal(events, notice_date, periods)
        if on <= last_day and not _dismissed_since(events, notice_date):
            raise NotAllowed(f"The family may appeal until {format_day(last_day)}.")


def _require_order(events: Sequence[PastEvent], new: PastEvent) -> None:
    days = [event.on for event in events if event.kind is not E.DAY_CORRECTED]
    if new.kind is E.DAY_CORRECTED:
        if days[1:] and new.on > days[1]:
            raise NotAllowed(f"The date must not be after {format_day(days[1])}, the next event's.")
    elif days and new.on < days[-1]:
        raise NotAllowed(f"The date must not be before {format_day(days[-1])}, the last event's.")


def warnings(
    events: Sequence[PastEvent], new: PastEvent, periods: Periods = STATUTORY_PERIODS
) -> list[str]:
    """List what an officer should know before an event is recorded, each as a sentence."""
    texts = []
    last_day = _appeal_deadline(events, periods) if new.kind is E.APPEAL_LODGED else None
    if last_day and new.on > last_day:
        texts.append(
            f"The appeal is out of time: the last day was {format_day(last_day)}. The Tribunal "
            "decides whether it goes on."
        )
    if new.kind is E.REVIEW_CALLED and new.day:
        notice = timedelta(days=periods.review_notice)
        if new.day - new.on < notice:
            texts.append(
                f"The meeting is less than {periods.review_notice} days ahead. The law asks for "
                "2 weeks' notice (Reg. 20(3))."
            )
    served = _last_event(events, *VIEWS_ASKED_BY) if new.kind is E.FINAL_ISSUED else None
    if served and new.on <= (views_until := representations_until(served.on, periods)):
        texts.append(
            f"The {periods.representations} days for views on {VIEWS_ASKED_BY[served.kind]} end on "
            f"{format_day(views_until)}."
        )
    if new.kind is E.FINAL_ISSUED and case_after_order(events):
        texts.append(
            "The plan follows an order of the Tribunal. Whether it can be appealed again is "
            "disputed: take advice before you tell the family."
        )
    return texts


def must_amend(events: Sequence[PastEvent]) -> bool:
    """Whether an order, a concession or an agreement led to the change of the plan."""
    binding = FAMILY_WINS | {E.ORDERED_TO_AMEND, E.ORDERED_TO_NAME_SETTING}
    return _last_step(events) in binding


def case_after_order(events: Sequence[PastEvent]) -> bool:
    """Whether the plan being changed was ordered by the Tribunal."""
    return _last_step(events) in {E.ORDERED, E.ORDERED_TO_AMEND, E.ORDERED_TO_NAME_SETTING}


def _last_step(events: Sequence[PastEvent]) -> EventKind | None:
    """Return the last event that moved the case to another state."""
    moving = (
        event.kind
        for event in reversed(events)
        if RULES[event.kind].to is not None or event.kind in FAMILY_WINS
    )
    return next(moving, None)


def _appeal_deadline(events: Sequence[PastEvent], periods: Periods) -> date | None:
    running = compute_deadlines(events, periods)
    return next((item.due for item in running if item.kind is DeadlineKind.APPEAL), None)


def _last_day_to_appeal(events: Sequence[PastEvent], notice_date: date, periods: Periods) -> date:
    certificate = _last_date(events, E.CERTIFICATE_ISSUED)
    return appeal_until(
        notice_date, certificate if certificate and certificate >= notice_date else None, periods
    )


def _last_event(events: Sequence[PastEvent], *kinds: EventKind) -> PastEvent | None:
    return next((event for event in reversed(events) if event.kind in kinds), None)


def _last_date(events: Iterable[PastEvent], *kinds: EventKind) -> date | None:
    return max((event.on for event in events if event.kind in kinds), default=None)


def _dismissed_since(events: Iterable[PastEvent], notice_date: date) -> bool:
    dismissed_on = _last_date(events, E.DISMISSED)
    return dismissed_on is not None and dismissed_on >= notice_date
