"""What may happen in a case: no dead end that the law does not have, nothing that is forbidden."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.cases.clock import LAW
from shared.cases.deadlines import FAMILY_DEADLINES, STARTS, DeadlineKind, deadlines, next_deadline
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


def reachable() -> set[CaseStatus]:
    """Every status that some sequence of allowed events leads to."""
    found, open_ones = set(), [apply_event(None, E.REQUEST_RECEIVED)]
    while open_ones:
        status = open_ones.pop()
        if status not in found:
            found.add(status)
            open_ones += [apply_event(status, kind) for kind in allowed_events(status)]
    return found


REACHABLE = reachable()


def test_every_state_can_be_reached_and_belongs_to_a_stage() -> None:
    # A request that joined another, and one withdrawn, are ends like the rest.
    assert {status.state for status in REACHABLE} == set(CaseState)
    assert set(STAGE_OF) == set(CaseState)
    assert set(RULES) == set(EventKind)


@pytest.mark.parametrize("status", sorted(REACHABLE, key=str), ids=str)
def test_from_everywhere_there_is_a_way_out(status: CaseStatus) -> None:
    seen, open_ones = {status}, [status]
    while open_ones:
        here = open_ones.pop()
        for kind in allowed_events(here):
            there = apply_event(here, kind)
            if there not in seen:
                seen.add(there)
                open_ones.append(there)
    states = {one.state for one in seen}
    assert states & (ENDED | PLAN_IN_FORCE)
    # Whoever is refused can still get what they asked for; a dispute always comes to an end.
    if status.state in {CaseState.REFUSED_TO_ASSESS, CaseState.NOT_ISSUED}:
        assert CaseState.FINAL_PLAN in states
    assert any(one.dispute is None for one in seen)


@pytest.mark.parametrize("status", ALL, ids=str)
def test_what_is_not_allowed_is_not_accepted(status: CaseStatus) -> None:
    for kind in EventKind:
        if kind in allowed_events(status):
            apply_event(status, kind)
        else:
            with pytest.raises(NotAllowed):
                apply_event(status, kind)


def test_an_end_is_an_end_but_for_the_family_s_appeal() -> None:
    for state in ENDED:
        for kind in allowed_events(CaseStatus(state)):
            assert kind in DISPUTES, (state, kind)
    assert not allowed_events(CaseStatus(CaseState.CEASED))


def test_a_plan_does_not_cease_while_the_family_may_appeal_or_does() -> None:
    assert E.CEASED not in allowed_events(CaseStatus(CaseState.CEASE_NOTICE, Dispute.APPEAL))
    events = [PastEvent(E.CEASE_NOTIFIED, date(2023, 3, 1))]
    # Two months later is a bank holiday.
    with pytest.raises(NotAllowed, match="02/05/2023"):
        require_possible_day(events, E.CEASED, date(2023, 5, 2), date(2023, 6, 1))
    require_possible_day(events, E.CEASED, date(2023, 5, 3), date(2023, 6, 1))
    dismissed = [*events, PastEvent(E.DISMISSED, date(2023, 4, 1))]
    require_possible_day(dismissed, E.CEASED, date(2023, 4, 2), date(2023, 6, 1))


def test_a_plan_is_not_final_while_the_family_may_answer() -> None:
    served = [PastEvent(E.DRAFT_SERVED, date(2022, 9, 21))]
    with pytest.raises(NotAllowed, match="05/10/2022"):
        require_possible_day(served, E.FINAL_ISSUED, date(2022, 10, 5), date(2022, 12, 1))
    require_possible_day(served, E.FINAL_ISSUED, date(2022, 10, 6), date(2022, 12, 1))
    heard = [*served, PastEvent(E.REPRESENTATIONS_RECORDED, date(2022, 9, 28))]
    require_possible_day(heard, E.FINAL_ISSUED, date(2022, 9, 29), date(2022, 12, 1))


def test_the_day_of_a_request_is_corrected_to_none_after_what_was_done_with_it() -> None:
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


def test_only_a_placement_is_appealed_without_a_certificate() -> None:
    assert E.APPEAL_LODGED in allowed_events(CaseStatus(CaseState.FINAL_PLAN))
    assert E.APPEAL_LODGED not in allowed_events(CaseStatus(CaseState.REFUSED_TO_ASSESS))
    assert E.APPEAL_LODGED in allowed_events(
        CaseStatus(CaseState.REFUSED_TO_ASSESS, Dispute.CERTIFICATE)
    )


@pytest.mark.parametrize(
    ("state", "to"),
    [
        (CaseState.REFUSED_TO_ASSESS, CaseState.ASSESSING),
        (CaseState.NOT_ISSUED, CaseState.DRAFT_PLAN),
        (CaseState.FINAL_PLAN, CaseState.AMENDING),
        (CaseState.CEASE_NOTICE, CaseState.MAINTAINED),
    ],
)
def test_the_tribunal_s_order_leads_on(state: CaseState, to: CaseState) -> None:
    for kind in (E.ORDERED, E.CONCEDED):
        assert apply_event(CaseStatus(state, Dispute.APPEAL), kind) == CaseStatus(to)


class Life(RuleBasedStateMachine):
    """A case as any sequence of allowed events makes it, days passing between them."""

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
    def something_happens(self, data: st.DataObject, days: int) -> None:
        kind = data.draw(st.sampled_from(allowed_events(self.status)))
        self.events.append(PastEvent(kind, self.events[-1].on + timedelta(days=days)))

    @precondition(lambda self: not allowed_events(self.status))
    @rule()
    def it_is_over(self) -> None:
        assert self.status.state in ENDED

    @invariant()
    def what_runs_is_in_order_and_not_before_its_start(self) -> None:
        running = deadlines(self.events)
        assert [one.due for one in running] == sorted(one.due for one in running)
        assert len({one.kind for one in running}) == len(running)
        assert all(one.due >= START for one in running)

    @invariant()
    def an_open_case_has_a_deadline_and_a_closed_one_only_the_family_s(self) -> None:
        running = deadlines(self.events)
        if self.status.state in ENDED:
            disputed = FAMILY_DEADLINES | {DeadlineKind.MEDIATION}
            assert {one.kind for one in running} <= disputed
        else:
            assert next_deadline(running) is not None, self.status


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


@given(st.sampled_from(list(STARTS)), st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_no_deadline_lies_before_what_starts_it(kind: EventKind, on: date) -> None:
    for _, count in STARTS[kind]:
        assert count(on, LAW) >= on
