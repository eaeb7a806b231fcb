"""Snapshot of the progress page."""

from uuid import UUID

import pytest

from server.forms import submitting
from tests.parts import Clock, Someone
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import required_answers, save, start, submit
from tests.tui.people.children import add_child
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to


@pytest.fixture
def child(me: Someone, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A child with a submitted request, with a fixed reference, and a draft."""
    monkeypatch.setattr(submitting, "new_reference", lambda tx: "K7MP4RVX")
    child = add_child(me)
    first = start(me, child)
    save(me, first, **required_answers(me))
    submit(me, first)
    clock.move(minutes=20)
    start(me, child)
    return child


async def test_progress_page_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, me: Someone, child: UUID
) -> None:
    async with portal(me).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"people/{child}", "Submitted by you")
        await snapshots.match(pilot, narrow=True)
