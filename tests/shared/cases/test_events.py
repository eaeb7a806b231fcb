"""Events allowed in a case: no dead ends, and nothing the law forbids."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from shared.cases.checks import allowed_next, check_from, check_next, require_possible_day
from shared.cases.clock import STATUTORY_PERIODS
from shared.cases.deadlines import (
    ANSWERS,
    DEADLINES_STARTED_BY,
    compute_deadlines,
    next_deadline,
)
from shared.cases.dispute_rules import DISPUTES
from shared.cases.events import CaseStatus, Dispute, EventKind, PastEvent
from shared.cases.machine import (
    STARTING_EVENTS,
    NotAllowed,
    allowed_events,
    apply_event,
    case_status,
)
from shared.cases.rules import RULES
from shared.cases.state_sets import PLAN_IN_FORCE
from shared.cases.states import ENDED, STAGE_OF, CaseState

ALL = [CaseStatus(state, dispute) for state in CaseState for dispute in (None, *Dispute)]
START, END = date(2022, 6, 1), date(2042, 6, 1)
E = EventKind


def require_day(events: list[PastEvent], kind: EventKind, on: date, today: date) -> None:
    """Require that an event is possible on a day."""
    require_possible_day(events, PastEvent(kind, on), today)


def find_reachable() -> set[CaseStatus]:
    """Return every status that a sequence of allowed events can reach."""
    statuses, queue = set(), [apply_event(None, kind) for kind in STARTING_EVENTS]
    while queue:
        status = queue.pop()
        if status not in statuses:
            statuses.add(status)
            queue += [apply_event(status, kind) for kind in allowed_events(status)]
    return statuses


REACHABLE = find_reachable()


def test_every_state_is_reachable_and_has_a_stage() -> None:
    # This includes joined and withdrawn requests, which end a case.
    assert {status.state for status in REACHABLE} == set(CaseState)
    assert set(STAGE_OF) == set(CaseState)
    assert set(RULES) == set(EventKind)


@pytest.mark.parametrize("status", sorted(REACHABLE, key=str), ids=str)
def test_no_dead_end_states(status: CaseStatus) -> None:
    visited, queue = {status}, [status]
    while queue:
        current = queue.pop()
        for kind in allowed_events(current):
            next_status = apply_event(current, kind)
            if next_status not in visited:
                visited.add(next_status)
                queue.append(next_status)
    states = {reached.state for reached in visited}
    assert states & (ENDED | PLAN_IN_FORCE)
    # A refusal can be overturned, and every dispute can end.
    if status.state in {CaseState.REFUSED_TO_ASSESS, CaseState.NOT_ISSUED}:
        assert CaseState.FINAL_PLAN in states
    assert any(reached.dispute is None for reached in visited)


@pytest.mark.parametrize("status", ALL, ids=str)
def test_event_is_accepted_only_if_allowed(status: CaseStatus) -> None:
    for kind in EventKind:
        if kind in allowed_events(status):
            apply_event(status, kind)
        else:
            with pytest.raises(NotAllowed):
                apply_event(status, kind)


def test_ended_case_allows_only_disputes() -> None:
    for state in ENDED:
        for kind in allowed_events(CaseStatus(state)):
            assert kind in DISPUTES or kind in ANSWERS, (state, kind)
    assert not allowed_events(CaseStatus(CaseState.CEASED))


def test_plan_cannot_cease_while_an_appeal_is_possible_or_pending() -> None:
    assert E.CEASED not in allowed_events(CaseStatus(CaseState.CEASE_NOTICE, Dispute.APPEAL))
    events = [PastEvent(E.CEASE_NOTIFIED, date(2023, 3, 1))]
    # The day two months later is a bank holiday.
    with pytest.raises(NotAllowed, match="02/05/2023"):
        require_day(events, E.CEASED, date(2023, 5, 2), date(2023, 6, 1))
    require_day(events, E.CEASED, date(2023, 5, 3), date(2023, 6, 1))
    dismissed = [*events, PastEvent(E.DISMISSED, date(2023, 4, 1))]
    require_day(dismissed, E.CEASED, date(2023, 4, 2), date(2023, 6, 1))


def test_plan_cannot_be_final_during_the_fifteen_days_for_views() -> None:
    served = [PastEvent(E.DRAFT_SERVED, date(2022, 9, 21))]
    with pytest.raises(NotAllowed, match="05/10/2022"):
        require_day(served, E.FINAL_ISSUED, date(2022, 10, 5), date(2022, 12, 1))
    require_day(served, E.FINAL_ISSUED, date(2022, 10, 6), date(2022, 12, 1))
    with_representations = [*served, PastEvent(E.REPRESENTATIONS_RECORDED, date(2022, 9, 28))]
    require_day(with_representations, E.FINAL_ISSUED, date(2022, 9, 29), date(2022, 12, 1))
    before_the_draft = [PastEvent(E.REPRESENTATIONS_RECORDED, date(2022, 9, 21)), *served]
    with pytest.raises(NotAllowed, match="05/10/2022"):
        require_day(before_the_draft, E.FINAL_ISSUED, date(2022, 9, 29), date(2022, 12, 1))


def test_views_during_the_assessment_change_no_state_and_no_deadline() -> None:
    events = [PastEvent(E.REQUEST_RECEIVED, START)]
    for kind in (E.REQUEST_ACCEPTED, E.DECIDED_TO_ASSESS):
        with_views = [*events, PastEvent(E.REPRESENTATIONS_RECORDED, START)]
        assert case_status(with_views) == case_status(events)
        assert compute_deadlines(with_views) == compute_deadlines(events)
        events = [*with_views, PastEvent(kind, START)]
    decided = [*events, PastEvent(E.DECIDED_TO_ISSUE, START)]
    assert E.REPRESENTATIONS_RECORDED not in allowed_next(decided)


def test_corrected_day_of_request_cannot_be_after_later_events() -> None:
    events = [
        PastEvent(E.REQUEST_RECEIVED, date(2023, 3, 1)),
        PastEvent(E.REQUEST_ACCEPTED, date(2023, 3, 9)),
    ]
    for day in (date(2022, 3, 1), date(2023, 3, 9)):
        require_day(events, E.DAY_CORRECTED, day, date(2023, 6, 1))
    with pytest.raises(NotAllowed, match="09/03/2023"):
        require_day(events, E.DAY_CORRECTED, date(2023, 3, 10), date(2023, 6, 1))
    corrected = [*events, PastEvent(E.DAY_CORRECTED, date(2022, 3, 1))]
    with pytest.raises(NotAllowed, match="09/03/2023"):
        require_day(corrected, E.DECIDED_TO_ASSESS, date(2023, 3, 8), date(2023, 6, 1))


def test_ordered_change_must_be_made_and_plan_taken_over_is_not_withdrawn() -> None:
    taken_over = [PastEvent(E.PLAN_TRANSFERRED_IN, START, START)]
    appealed = [*taken_over, PastEvent(E.APPEAL_LODGED, START)]
    ordered = [*appealed, PastEvent(E.ORDERED_TO_AMEND, START)]
    assert E.NOT_AMENDED not in allowed_next(ordered)
    assert E.FINAL_ISSUED in allowed_next(ordered)
    proposed = [*taken_over, PastEvent(E.AMENDMENT_PROPOSED, START)]
    assert E.NOT_AMENDED in allowed_next(proposed)
    again = [E.REASSESSMENT_AGREED, E.DECIDED_TO_ISSUE]
    reassessed = [*taken_over, *(PastEvent(kind, START) for kind in again)]
    assert E.WITHDRAWN not in allowed_next(reassessed)


def test_only_placement_can_be_appealed_without_a_certificate() -> None:
    assert E.APPEAL_LODGED in allowed_events(CaseStatus(CaseState.FINAL_PLAN))
    assert E.APPEAL_LODGED not in allowed_events(CaseStatus(CaseState.REFUSED_TO_ASSESS))
    assert E.APPEAL_LODGED in allowed_events(
        CaseStatus(CaseState.REFUSED_TO_ASSESS, Dispute.CERTIFICATE)
    )


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (CaseState.REFUSED_TO_ASSESS, CaseState.ASSESSING),
        (CaseState.NOT_ISSUED, CaseState.DRAFT_PLAN),
        (CaseState.FINAL_PLAN, CaseState.AMENDING),
        (CaseState.CEASE_NOTICE, CaseState.MAINTAINED),
    ],
)
def test_tribunal_order_moves_the_case(state: CaseState, expected: CaseState) -> None:
    for kind in (E.ORDERED, E.CONCEDED):
        assert apply_event(CaseStatus(state, Dispute.APPEAL), kind) == CaseStatus(expected)


def test_correction_leaves_what_an_earlier_version_allowed() -> None:
    recorded = [
        PastEvent(E.PLAN_TRANSFERRED_IN, START, START),
        PastEvent(E.AMENDMENT_PROPOSED, START + timedelta(days=5)),
        PastEvent(E.FINAL_ISSUED, START + timedelta(days=8)),  # within the family's 15 days
    ]
    corrected = [PastEvent(E.PLAN_TRANSFERRED_IN, START, START - timedelta(days=9)), *recorded[1:]]
    with pytest.raises(NotAllowed):
        check_from(1, corrected, END)
    check_from(1, corrected, END, recorded=recorded)


class CaseLife(RuleBasedStateMachine):
    """Case with a random sequence of possible events, corrections and undoing."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[PastEvent] = []

    @property
    def status(self) -> CaseStatus:
        status = case_status(self.events)
        assert status is not None
        return status

    @initialize(kind=st.sampled_from(STARTING_EVENTS))
    def open_case(self, kind: EventKind) -> None:
        self.events = [PastEvent(kind, START, START - timedelta(days=200))]

    @precondition(lambda self: bool(allowed_next(self.events)))
    @rule(data=st.data(), days=st.integers(0, 120), ahead=st.integers(0, 90))
    def record_event(self, data: st.DataObject, days: int, ahead: int) -> None:
        kind = data.draw(st.sampled_from(allowed_next(self.events)))
        on = self.events[-1].on + timedelta(days=days)
        new = PastEvent(kind, on, on + timedelta(days=ahead) if RULES[kind].day else None)
        try:
            require_possible_day(self.events, new, END)
        except NotAllowed:
            with pytest.raises(NotAllowed):
                check_next(self.events, new, END)
            return
        self.events.append(new)

    @rule(data=st.data(), days=st.integers(-30, 30))
    def correct_event(self, data: st.DataObject, days: int) -> None:
        """A correction is accepted only if recording it right at once would have been."""
        index = data.draw(st.integers(0, len(self.events) - 1))
        old = self.events[index]
        choices = set(allowed_next(self.events[:index])) - {E.DAY_CORRECTED}
        if old.kind is E.DAY_CORRECTED or not choices:
            return  # its day is that of the event that it corrects
        kind = data.draw(st.sampled_from(sorted(choices)))
        new = PastEvent(kind, old.on + timedelta(days=days), old.day)
        corrected = [*self.events[:index], new, *self.events[index + 1 :]]
        try:
            check_from(index, corrected, END)
        except NotAllowed:
            with pytest.raises(NotAllowed):
                record_one_by_one(corrected)
            return
        assert record_one_by_one(corrected) == corrected
        self.events = corrected

    @precondition(lambda self: len(self.events) > 1)
    @rule()
    def undo_event(self) -> None:
        self.events.pop()

    @precondition(lambda self: not allowed_next(self.events))
    @rule()
    def check_ended(self) -> None:
        assert self.status.state in ENDED

    @invariant()
    def deadlines_are_ordered_and_after_the_start(self) -> None:
        deadlines = compute_deadlines(self.events)
        assert [deadline.due for deadline in deadlines] == sorted(
            deadline.due for deadline in deadlines
        )
        assert len({deadline.kind for deadline in deadlines}) == len(deadlines)
        assert all(deadline.due >= self.events[0].on for deadline in deadlines)

    @invariant()
    def open_case_has_a_deadline(self) -> None:
        deadlines = compute_deadlines(self.events)
        if self.events and self.status.state not in ENDED:
            assert next_deadline(deadlines) is not None, self.status


def record_one_by_one(events: list[PastEvent]) -> list[PastEvent]:
    """Record events one after the other, as an officer would; raises NotAllowed."""
    recorded: list[PastEvent] = []
    for event in events:
        if event.kind is not E.DAY_CORRECTED:
            check_next(recorded, event, END)
        elif event.kind not in allowed_next(recorded):
            raise NotAllowed("The day of the request is not corrected any more.")
        recorded.append(event)
    return recorded


TestLife = CaseLife.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


@given(st.sampled_from(list(DEADLINES_STARTED_BY)), st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_deadline_is_never_before_its_start(kind: EventKind, on: date) -> None:
    event = PastEvent(kind, on, on + timedelta(days=3) if RULES[kind].day else None)
    for deadline_kind, due_date in DEADLINES_STARTED_BY[kind]:
        due = due_date(event, STATUTORY_PERIODS)
        assert due is not None and due >= on, deadline_kind
