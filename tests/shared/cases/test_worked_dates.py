"""Worked dates of the law: each counted by hand, with the regulation that it follows from.

Reg. is of the SEND Regulations 2014 where nothing else is said; "rules" are the Tribunal's.
"""

from datetime import date

import pytest

from shared.cases.deadlines import DeadlineKind, compute_deadlines
from shared.cases.events import EventKind, PastEvent
from shared.values.days import parse_day

TABLE = """
5(1) | decision within 6 weeks of the request | decide 16/02/2026
    request_received 05/01/2026
10(1) | no plan within 16 weeks of the request | no_plan 27/04/2026
    request_received 05/01/2026
13(2) | final plan within 20 weeks of the request | final 25/05/2026
    request_received 05/01/2026
5(1) | decision within 6 weeks of the request | decide 31/08/2026
    request_received 20/07/2026
10(1) | no plan within 16 weeks of the request | no_plan 09/11/2026
    request_received 20/07/2026
13(2) | final plan within 20 weeks of the request | final 07/12/2026
    request_received 20/07/2026
5(1) | decision within 6 weeks of the request | decide 04/02/2027
    request_received 24/12/2026
10(1) | no plan within 16 weeks of the request | no_plan 15/04/2027
    request_received 24/12/2026
13(2) | final plan within 20 weeks of the request | final 13/05/2027
    request_received 24/12/2026
5(1) | decision within 6 weeks of the request | decide 11/04/2024
    request_received 29/02/2024
10(1) | no plan within 16 weeks of the request | no_plan 20/06/2024
    request_received 29/02/2024
13(2) | final plan within 20 weeks of the request | final 18/07/2024
    request_received 29/02/2024
5(1)(b) | 6 weeks from becoming responsible | decide 13/04/2026
    became_responsible 02/03/2026
10(1) | 16 weeks from becoming responsible | no_plan 22/06/2026
    became_responsible 02/03/2026
13(2) | 20 weeks from becoming responsible | final 20/07/2026
    became_responsible 02/03/2026
13(1) | 15 days that begin with service of the draft | representations 22/04/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
13(1) | 15 days that begin with service of the draft | representations 03/01/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 20/12/2026
44(1) CFA | first review within 12 months | review 27/04/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
12(2) rules | appeal within 2 months | appeal 29/06/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
20(4) | advice two weeks before the meeting | review_papers 15/02/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    review_called 01/02/2027 01/03/2027
20(3) | review meeting on the day it is called for | review_meeting 01/03/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    review_called 01/02/2027 01/03/2027
20(7) | report within 2 weeks of the meeting | report 15/03/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    review_called 01/02/2027 01/03/2027
    meeting_held 01/03/2027
20(10) | decision within 4 weeks of the meeting | review_decision 29/03/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    review_called 01/02/2027 01/03/2027
    meeting_held 01/03/2027
22(3) | final amended plan within 12 weeks of the meeting | amended_final 24/05/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    review_called 01/02/2027 01/03/2027
    meeting_held 01/03/2027
22(2) | 15 days that begin with service of proposed changes | representations 05/04/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    review_called 01/02/2027 01/03/2027
    meeting_held 01/03/2027
    amendment_proposed 22/03/2027
22(3) | final amended plan within 8 weeks of the notice | amended_final 17/05/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    review_called 01/02/2027 01/03/2027
    meeting_held 01/03/2027
    amendment_proposed 22/03/2027
20 | review's year starts again after a review | review 21/03/2028
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    review_called 01/02/2027 01/03/2027
    meeting_held 01/03/2027
    amendment_proposed 22/03/2027
22(4) | appeal against not amending | appeal 21/06/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    review_called 01/02/2027 01/03/2027
    meeting_held 01/03/2027
    amendment_proposed 22/03/2027
    not_amended 20/04/2027
20(11) | appeal against no change | appeal 24/05/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    review_called 01/02/2027 01/03/2027
    meeting_held 01/03/2027
    plan_maintained 24/03/2027
44(1) CFA | next review within 12 months of the decision | review 23/03/2028
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    review_called 01/02/2027 01/03/2027
    meeting_held 01/03/2027
    plan_maintained 24/03/2027
28 | changes without a review: 15 days | representations 15/09/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    amendment_proposed 01/09/2026
28 | changes without a review: 8 weeks | amended_final 27/10/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    amendment_proposed 01/09/2026
28 | changes without a review leave the review's year | review 27/04/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    amendment_proposed 01/09/2026
18(1) | phase transfer before 15 February | phase_transfer 14/02/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    phase_transfer_set 01/09/2026 14/02/2027
18(2) | phase transfer before 31 March | phase_transfer 30/03/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    phase_transfer_set 01/09/2026 30/03/2027
25 | reply within 15 days of a request to assess again | reassessment_reply 17/11/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    reassessment_requested 02/11/2026
25 | appeal against refusing to assess again | appeal 11/01/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    reassessment_requested 02/11/2026
    reassessment_refused 10/11/2026
27 | final plan within 14 weeks of agreeing | final 22/02/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    reassessment_requested 02/11/2026
    reassessment_agreed 16/11/2026
15(2) | transfer on the day of the move | transfer_out 30/10/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    move_learned 01/09/2026 30/10/2026
15(2) | 15 working days that begin with knowing | transfer_out 21/09/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    move_learned 01/09/2026 03/09/2026
15(2) | working days leave out Christmas | transfer_out 13/01/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    move_learned 21/12/2026 21/12/2026
15(5) | family told within 6 weeks of the transfer | transfer_notice 13/04/2026
    plan_transferred_in 02/03/2026 15/09/2025
15(6) | review 12 months after the last | review 14/09/2026
    plan_transferred_in 02/03/2026 15/09/2025
15(6) | or 3 months after the transfer, if later | review 02/06/2026
    plan_transferred_in 02/03/2026 01/04/2025
12(2) rules | appeal against not assessing | appeal 10/04/2026
    request_received 05/01/2026
    refused_to_assess 10/02/2026
33 | 2 months, or a month from the certificate | appeal 23/04/2026
    request_received 05/01/2026
    refused_to_assess 10/02/2026
    mediation_advice 20/03/2026
    certificate_issued 23/03/2026
36 | mediation within 30 days of the family's wish | mediation 08/04/2026
    request_received 05/01/2026
    refused_to_assess 10/02/2026
    mediation_advice 02/03/2026
    mediation_wanted 09/03/2026
21 rules | response within 30 working days | appeal_response 29/04/2026
    request_received 05/01/2026
    refused_to_assess 10/02/2026
    mediation_advice 02/03/2026
    certificate_issued 06/03/2026
    appeal_lodged 16/03/2026
21 rules | 25 December to 1 January are left out | appeal_response 20/01/2027
    request_received 05/01/2026
    refused_to_assess 03/11/2026
    mediation_advice 20/11/2026
    certificate_issued 23/11/2026
    appeal_lodged 01/12/2026
rules | evidence on the day that the Tribunal sets | evidence 12/06/2026
    request_received 05/01/2026
    refused_to_assess 10/02/2026
    mediation_advice 02/03/2026
    certificate_issued 06/03/2026
    appeal_lodged 16/03/2026
    evidence_due 20/03/2026 12/06/2026
rules | hearing on the day that the Tribunal sets | hearing 01/07/2026
    request_received 05/01/2026
    refused_to_assess 10/02/2026
    mediation_advice 02/03/2026
    certificate_issued 06/03/2026
    appeal_lodged 16/03/2026
    hearing_set 20/03/2026 01/07/2026
44(2)(a) | notice within 2 weeks of the order to assess | order_notice 20/07/2026
    request_received 05/01/2026
    refused_to_assess 10/02/2026
    mediation_advice 02/03/2026
    certificate_issued 06/03/2026
    appeal_lodged 16/03/2026
    ordered_to_assess 06/07/2026
44(2)(a) | no plan within 10 weeks of the order | no_plan 14/09/2026
    request_received 05/01/2026
    refused_to_assess 10/02/2026
    mediation_advice 02/03/2026
    certificate_issued 06/03/2026
    appeal_lodged 16/03/2026
    ordered_to_assess 06/07/2026
44(2)(a) | final plan within 14 weeks of the order | final 12/10/2026
    request_received 05/01/2026
    refused_to_assess 10/02/2026
    mediation_advice 02/03/2026
    certificate_issued 06/03/2026
    appeal_lodged 16/03/2026
    ordered_to_assess 06/07/2026
45 | a concession runs from telling the Tribunal | final 08/07/2026
    request_received 05/01/2026
    refused_to_assess 10/02/2026
    mediation_advice 02/03/2026
    certificate_issued 06/03/2026
    appeal_lodged 16/03/2026
    conceded 01/04/2026
44(2)(b) | draft within 5 weeks of the order to make a plan | draft 12/10/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_not_to_issue 01/04/2026
    mediation_advice 10/04/2026
    certificate_issued 14/04/2026
    appeal_lodged 20/04/2026
    ordered_to_make_plan 07/09/2026
44(2)(b) | final plan within 11 weeks of the order | final 23/11/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_not_to_issue 01/04/2026
    mediation_advice 10/04/2026
    certificate_issued 14/04/2026
    appeal_lodged 20/04/2026
    ordered_to_make_plan 07/09/2026
44(2)(c) | reconsider within 2 weeks of the order | reconsider 21/09/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_not_to_issue 01/04/2026
    mediation_advice 10/04/2026
    certificate_issued 14/04/2026
    appeal_lodged 20/04/2026
    ordered_to_reconsider 07/09/2026
44(2)(d) | final plan within 14 weeks of the order to reassess | final 11/01/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    appeal_lodged 05/05/2026
    ordered_to_reassess 05/10/2026
45 | final plan within 14 weeks of conceding another assessment | final 11/01/2027
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    appeal_lodged 05/05/2026
    conceded_to_reassess 05/10/2026
44(2)(e) | amended plan within 5 weeks of the order | amended_final 09/11/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    appeal_lodged 05/05/2026
    ordered_to_amend 05/10/2026
44(2)(f) | school or type named within 2 weeks of the order | amended_final 19/10/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    appeal_lodged 05/05/2026
    ordered_to_name_setting 05/10/2026
42 | what can't be appealed within 2 weeks of the agreement | agreement 03/06/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    mediation_wanted 01/05/2026
    mediation_arranged 05/05/2026
    mediation_agreed_other 20/05/2026
42 | or on the day that was agreed | agreement 31/07/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    mediation_wanted 01/05/2026
    mediation_arranged 05/05/2026
    mediation_agreed_other 20/05/2026 31/07/2026
7 SEND Regs 2017 | reply to a recommendation within 5 weeks | recommendation 06/07/2026
    request_received 05/01/2026
    decided_to_assess 10/02/2026
    decided_to_issue 01/04/2026
    draft_served 08/04/2026
    final_issued 28/04/2026
    recommended 01/06/2026
"""


def read_table() -> list[tuple[str, list[PastEvent], DeadlineKind, date]]:
    """Read the table: a regulation, what it says, the deadline, and the events below."""
    rows: list[tuple[str, list[PastEvent], DeadlineKind, date]] = []
    for line in TABLE.strip().splitlines():
        if line.startswith("    "):
            kind, *days = line.split()
            rows[-1][1].append(PastEvent(EventKind(kind), *map(parse_day, days)))
        else:
            regulation, text, result = line.split(" | ")
            kind, day = result.split()
            rows.append((f"{regulation} {text}", [], DeadlineKind(kind), parse_day(day)))
    return rows


ROWS = read_table()


@pytest.mark.parametrize(
    ("events", "kind", "due"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_worked_date(events: list[PastEvent], kind: DeadlineKind, due: date) -> None:
    deadlines = {item.kind: item.due for item in compute_deadlines(events)}
    assert deadlines[kind] == due
