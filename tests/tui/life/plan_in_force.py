"""From the first appeal to the transfer to another authority, and back."""

from tests.tui.desk.cases import read_case
from tests.tui.life.clients import REASON, Life

WITH_PLAN = "✓ Request ── ✓ Assessment ── ✓ EHC Plan ── ● EHCP Reviews since 12/05/2026"
TAKEN_OVER = "✓ Request ── ✓ Assessment ── ✓ EHC Plan ── ● EHCP Reviews since 04/09/2028"


async def conceded_appeal(life: Life) -> None:
    """An appeal after mediation advice, which the authority concedes."""
    desk = life.desk
    for day, kind in (("1/6/2026", "mediation_advice"), ("8/6/2026", "certificate_issued")):
        desk.go_to_day(day)
        await desk.record(kind)
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Family may appeal until 13/07/2026 · 35 days left",  # Reg. 33: a month would end earlier
        "Review due 11/05/2027 · 337 days left",
        next="Review due 11/05/2027 · 337 days left",
    )
    desk.go_to_day("15/6/2026")
    await desk.record("appeal_lodged")
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Response to the appeal due 27/07/2026 · 42 days left",  # rule 21: 30 working days
        "Review due 11/05/2027 · 330 days left",
        shown="Review due 11/05/2027 · 330 days left",
    )
    desk.go_to_day("29/6/2026")
    await desk.record("conceded", reason=REASON)
    await life.expect(
        "Plan being changed",
        WITH_PLAN,
        "Amended final plan due 03/08/2026 · 35 days left",  # Reg. 45, 44(2)(e): 5 weeks
        "Review due 11/05/2027 · 316 days left",
    )
    desk.go_to_day("20/7/2026")
    await desk.record("final_issued", "The final plan is not published yet.")
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Family may appeal until 21/09/2026 · 63 days left",  # rule 12(2): the 20th is a Sunday
        "Review due 11/05/2027 · 295 days left",  # CFA s.44(1): no review was held
        next="Review due 11/05/2027 · 295 days left",
    )


async def review_with_phase_transfer(life: Life) -> None:
    """A review in the last year of primary school, with changes and the secondary school."""
    desk, (senco, _) = life.desk, life.professionals
    desk.go_to_day("7/9/2026")
    await desk.record("phase_transfer_set")  # with the day that the portal proposes
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Family may appeal until 21/09/2026 · 14 days left",
        "Plan for the phase transfer due 14/02/2027 · 160 days left",  # Reg. 18(1): before the 15th
        "Review due 11/05/2027 · 246 days left",
        next="Plan for the phase transfer due 14/02/2027 · 160 days left",
        views="all mine transfers",
    )
    desk.go_to_day("14/10/2026")
    await desk.record("review_called", day="10/11/2026", reason=REASON)
    await life.expect(
        "Review due",
        WITH_PLAN,
        "Advice for the review to be sent round by 27/10/2026 · 13 days left",  # Reg. 20(4)
        "Review meeting 10/11/2026 · 27 days left",
        "Plan for the phase transfer due 14/02/2027 · 123 days left",
        "Review due 11/05/2027 · 209 days left",
        next="Advice for the review to be sent round by 27/10/2026 · 13 days left",
        views="all mine due transfers",
    )
    desk.go_to_day("26/10/2026")
    await desk.record("review_papers_sent")
    desk.go_to_day("11/11/2026")
    await life.expect(
        "Review due",
        WITH_PLAN,
        "Review meeting 10/11/2026 · past",
        "Plan for the phase transfer due 14/02/2027 · 95 days left",
        "Review due 11/05/2027 · 181 days left",
        next="Plan for the phase transfer due 14/02/2027 · 95 days left",
        views="all mine transfers",
    )
    await desk.record("meeting_held", on="10/11/2026")
    await life.expect(
        "Review meeting held",
        WITH_PLAN,
        "Report of the meeting due 24/11/2026 · 13 days left",  # Reg. 20(7): 2 weeks
        "Decision after the review due 08/12/2026 · 27 days left",  # Reg. 20(10): 4 weeks
        "Amended final plan due 02/02/2027 · 83 days left",  # Reg. 22(3): 12 weeks
        "Plan for the phase transfer due 14/02/2027 · 95 days left",
        "Review due 11/05/2027 · 181 days left",
        next="Report of the meeting due 24/11/2026 · 13 days left",
        views="all mine due transfers",
    )
    desk.go_to_day("1/12/2026")
    await desk.record("report_sent")
    assert desk.last_event().late == "Report of the meeting due 24/11/2026: 7 days late"
    await desk.record("amendment_proposed")
    await life.expect(
        "Plan being changed",
        WITH_PLAN,
        "Family may give views until 15/12/2026 · 14 days left",  # Reg. 22(2)(c): 15 days
        "Amended final plan due 26/01/2027 · 56 days left",  # Reg. 22(3): 8 weeks
        "Plan for the phase transfer due 14/02/2027 · 75 days left",
        "Review due 30/11/2027 · 364 days left",  # CFA s.44(1): after this review
        next="Amended final plan due 26/01/2027 · 56 days left",
        shown="Family may give views until 15/12/2026 · 14 days left",
        views="all mine transfers",
    )
    await senco.look(life.person, "Plan being changed", "EHCP Reviews since 12/05/2026")
    desk.go_to_day("18/1/2027")
    await desk.record("final_issued", "The final plan is not published yet.")
    assert not desk.last_event().late
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Plan for the phase transfer due 14/02/2027 · 27 days left",
        "Family may appeal until 18/03/2027 · 59 days left",  # rule 12(2) and Reg. 33: 2 months
        "Review due 30/11/2027 · 316 days left",
        views="all mine transfers",
    )
    await desk.record("phase_transfer_named")
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Family may appeal until 18/03/2027 · 59 days left",
        "Review due 30/11/2027 · 316 days left",
        next="Review due 30/11/2027 · 316 days left",
        views="all mine transfers",
    )


