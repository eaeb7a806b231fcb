"""Deadlines, compared with dates counted by hand."""

from datetime import date

import pytest

from shared.cases.clock import Periods, advice_due, amended_final_after, appeal_until
from shared.cases.deadlines import DeadlineKind, compute_deadlines, next_deadline
from shared.cases.events import EventKind, PastEvent
from shared.cases.excuses import Ground, grounds_for

E, K = EventKind, DeadlineKind
RECEIVED = PastEvent(E.REQUEST_RECEIVED, date(2022, 6, 1))
ASSESSING = [RECEIVED, PastEvent(E.DECIDED_TO_ASSESS, date(2022, 7, 13))]
DRAFT = [*ASSESSING, PastEvent(E.DECIDED_TO_ISSUE, date(2022, 9, 14))]
SERVED = [*DRAFT, PastEvent(E.DRAFT_SERVED, date(2022, 9, 21))]
FINAL = [*SERVED, PastEvent(E.FINAL_ISSUED, date(2022, 10, 19))]
MEETING = [*FINAL, PastEvent(E.MEETING_HELD, date(2023, 10, 2))]


def due_dates(events: list[PastEvent], periods: Periods | None = None) -> dict[DeadlineKind, date]:
    return {
        deadline.kind: deadline.due for deadline in compute_deadlines(events, periods or Periods())
    }


def test_request_starts_three_deadlines() -> None:
    assert due_dates([RECEIVED]) == {
        K.DECIDE: date(2022, 7, 13),
        K.NO_PLAN: date(2022, 9, 21),
        K.FINAL: date(2022, 10, 19),
    }
    assert due_dates([RECEIVED], Periods(receipt_is_day_one=True))[K.DECIDE] == date(2022, 7, 12)
    assert due_dates([RECEIVED], Periods(decide=28))[K.DECIDE] == date(2022, 6, 29)


def test_decision_ends_its_deadline() -> None:
    assert K.DECIDE not in due_dates(ASSESSING)
    assert due_dates(DRAFT) == {K.FINAL: date(2022, 10, 19)}
    assert due_dates(SERVED)[K.REPRESENTATIONS] == date(2022, 10, 5)
    assert due_dates(FINAL) == {K.APPEAL: date(2022, 12, 19), K.REVIEW: date(2023, 10, 18)}


def test_review_meeting_starts_deadlines_of_report_decision_and_plan() -> None:
    assert due_dates(MEETING)[K.REPORT] == date(2023, 10, 16)
    assert due_dates(MEETING)[K.REVIEW_DECISION] == date(2023, 10, 30)
    assert due_dates(MEETING)[K.AMENDED_FINAL] == date(2023, 12, 25)
    amending = [*MEETING, PastEvent(E.AMENDMENT_PROPOSED, date(2023, 10, 16))]
    assert due_dates(amending)[K.AMENDED_FINAL] == date(2023, 12, 11)
    assert K.REVIEW_DECISION not in due_dates(amending)
    maintained = [*MEETING, PastEvent(E.PLAN_MAINTAINED, date(2023, 10, 30))]
    assert due_dates(maintained) == {K.APPEAL: date(2024, 1, 2), K.REVIEW: date(2024, 10, 29)}


def test_tribunal_order_starts_its_own_deadlines() -> None:
    refused = [
        RECEIVED,
        PastEvent(E.REFUSED_TO_ASSESS, date(2022, 7, 1)),
        PastEvent(E.MEDIATION_ADVICE, date(2022, 7, 10)),
        PastEvent(E.CERTIFICATE_ISSUED, date(2022, 8, 20)),
    ]
    assert due_dates(refused) == {K.APPEAL: date(2022, 9, 20)}
    appealed = [*refused, PastEvent(E.APPEAL_LODGED, date(2022, 9, 1))]
    assert due_dates(appealed) == {K.APPEAL_RESPONSE: date(2022, 10, 14)}
    ordered = [*appealed, PastEvent(E.ORDERED, date(2022, 11, 1))]
    assert due_dates(ordered) == {
        K.ORDER_NOTICE: date(2022, 11, 15),
        K.NO_PLAN: date(2023, 1, 10),
        K.FINAL: date(2023, 2, 7),
    }
    conceded = [
        *ASSESSING,
        PastEvent(E.DECIDED_NOT_TO_ISSUE, date(2022, 9, 1)),
        PastEvent(E.MEDIATION_ADVICE, date(2022, 9, 2)),
        PastEvent(E.CONCEDED, date(2022, 10, 1)),
    ]
    assert due_dates(conceded) == {K.DRAFT: date(2022, 11, 5), K.FINAL: date(2022, 12, 17)}


