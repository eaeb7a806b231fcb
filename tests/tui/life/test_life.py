"""The whole life of a child's case, as its officer, a SENCO and an educational psychologist see it.

Each date is counted by hand from the regulation beside it. Reg. is of the SEND Regulations 2014,
CFA the Children and Families Act 2014, Code the Code of Practice; a "rule" is the Tribunal's.
"""

from datetime import UTC, datetime

import pytest

from server.core.database import Services
from shared.accounts import Staff
from tests.parts import Clock, Factory
from tests.tui.conftest import AppFactory
from tests.tui.life import first_plan, plan_in_force
from tests.tui.life.clients import SIZE, Desk, Life, Professional
from tests.tui.steps import on_screen

HISTORY = [
    ("05/01/2026", "Request received"),
    ("17/02/2026", "Decided to assess"),
    ("10/04/2026", "Views of the family recorded"),
    ("13/04/2026", "Decided to issue a plan"),
    ("15/04/2026", "Draft plan sent to the family"),
    ("27/04/2026", "Views of the family recorded"),
    ("12/05/2026", "Final plan issued"),
    ("01/06/2026", "Family took mediation advice"),
    ("08/06/2026", "Mediation certificate issued"),
    ("15/06/2026", "Family appealed to the Tribunal"),
    ("29/06/2026", "Authority conceded"),
    ("20/07/2026", "Final plan issued"),
    ("07/09/2026", "Phase transfer set"),
    ("14/10/2026", "Review meeting called"),
    ("26/10/2026", "Advice for the review sent round"),
    ("10/11/2026", "Review meeting held"),
    ("01/12/2026", "Report of the meeting sent"),
    ("01/12/2026", "Changes to the plan proposed"),
    ("18/01/2027", "Final plan issued"),
    ("18/01/2027", "Plan names the setting after the phase transfer"),
    ("01/03/2027", "Family appealed to the Tribunal"),
    ("12/04/2027", "Authority responded to the appeal"),
    ("20/04/2027", "Day for evidence set by the Tribunal"),
    ("20/04/2027", "Hearing set by the Tribunal"),
    ("05/05/2027", "Evidence sent to the Tribunal"),
    ("28/05/2027", "Tribunal ordered changes to the plan"),
    ("05/07/2027", "Final plan issued"),
    ("13/09/2027", "Another assessment requested"),
    ("27/09/2027", "Decided not to assess again"),
    ("08/11/2027", "Review meeting held"),
    ("08/11/2027", "Report of the meeting sent"),
    ("29/11/2027", "Decided to keep the plan as it is"),
    ("07/02/2028", "Learned that the family moves to another authority"),
    ("14/02/2028", "Transferred to another authority"),
]


@pytest.fixture
def clock() -> Clock:
    """The clock, two days after the request came."""
    return Clock(datetime(2026, 1, 7, 10, 42, tzinfo=UTC))


async def test_life_of_a_case(
    portal: AppFactory,
    someone: Factory,
    services: Services,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: clock.now)
    officer = someone("priya@leicester.example", staff=Staff.OFFICER)
    senco = Professional("SENCO", someone(), portal)
    psychologist = Professional(
        "psychologist", someone("ep@leicester.example", organisation="Psychology Service"), portal
    )
    async with portal(officer).run_test(size=SIZE) as pilot:
        await on_screen(pilot, "Home")
        life = Life(Desk(pilot, officer, services, clock), senco, psychologist)
        await first_plan.request_on_paper(life)
        await first_plan.assessment(life)
        await first_plan.draft_and_settings(life, services)
        await first_plan.final_plan(life)
        await plan_in_force.conceded_appeal(life)
        await plan_in_force.review_with_phase_transfer(life)
        await plan_in_force.ordered_appeal(life)
        await plan_in_force.refused_reassessment(life)
        await plan_in_force.transfer_out_and_in(life)
        assert life.desk.history() == HISTORY
