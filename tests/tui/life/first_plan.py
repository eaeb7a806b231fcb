"""From a request on paper to the final plan."""

from server.core.database import Services
from shared.caselist import DeskView
from tests.server.casework.steps import add_note
from tests.server.desk.steps import advice_body
from tests.server.desk.test_exemptions import exempt
from tests.server.placements import steps as placements
from tests.server.steps import add_child, ok
from tests.tui.desk.cases import publish, submit_advice
from tests.tui.life.clients import REASON, Life

REQUESTED = (
    "● Request since 05/01/2026 ── ○ Assessment decision by 16/02/2026 ── ○ EHC Plan ── "
    "○ EHCP Reviews"
)
ASSESSING = (
    "✓ Request ── ● Assessment since 17/02/2026 ── ○ EHC Plan decision by 27/04/2026 ── "
    "○ EHCP Reviews"
)
DRAFTING = "✓ Request ── ✓ Assessment ── ● EHC Plan final by 25/05/2026 ── ○ EHCP Reviews"
WITH_PLAN = "✓ Request ── ✓ Assessment ── ✓ EHC Plan ── ● EHCP Reviews since 12/05/2026"
FORECAST = "all mine forecast"
"""The views of a case whose plan is expected late."""


async def request_on_paper(life: Life) -> None:
    """A paper request about a child whom the SENCO added, and whom the authority knows."""
    desk, (senco, psychologist) = life.desk, life.professionals
    known = add_child(psychologist.account, born="2016-03-14")
    ok(desk.officer.post(f"/v1/desk/people/{known}/match", json={}))
    life.person = add_child(senco.account, born="2016-03-14", school="Osierbeck Academy")
    life.professionals.remove(psychologist)
    await desk.enter_paper_request("osier", on="5/1/2026", asked_by="The mother, by letter")
    await life.expect(
        "Request received",
        REQUESTED,
        "Decision due 16/02/2026 · 40 days left",  # Reg. 5(1): 6 weeks
        "Decision whether to issue a plan due 27/04/2026 · 110 days left",  # Reg. 10(1): 16 weeks
        "Final plan due 25/05/2026 · 138 days left",  # Reg. 13(2): 20 weeks
        views="all new",
    )
    await desk.match_as_known()
    await desk.take_on()
    add_note(desk.officer, desk.case, f"The mother called. {REASON}")
    life.person = known
    life.professionals.append(psychologist)
    at_request = (
        "Decision whether to issue a plan due 27/04/2026 · 84 days left",
        "Final plan due 25/05/2026 · 112 days left",
    )
    desk.go_to_day("1/2/2026")
    assert not desk.read_row(DeskView.DUE)
    desk.go_to_day("2/2/2026")
    await life.expect(
        "Request received",
        REQUESTED,
        "Decision due 16/02/2026 · 14 days left",
        *at_request,
        views="all mine due",
    )
    await psychologist.look(known, "Request received", "Decision due 16/02/2026 · 14 days left")
    await senco.look(known, "Parent's Request", "Received by the Local Authority on 05/01/2026")
    desk.go_to_day("16/2/2026")
    assert not desk.read_row(DeskView.OVERDUE)