def test_reassessment_has_fourteen_weeks() -> None:
    reassessed = [*FINAL, PastEvent(E.REASSESSMENT_AGREED, date(2023, 2, 1))]
    assert due_dates(reassessed)[K.FINAL] == date(2023, 5, 10)


def test_deadline_refers_to_the_event_that_started_it() -> None:
    reassessed = [*FINAL, PastEvent(E.REASSESSMENT_AGREED, date(2023, 2, 1))]
    assert {deadline.kind: deadline.start_index for deadline in compute_deadlines(DRAFT)} == {
        K.FINAL: 0
    }
    starting_events = {
        deadline.kind: reassessed[deadline.start_index].kind
        for deadline in compute_deadlines(reassessed)
    }
    assert starting_events == {
        K.FINAL: E.REASSESSMENT_AGREED,
        K.APPEAL: E.FINAL_ISSUED,
        K.REVIEW: E.FINAL_ISSUED,
    }


def test_advice_is_due_six_weeks_after_its_request() -> None:
    assert advice_due(date(2022, 6, 6)) == date(2022, 7, 18)


@pytest.mark.parametrize(
    ("decided_on", "certificate_date", "last_day"),
    [
        (date(2023, 3, 15), None, date(2023, 5, 15)),
        (date(2023, 12, 31), None, date(2024, 2, 29)),
        (date(2022, 12, 31), None, date(2023, 2, 28)),
        (date(2023, 3, 15), date(2023, 5, 1), date(2023, 6, 1)),
        (date(2023, 3, 15), date(2023, 4, 1), date(2023, 5, 15)),
        (date(2023, 6, 10), None, date(2023, 9, 1)),  # two months end in August
        (date(2024, 6, 30), None, date(2024, 9, 2)),  # 1 September is a Sunday
        (date(2023, 10, 25), None, date(2024, 1, 2)),  # at Christmas
        (date(2023, 11, 1), None, date(2024, 1, 2)),  # New Year's Day
        (date(2021, 11, 1), None, date(2022, 1, 4)),  # observed on Monday the 3rd
        (date(2022, 10, 31), None, date(2023, 1, 3)),  # observed on Monday the 2nd
        (date(2022, 10, 23), None, date(2022, 12, 23)),
        (date(2022, 10, 24), None, date(2023, 1, 3)),  # Saturday, Christmas Eve
        (date(2023, 2, 11), None, date(2023, 4, 11)),
        (date(2023, 2, 15), None, date(2023, 4, 17)),  # a Saturday
        (date(2023, 2, 16), None, date(2023, 4, 17)),  # a Sunday
        (date(2023, 3, 15), date(2023, 5, 3), date(2023, 6, 5)),  # a Saturday
        (date(2022, 5, 30), None, date(2022, 9, 1)),  # a Saturday; Monday is in August
        (date(2026, 2, 3), None, date(2026, 4, 7)),  # Good Friday
        (date(2026, 2, 6), None, date(2026, 4, 7)),  # Easter Monday
        (date(2024, 1, 29), None, date(2024, 4, 2)),  # Good Friday in March
        (date(2025, 2, 18), None, date(2025, 4, 22)),  # a late Good Friday
        (date(2026, 3, 4), None, date(2026, 5, 5)),  # the first Monday of May
        (date(2026, 3, 25), None, date(2026, 5, 26)),  # the last Monday of May
        (date(2026, 3, 18), None, date(2026, 5, 18)),  # an ordinary Monday
        (date(2020, 3, 8), None, date(2020, 5, 11)),  # moved from Monday to Friday for VE Day
        (date(2022, 4, 2), None, date(2022, 6, 6)),  # the Jubilee's Thursday and Friday
        (date(2023, 3, 8), None, date(2023, 5, 9)),  # the Coronation's Monday
    ],
)
def test_last_day_to_appeal(
    decided_on: date, certificate_date: date | None, last_day: date
) -> None:
    assert appeal_until(decided_on, certificate_date) == last_day


