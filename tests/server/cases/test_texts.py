"""What the page of a case says happens now; each day is counted by hand."""

from datetime import date

import pytest

from server.cases.texts import STATE_TEXTS, now_text
from shared.cases.clock import Periods
from shared.cases.deadlines import compute_deadlines
from shared.cases.events import EventKind as E
from shared.cases.events import PastEvent
from shared.cases.machine import case_status
from shared.values.days import parse_day

REQUEST = ((E.REQUEST_RECEIVED, "05/01/2026"),)
REFUSED = (
    *REQUEST,
    (E.REFUSED_TO_ASSESS, "02/02/2026"),
    (E.MEDIATION_ADVICE, "09/02/2026"),
    (E.CERTIFICATE_ISSUED, "16/02/2026"),
    (E.APPEAL_LODGED, "02/03/2026"),
)
ISSUED = (
    *REQUEST,
    (E.DECIDED_TO_ASSESS, "02/02/2026"),
    (E.DECIDED_TO_ISSUE, "02/03/2026"),
    (E.DRAFT_SERVED, "03/03/2026"),
    (E.REPRESENTATIONS_RECORDED, "09/03/2026"),
    (E.FINAL_ISSUED, "10/03/2026"),
)
APPEALED = (*ISSUED, (E.APPEAL_LODGED, "04/05/2026"))
PLAN_BY, CHANGED_BY = "The plan, if there is to be one, is due by", "The changed plan is due by"
SENTENCES = {
    "20 weeks from the request": (ISSUED[:2], f"{PLAN_BY} 25/05/2026."),
    "14 weeks from an order to assess (Reg. 44(2)(b))": (
        (*REFUSED, (E.ORDERED_TO_ASSESS, "01/06/2026")),
        f"{PLAN_BY} 07/09/2026.",
    ),
    "14 weeks from a concession (Reg. 45)": (
        (*REFUSED, (E.CONCEDED, "01/06/2026")),
        f"{PLAN_BY} 07/09/2026.",
    ),
    "14 weeks from the notice of a reassessment (Reg. 27)": (
        (*ISSUED, (E.REASSESSMENT_AGREED, "01/06/2026")),
        "The plan is due by 07/09/2026.",
    ),
    "5 weeks from an order to amend (Reg. 44(2)(e))": (
        (*APPEALED, (E.ORDERED_TO_AMEND, "01/06/2026")),
        f"{CHANGED_BY} 06/07/2026.",
    ),
    "2 weeks from an order to name a setting (Reg. 44(2)(f))": (
        (*APPEALED, (E.ORDERED_TO_NAME_SETTING, "01/06/2026")),
        f"{CHANGED_BY} 15/06/2026.",
    ),
    "8 weeks from the notice of changes (Reg. 22(4))": (
        (*ISSUED, (E.MEETING_HELD, "01/06/2026"), (E.AMENDMENT_PROPOSED, "08/06/2026")),
        f"{CHANGED_BY} 03/08/2026.",
    ),
    "15 days that begin with service of the draft (Reg. 13(1))": (
        ISSUED[:4],
        "They have at least until 17/03/2026.",
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_text_has_the_day_of_the_deadline_that_runs(name: str) -> None:
    steps, sentence = SENTENCES[name]
    events = [PastEvent(kind, parse_day(on)) for kind, on in steps]
    status = case_status(events)
    assert status is not None
    text = now_text(status.state, compute_deadlines(events), Periods())
    assert text.endswith(sentence)
    assert "weeks" not in text.replace("6 weeks from being asked", "")


def test_text_has_the_day_by_an_authoritys_own_periods() -> None:
    events = [PastEvent(E.REQUEST_RECEIVED, date(2026, 1, 5))]
    events.append(PastEvent(E.DECIDED_TO_ASSESS, date(2026, 2, 2)))
    state = case_status(events)
    assert state is not None
    periods = Periods(final_plan=100)
    deadlines = compute_deadlines(events, periods)
    assert now_text(state.state, deadlines, periods).endswith(f"{PLAN_BY} 15/04/2026.")
    assert now_text(state.state, [], periods) == STATE_TEXTS[state.state].now