async def assessment(life: Life) -> None:
    """A late decision to assess, and advice that comes in time, late, and excused."""
    desk, (senco, psychologist) = life.desk, life.professionals
    desk.go_to_day("17/2/2026")
    await life.expect(
        "Request received",
        REQUESTED,
        "! Decision due 16/02/2026 · 1 day late",
        "Decision whether to issue a plan due 27/04/2026 · 69 days left",
        "Final plan due 25/05/2026 · 97 days left",
        views="all mine due overdue",
    )
    await desk.record("decided_to_assess")
    assert desk.last_event().late == "Decision due 16/02/2026: 1 day late"
    await life.expect(
        "Assessing",
        ASSESSING,
        "Decision whether to issue a plan due 27/04/2026 · 69 days left",
        "Final plan due 25/05/2026 · 97 days left",
        views=FORECAST,  # 6 weeks for advice and 8 from there to the plan end on 26/05/2026
    )
    desk.go_to_day("18/2/2026")
    for professional, form in (
        (senco, "educational-advice"),
        (psychologist, "psychological-advice"),
    ):
        body = advice_body(professional.account, form)
        ok(desk.officer.post(f"/v1/desk/cases/{desk.case}/advice", json=body))
    await life.expect(
        "Assessing",
        ASSESSING,
        "Advice due 01/04/2026 · 42 days left · Ada Senco (1 more)",
        "Decision whether to issue a plan due 27/04/2026 · 68 days left",
        "Final plan due 25/05/2026 · 96 days left",
        next="Advice due 01/04/2026 · 42 days left",  # Reg. 8(1): 6 weeks
        views=FORECAST,
        shown="Decision whether to issue a plan due 27/04/2026 · 68 days left",
    )
    await senco.look(life.person, "Educational Advice", "Due 01/04/2026 · 42 days left")
    desk.go_to_day("20/3/2026")
    submit_advice(senco.account, desk.advice_of(senco.account).submission)
    desk.go_to_day("2/4/2026")
    await life.expect(
        "Assessing",
        ASSESSING,
        "! Advice due 01/04/2026 · 1 day late · Ada Ep",
        "Decision whether to issue a plan due 27/04/2026 · 25 days left",
        "Final plan due 25/05/2026 · 53 days left",
        next="Advice due 01/04/2026 · 1 day late",
        views="all mine due overdue forecast",
        shown="Decision whether to issue a plan due 27/04/2026 · 25 days left",
    )
    await psychologist.look(life.person, "Psychological Advice", "Due 01/04/2026 · 1 day late")
    late = desk.advice_of(psychologist.account)
    excuse = {"ground": "missed_appointment", "reason": REASON, "advice": str(late.id)}
    ok(exempt(desk.officer, desk.case, "advice", **excuse))  # Reg. 8(2)(c)
    await life.expect(
        "Assessing",
        ASSESSING,
        "Advice due 01/04/2026 · 1 day late, with an exception · Ada Ep",
        "Decision whether to issue a plan due 27/04/2026 · 25 days left",
        "Final plan due 25/05/2026 · 53 days left",
        next="Decision whether to issue a plan due 27/04/2026 · 25 days left",
        views=FORECAST,
    )
    desk.go_to_day("10/4/2026")
    submit_advice(psychologist.account, late.submission)
    for professional in life.professionals:
        advice = desk.advice_of(professional.account)
        ok(desk.officer.post(f"/v1/desk/advice/{advice.id}/accept"))
        titles = {row["title"] for row in professional.read_progress(life.person)["forms"]}
        assert len(titles) == 2, "their own advice and the family's request"


async def draft_and_settings(life: Life, services: Services) -> None:
    """A draft plan that the SENCO may read, and a setting that is consulted and agrees."""
    desk, (senco, psychologist) = life.desk, life.professionals
    await desk.record("representations_recorded", reason="Mornings are hard.")  # Reg. 7(a)
    desk.go_to_day("13/4/2026")
    await desk.record("decided_to_issue", "Never asked for (Reg. 6(1))", "Health advice")
    await life.expect(
        "Draft plan",
        DRAFTING,
        "Final plan due 25/05/2026 · 42 days left",
        views="all mine forecast",
    )
    desk.go_to_day("15/4/2026")
    publish(desk.officer, life.person, desk.case, senco.account)
    await desk.record("draft_served")
    await life.expect(
        "Draft plan with the family",
        DRAFTING,
        "Family may give views until 29/04/2026 · 14 days left",  # Reg. 13(1): with the first day
        "Final plan due 25/05/2026 · 40 days left",
        next="Final plan due 25/05/2026 · 40 days left",
        shown="Family may give views until 29/04/2026 · 14 days left",
        views="all mine forecast",
    )
    await senco.look(life.person, "Draft EHC plan")
    assert not psychologist.read_progress(life.person)["published"]
    school = placements.add_school(services)
    ok(placements.consult(desk.officer, desk.case, school))
    await desk.look_at("placements", "Reply due 30/04/2026 · 15 days left")  # Code 9.83
    desk.go_to_day("22/4/2026")
    [consultation] = placements.read(desk.officer, desk.case).consultations
    ok(placements.reply(desk.officer, consultation.id, "yes", on="2026-04-22", words=REASON))
    ok(placements.request_setting(desk.officer, desk.case, on="2026-04-20"))
    desk.go_to_day("27/4/2026")
    await desk.record("final_issued", refused="may give their views until 29/04/2026")
    await desk.record("representations_recorded", reason="They agree.")
    await life.expect(
        "Draft plan with the family",
        DRAFTING,
        "Final plan due 25/05/2026 · 28 days left",
        views="all mine forecast",
    )


async def final_plan(life: Life) -> None:
    """The final plan, within the 20 weeks."""
    desk = life.desk
    desk.go_to_day("12/5/2026")
    await desk.record("final_issued", "The final plan is not published yet.", "may appeal")
    ok(placements.name_placement(desk.officer, desk.case, starts_on="2026-05-12"))
    await desk.look_at("placements", "Elm Park School")
    await life.expect(
        "Plan issued",
        WITH_PLAN,
        "Family may appeal until 13/07/2026 · 62 days left",  # rule 12(2): the 12th is a Sunday
        "Review due 11/05/2027 · 364 days left",  # CFA s.44(1): within 12 months
        next="Review due 11/05/2027 · 364 days left",
    )