def test_periods_ignore_daylight_saving_changes() -> None:
    # Summer time began on 26/03/2023 and ended on 29/10/2023.
    spring = due_dates([PastEvent(E.REQUEST_RECEIVED, date(2023, 3, 1))])
    assert spring[K.DECIDE] == date(2023, 4, 12)
    autumn = due_dates([PastEvent(E.REQUEST_RECEIVED, date(2023, 10, 1))])
    assert autumn[K.DECIDE] == date(2023, 11, 12)


def test_grounds_apply_to_certain_deadlines_only() -> None:
    assert Ground.CLOSED in grounds_for(K.DECIDE)
    assert Ground.CLOSED not in grounds_for(K.ADVICE)
    assert Ground.MISSED_APPOINTMENT in grounds_for(K.ADVICE)
    assert Ground.MISSED_APPOINTMENT not in grounds_for(K.FINAL)
    for kind in (K.REVIEW, K.REPORT, K.REVIEW_DECISION, K.AMENDED_FINAL, K.PHASE_TRANSFER):
        assert not grounds_for(kind), kind
    assert grounds_for(K.AMENDED_FINAL, E.ORDERED_TO_AMEND) == {
        Ground.PERSONAL,
        Ground.ABSENT_2_WEEKS,
        Ground.REPRESENTATIONS,
    }
    assert not grounds_for(K.ORDER_NOTICE, E.ORDERED_TO_ASSESS)


def test_amended_plan_has_eight_weeks_and_at_most_twelve_from_meeting() -> None:
    assert amended_final_after(date(2023, 10, 1), None) == date(2023, 11, 26)
    assert amended_final_after(date(2023, 10, 30), date(2023, 10, 2)) == date(2023, 12, 25)


def test_nothing_of_a_review_or_order_runs_on_after_the_plan_is_final() -> None:
    appealed = [*FINAL, PastEvent(E.APPEAL_LODGED, date(2022, 11, 1))]
    called = PastEvent(E.REVIEW_CALLED, date(2022, 11, 2), date(2022, 12, 1))
    conceded = [*appealed, called, PastEvent(E.CONCEDED, date(2022, 11, 10))]
    amended = [*conceded, PastEvent(E.FINAL_ISSUED, date(2022, 12, 5))]
    assert due_dates(amended).keys() == {K.APPEAL, K.REVIEW}
    ordered = [
        RECEIVED,
        PastEvent(E.REFUSED_TO_ASSESS, date(2022, 7, 1)),
        PastEvent(E.MEDIATION_ADVICE, date(2022, 7, 10)),
        PastEvent(E.CERTIFICATE_ISSUED, date(2022, 7, 20)),
        PastEvent(E.APPEAL_LODGED, date(2022, 8, 1)),
        PastEvent(E.ORDERED_TO_ASSESS, date(2022, 11, 1)),
        PastEvent(E.DECIDED_TO_ISSUE, date(2022, 12, 1)),
    ]
    assert due_dates(ordered).keys() == {K.FINAL}


def test_appointment_is_never_the_next_deadline() -> None:
    called = [*FINAL, PastEvent(E.REVIEW_CALLED, date(2023, 2, 1), date(2023, 3, 1))]
    papers_sent = [*called, PastEvent(E.REVIEW_PAPERS_SENT, date(2023, 2, 10))]
    following = next_deadline(compute_deadlines(papers_sent))
    assert following is not None
    assert following.kind is K.REVIEW
