"""Texts of a real length on the desk's screens, of which none is cut without a sign."""

import pytest

from server.core.database import Services
from shared.cases.events import EventKind
from shared.places import read_place
from tests.parts import Factory, Someone
from tests.server.casework.steps import add_note, add_panel, add_task, add_to_panel
from tests.server.placements.steps import add_school, consult
from tests.server.steps import ok
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.looks import broken_rules
from tests.tui.snapshots import NARROW, SMALL
from tests.tui.steps import on_screen, screen_text, wait_for_text, wait_until_idle
from tui.app import PortalApp

SCHOOL = "Saint Bartholomew's Church of England Voluntary Aided Primary School and Nursery"
WORDS = "Telephone the educational psychology service about the assessment at home, and tell them"
DAY = "2026-03-09"
SECTIONS = 7


@pytest.mark.parametrize("size", [SMALL, NARROW], ids=str)
async def test_no_long_text_is_cut_without_a_sign(
    portal: AppFactory,
    me: Someone,
    officer: Someone,
    someone: Factory,
    services: Services,
    size: tuple[int, int],
) -> None:
    other = someone("anastasia.featherstonehaugh-cholmondeley@osierbeck.example")
    someone("new@osierbeck.example", confirmed=False, organisation=SCHOOL)
    names = {"first_name": "Maximilian", "last_name": "Featherstonehaugh-Cholmondeley"}
    case = cases.add_case(me, officer, **names, school=SCHOOL)
    ok(officer.post(f"/v1/desk/people/{case.person.id}/match", json={}))
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, other.id)
    for kind in (EventKind.DECIDED_TO_ISSUE, EventKind.DRAFT_SERVED):
        cases.add_event(officer, case, kind)
    cases.publish(officer, case.person.id, case.id, me)
    cases.keep(officer, case, "a-scanned-letter-of-the-family-with-a-long-name.pdf", WORDS)
    ok(consult(officer, case.id, add_school(services, SCHOOL)))
    add_note(officer, case.id, WORDS)
    add_task(officer, WORDS, DAY, case.id)
    panel = add_panel(officer, "Special educational needs moderation panel", DAY, place=SCHOOL)
    add_to_panel(officer, panel, case.id)
    places = {
        "cases": ("Cases", "1 record found"),
        "tasks": ("Tasks", "1 record found"),
        "diary": ("Diary", "this week"),
        "panels": ("Panels", "moderation panel"),
        f"panels/{panel}": ("OpenPanel", "moderation panel"),
        "officers": ("Officers", "open case"),
        "memberships": ("Memberships", "new@osierbeck.example"),
        f"cases/{case.id}/notes": ("NotesAndTasks", "Telephone"),
        f"cases/{case.id}/placements": ("Placements", "Who was asked"),
        f"cases/{case.id}/letters": ("CaseLetters", "Maximilian"),
        f"cases/{case.id}": ("OpenCase", "▸1 Now"),
    }
    async with portal(officer).run_test(size=size) as pilot:
        app = pilot.app
        assert isinstance(app, PortalApp)
        await on_screen(pilot, "Home")
        for place, (screen, text) in places.items():
            app.navigation.open_place(read_place(place))
            await on_screen(pilot, screen)
            await wait_for_text(pilot, text)
            await wait_until_idle(pilot)
            assert broken_rules(app) == [], screen_text(app.screen)
        for section in range(1, SECTIONS + 1):
            await pilot.press(str(section))
            await wait_until_idle(pilot)
            assert broken_rules(app) == [], screen_text(app.screen)
