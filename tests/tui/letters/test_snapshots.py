"""Snapshots of an officer's letters."""

import pytest

from shared.desk import CaseOut
from tests.parts import Clock, Someone
from tests.server.steps import ok
from tests.tui.conftest import AppFactory
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, wait_for_text
from tui.widgets.field import Field

KIND = "refused_to_assess"


@pytest.fixture
def made(officer: Someone, case: CaseOut, clock: Clock) -> None:
    """Make a letter and one that replaces it."""
    ids = ("11111111-1111-4111-8111-111111111111", "11111111-1111-4111-8111-111111111112")
    for version, id in enumerate(ids):
        path = f"/v1/desk/cases/{case.id}/letters/{KIND}"
        ok(officer.post(path, json={"id": id, "version": version}))
        clock.move(minutes=1)


@pytest.mark.usefixtures("made")
async def test_letters_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}/letters", "Replaced by a newer letter")
        await snapshots.match(pilot, narrow=True)


async def test_writing_matches_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"letters/{case.id}/reassessment_refused", "not entered yet")
        await snapshots.match(pilot, "missing", narrow=True)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "PreviewLetter")
        await snapshots.match(pilot, "preview-missing", narrow=True)
        await pilot.press("escape", "escape")
        await on_screen(pilot, "Home")
        await go_to(pilot, f"letters/{case.id}/{KIND}", "Nothing is missing")
        pilot.app.screen.query_one("#field-own", Field).focus_control()
        await snapshots.match(pilot, "own", narrow=True)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Ada Larkspur")
        await snapshots.match(pilot, "preview", narrow=True)