async def ordered_appeal(life: Life) -> None:
    """An appeal about the placement alone, which needs no certificate, and its late order."""
    desk, (_, psychologist) = life.desk, life.professionals
    desk.go_to_day("1/3/2027")
    await desk.record("appeal_lodged")
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Response to the appeal due 14/04/2027 · 44 days left",  # rule 21: without Easter
        "Review due 30/11/2027 · 274 days left",
        shown="Review due 30/11/2027 · 274 days left",
        views="all mine transfers",
    )
    desk.go_to_day("12/4/2027")
    await desk.record("appeal_answered")
    desk.go_to_day("20/4/2027")
    await desk.record("evidence_due", day="7/5/2027")
    await desk.record("hearing_set", day="24/5/2027")
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Evidence for the Tribunal due 07/05/2027 · 17 days left",
        "Hearing of the Tribunal 24/05/2027 · 34 days left",
        "Review due 30/11/2027 · 224 days left",
        shown="Review due 30/11/2027 · 224 days left",
        views="all mine transfers",
    )
    await psychologist.look(life.person, "Review due 30/11/2027 · 224 days left")
    desk.go_to_day("5/5/2027")
    await desk.record("evidence_sent")
    desk.go_to_day("28/5/2027")
    await desk.record("ordered_to_amend", reason=REASON)
    await life.expect(
        "Plan being changed",
        WITH_PLAN,
        "Amended final plan due 02/07/2027 · 35 days left",  # Reg. 44(2)(e): 5 weeks
        "Review due 30/11/2027 · 186 days left",
        views="all mine transfers",
    )
    desk.go_to_day("3/7/2027")
    await life.expect(
        "Plan being changed",
        WITH_PLAN,
        "! Amended final plan due 02/07/2027 · 1 day late",
        "Review due 30/11/2027 · 150 days left",
        views="all mine due overdue transfers",
    )
    desk.go_to_day("5/7/2027")
    await desk.record("final_issued", "follows an order of the Tribunal")
    assert desk.last_event().late == "Amended final plan due 02/07/2027: 3 days late"
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Family may appeal until 06/09/2027 · 63 days left",  # rule 12(2): the 5th is a Sunday
        "Review due 30/11/2027 · 148 days left",
        next="Review due 30/11/2027 · 148 days left",
        views="all mine transfers",
    )


async def refused_reassessment(life: Life) -> None:
    """A request to assess again that is refused, and a review that changes nothing."""
    desk = life.desk
    desk.go_to_day("13/9/2027")
    await desk.record("reassessment_requested", reason=REASON)
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Reply on another assessment due 28/09/2027 · 15 days left",  # Reg. 25: 15 days
        "Review due 30/11/2027 · 78 days left",
        next="Reply on another assessment due 28/09/2027 · 15 days left",
    )
    desk.go_to_day("27/9/2027")
    await desk.record("reassessment_refused", "told in writing", reason=REASON)
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Family may appeal until 29/11/2027 · 63 days left",  # rule 12(2): the 27th is a Saturday
        "Review due 30/11/2027 · 64 days left",
        next="Review due 30/11/2027 · 64 days left",
    )
    desk.go_to_day("8/11/2027")
    await desk.record("meeting_held")
    await desk.record("report_sent")
    desk.go_to_day("29/11/2027")
    await desk.record("plan_maintained", "told in writing")
    await life.expect(
        "Plan kept as it is",
        WITH_PLAN,
        "Family may appeal until 31/01/2028 · 63 days left",  # rule 12(2): the 29th is a Saturday
        "Review due 28/11/2028 · 365 days left",  # CFA s.44(1): in a leap year
        next="Review due 28/11/2028 · 365 days left",
    )


async def transfer_out_and_in(life: Life) -> None:
    """The family moves to another authority, and comes back."""
    desk = life.desk
    desk.go_to_day("7/2/2028")
    await desk.record("move_learned", day="11/2/2028", reason=REASON)
    await life.expect(
        "Plan kept as it is",
        WITH_PLAN,
        "Transfer to the new authority due 25/02/2028 · 18 days left",  # Reg. 15(2): with the first
        "Review due 28/11/2028 · 295 days left",
        next="Transfer to the new authority due 25/02/2028 · 18 days left",
        shown="Review due 28/11/2028 · 295 days left",  # the transfer is between the authorities
    )
    desk.go_to_day("14/2/2028")
    await desk.record("transferred_out", "The case is closed here", reason=REASON)
    await life.expect("Transferred", WITH_PLAN, views="closed")
    first = desk.case
    desk.go_to_day("4/9/2028")
    await desk.take_over_plan(day="15/6/2028")
    await life.expect(
        "Plan issued",
        TAKEN_OVER,
        "Notice of the transfer to the family due 16/10/2028 · 42 days left",  # Reg. 15(5): 6 weeks
        "Review due 14/06/2029 · 283 days left",  # Reg. 15(6): 12 months after the last review
        shown="Review due 14/06/2029 · 283 days left",  # the notice is to the family
        views="all",
    )
    desk.go_to_day("2/10/2028")
    await desk.record("transfer_notified", reason=REASON)
    await life.expect(
        "Plan issued", TAKEN_OVER, "Review due 14/06/2029 · 255 days left", views="all"
    )
    assert [case.id for case in read_case(desk.officer, desk.case).earlier] == [first]
    desk.case = first
