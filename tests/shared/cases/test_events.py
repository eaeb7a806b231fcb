"""Events allowed in a case: no dead ends, and nothing the law forbids."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.cases.clock import STATUTORY_PERIODS
from shared.cases.deadlines import (
    DEADLINES_STARTED_BY,
    FAMILY_DEADLINES,
    DeadlineKind,
    compute_deadlines,
    next_deadline,
)
from shared.cases.events import (
    DISPUTES,
    PLAN_IN_FORCE,
    RULES,
    CaseStatus,
    Dispute,
    EventKind,
    NotAllowed,
    PastEvent,
    allowed_events,
    apply_event,
    case_status,
    require_possible_day,
)
from shared.cases.states import ENDED, STAGE_OF, CaseState

ALL = [CaseStatus(state, dispute) for state in CaseState for dispute in (None, *Dispute)]
START = date(2022, 6, 1)
E = EventKind


def find_reachable() -> set[CaseStatus]:
    """Return every status that a sequence of allowed events can reach."""
    statuses, queue = set(), [apply_event(None, E.REQUEST_RECEIVED)]
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
            assert kind in DISPUTES, (state, kind)
    assert not allowed_events(CaseStatus(CaseState.CEASED))


def test_plan_cannot_cease_while_an_appeal_is_possible_or_pending() -> None:
    assert E.CEASED not in allowed_events(CaseStatus(CaseState.CEASE_NOTICE, Dispute.APPEAL))
    events = [PastEvent(E.CEASE_NOTIFIED, date(2023, 3, 1))]
    # The day two months later is a bank holiday.
    with pytest.raises(NotAllowed, match="02/05/2023"):
        require_possible_day(events, E.CEASED, date(2023, 5, 2), date(2023, 6, 1))
    require_possible_day(events, E.CEASED, date(2023, 5, 3), date(2023, 6, 1))
    dismissed = [*events, PastEvent(E.DISMISSED, date(2023, 4, 1))]
    require_possible_day(dismissed, E.CEASED, date(2023, 4, 2), date(2023, 6, 1))


def test_plan_cannot_be_final_during_the_fifteen_days_for_views() -> None:
    served = [PastEvent(E.DRAFT_SERVED, date(2022, 9, 21))]
    with pytest.raises(NotAllowed, match="05/10/2022"):
        require_possible_day(served, E.FINAL_ISSUED, date(2022, 10, 5), date(2022, 12, 1))
    require_possible_day(served, E.FINAL_ISSUED, date(2022, 10, 6), date(2022, 12, 1))
    with_representations = [*served, PastEvent(E.REPRESENTATIONS_RECORDED, date(2022, 9, 28))]
    require_possible_day(with_representations, E.FINAL_ISSUED, date(2022, 9, 29), date(2022, 12, 1))


def test_corrected_day_of_request_cannot_be_after_later_events() -> None:
    events = [
        PastEvent(E.REQUEST_RECEIVED, date(2023, 3, 1)),
        PastEvent(E.REQUEST_ACCEPTED, date(2023, 3, 9)),
    ]
    for day in (date(2022, 3, 1), date(2023, 3, 9)):
        require_possible_day(events, E.DAY_CORRECTED, day, date(2023, 6, 1))
    with pytest.raises(NotAllowed, match="09/03/2023"):
        require_possible_day(events, E.DAY_CORRECTED, date(2023, 3, 10), date(2023, 6, 1))
    corrected = [*events, PastEvent(E.DAY_CORRECTED, date(2022, 3, 1))]
    with pytest.raises(NotAllowed, match="09/03/2023"):
        require_possible_day(corrected, E.DECIDED_TO_ASSESS, date(2023, 3, 8), date(2023, 6, 1))


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


class CaseLife(RuleBasedStateMachine):
    """Case with a random sequence of allowed events, with days between them."""

    def __init__(self) -> None:
        super().__init__()
        self.events = [PastEvent(E.REQUEST_RECEIVED, START)]

    @property
    def status(self) -> CaseStatus:
        status = case_status(self.events)
        assert status is not None
        return status

    @precondition(lambda self: bool(allowed_events(self.status)))
    @rule(data=st.data(), days=st.integers(0, 120))
    def record_event(self, data: st.DataObject, days: int) -> None:
        kind = data.draw(st.sampled_from(allowed_events(self.status)))
        self.events.append(PastEvent(kind, self.events[-1].on + timedelta(days=days)))

    @precondition(lambda self: not allowed_events(self.status))
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
        assert all(deadline.due >= START for deadline in deadlines)

    @invariant()
    def open_case_has_a_deadline(self) -> None:
        deadlines = compute_deadlines(self.events)
        if self.status.state in ENDED:
            allowed_kinds = FAMILY_DEADLINES | {DeadlineKind.MEDIATION}
            assert {deadline.kind for deadline in deadlines} <= allowed_kinds
        else:
            assert next_deadline(deadlines) is not None, self.status


TestLife = CaseLife.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


@given(st.sampled_from(list(DEADLINES_STARTED_BY)), st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_deadline_is_never_before_its_start(kind: EventKind, on: date) -> None:
    for _, due_date in DEADLINES_STARTED_BY[kind]:
        assert due_date(on, STATUTORY_PERIODS) >= on
