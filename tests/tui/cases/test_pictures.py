"""How the progress page looks: small, large, and without colour."""

from collections.abc import Callable
from uuid import UUID

import pytest
from textual.pilot import Pilot

from server.forms import submitting
from tests.parts import Clock, Factory, Someone
from tests.tui.conftest import Portals
from tests.tui.forms.filling import enough, save, start, submit
from tests.tui.people.children import add_child
from tests.tui.steps import at_place

Compare = Callable[..., bool]


@pytest.fixture
def me(someone: Factory) -> Someone:
    return someone()


@pytest.fixture
def child(me: Someone, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A child with a request that was submitted, always under one reference, and another begun."""
    monkeypatch.setattr(submitting, "new_reference", lambda tx: "K7MP4RVX")
    child = add_child(me)
    first = start(me, child)
    save(me, first, **enough(me))
    submit(me, first)
    clock.move(minutes=20)
    start(me, child)
    return child


@pytest.mark.parametrize(
    ("size", "colour"),
    [((80, 24), True), ((120, 40), True), ((80, 24), False)],
    ids=["80x24", "120x40", "no-colour"],
)
def test_the_progress_page_as_it_was_looked_at(
    snap_compare: Compare,
    portal: Portals,
    me: Someone,
    child: UUID,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    colour: bool,
) -> None:
    if not colour:
        monkeypatch.setenv("NO_COLOR", "1")

    async def walk(pilot: Pilot[None]) -> None:
        await at_place(pilot, f"people/{child}", "Submitted by you")

    assert snap_compare(portal(me), terminal_size=size, run_before=walk)
