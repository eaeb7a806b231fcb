"""How the officer's desk looks: small, large, and without colour."""

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from server.core.database import Services
from server.forms import submitting
from shared.case_events import EventKind
from shared.desk import CaseOut
from tests.parts import TODAY, Factory, Someone
from tests.server.steps import done
from tests.tui.cases import desk
from tests.tui.conftest import Portals
from tests.tui.steps import at_place, on_screen, until, words

Compare = Callable[..., bool]
Walk = Callable[[Pilot[None]], Awaitable[None]]
SIZES = pytest.mark.parametrize(
    ("size", "colour"),
    [((80, 24), True), ((120, 40), True), ((80, 24), False)],
    ids=["80x24", "120x40", "no-colour"],
)


@pytest.fixture
def officer(someone: Factory) -> Someone:
    return desk.officer(someone)


@pytest.fixture
def case(
    officer: Someone,
    someone: Factory,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> CaseOut:
    """Three cases: one late, one of a new child, and one being assessed; gives the last."""
    for module in ("dialog", "ask"):
        monkeypatch.setattr(f"tui.cases.{module}.utc_now", lambda: TODAY)
    monkeypatch.setattr(submitting, "new_reference", _references())
    me, other = someone(), someone("tamsin@osierbeck.example")
    late = desk.add_case(me, officer, first_name="Maximilian", last_name="Featherstonehaugh")
    done(officer.post(f"/v1/desk/people/{late.person.id}/match", json={}))
    done(officer.put(f"/v1/desk/cases/{late.id}/officer"))
    desk.begin_earlier(services, late, 50)
    desk.add_case(me, officer, first_name="Zoë", last_name="Ng")
    case = desk.add_case(me, officer)
    done(officer.post(f"/v1/desk/people/{case.person.id}/match", json={}))
    desk.event(officer, case, EventKind.DECIDED_TO_ASSESS)
    desk.asked(officer, case, me.id, other.id)
    done(officer.put(f"/v1/desk/cases/{case.id}/officer"))
    return desk.read_case(officer, case.id)


def _references() -> Callable[[object], str]:
    made = iter("ABCDEFGH")
    return lambda _: f"K7MP4RV{next(made)}"


def shot(
    compare: Compare, portal: Portals, officer: Someone, patch: pytest.MonkeyPatch,
    size: tuple[int, int], colour: bool, walk: Walk,
) -> bool:  # fmt: skip
    if not colour:
        patch.setenv("NO_COLOR", "1")
    return compare(portal(officer), terminal_size=size, run_before=walk)


@SIZES
def test_the_cases(
    snap_compare: Compare, portal: Portals, officer: Someone, case: CaseOut,
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], colour: bool,
) -> None:  # fmt: skip
    async def walk(pilot: Pilot[None]) -> None:
        await at_place(pilot, "cases", "3 records found")

    assert shot(snap_compare, portal, officer, monkeypatch, size, colour, walk)


@SIZES
@pytest.mark.parametrize(
    ("number", "shows"),
    [
        ("1", "What may be done now"),
        ("3", "Asked for"),
    ],
    ids=["now", "advice"],
)
def test_a_case(
    snap_compare: Compare, portal: Portals, officer: Someone, case: CaseOut,
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], colour: bool, number: str, shows: str,
) -> None:  # fmt: skip
    async def walk(pilot: Pilot[None]) -> None:
        await at_place(pilot, f"cases/{case.id}", "What may be done now")
        await pilot.press(number)
        await until(pilot, lambda: shows in words(pilot.app.screen))

    assert shot(snap_compare, portal, officer, monkeypatch, size, colour, walk)


@SIZES
@pytest.mark.parametrize(
    ("link", "dialog"),
    [
        ("do-event-decided_not_to_issue", "AddEvent"),
        ("do-allocate", "Allocate"),
    ],
    ids=["event", "allocate"],
)
def test_a_dialog(
    snap_compare: Compare, portal: Portals, officer: Someone, case: CaseOut,
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], colour: bool, link: str, dialog: str,
) -> None:  # fmt: skip
    async def walk(pilot: Pilot[None]) -> None:
        await at_place(pilot, f"cases/{case.id}", "What may be done now")
        pilot.app.screen.query_one(f"#{link}").focus()
        await pilot.press("enter")
        await on_screen(pilot, dialog)
        if dialog != "Allocate":
            await pilot.press("ctrl+s")
            await until(pilot, lambda: "There is a problem" in words(pilot.app.screen))

    assert shot(snap_compare, portal, officer, monkeypatch, size, colour, walk)


@SIZES
def test_asking_for_advice(
    snap_compare: Compare, portal: Portals, officer: Someone, case: CaseOut,
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], colour: bool,
) -> None:  # fmt: skip
    async def walk(pilot: Pilot[None]) -> None:
        await at_place(pilot, f"cases/{case.id}/advice", "Osierbeck Academy")
        await pilot.press("enter")
        await until(pilot, lambda: "Ask 1 person" in words(pilot.app.screen))

    assert shot(snap_compare, portal, officer, monkeypatch, size, colour, walk)


@SIZES
def test_matching_a_new_child(
    snap_compare: Compare, portal: Portals, officer: Someone, case: CaseOut, someone: Factory,
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], colour: bool,
) -> None:  # fmt: skip
    new = desk.add_case(
        someone("new@osierbeck.example"), officer, school="Tallowmere Academy", upn="A123456789012"
    )

    async def walk(pilot: Pilot[None]) -> None:
        await at_place(pilot, f"cases/{new.id}/match", "= the same")

    assert shot(snap_compare, portal, officer, monkeypatch, size, colour, walk)


@SIZES
def test_publishing_a_document(
    snap_compare: Compare, portal: Portals, officer: Someone, case: CaseOut,
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], colour: bool,
) -> None:  # fmt: skip
    async def walk(pilot: Pilot[None]) -> None:
        await at_place(pilot, f"cases/{case.id}/publish", "No file chosen")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is a problem" in words(pilot.app.screen))

    assert shot(snap_compare, portal, officer, monkeypatch, size, colour, walk)


@SIZES
def test_entering_a_request(
    snap_compare: Compare, portal: Portals, officer: Someone, case: CaseOut,
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], colour: bool,
) -> None:  # fmt: skip
    async def walk(pilot: Pilot[None]) -> None:
        await at_place(pilot, "cases/new", "Zoë")
        await pilot.press(*"zoe", "enter")
        await until(pilot, lambda: "▸ Zoë Ng" in words(pilot.app.screen))

    assert shot(snap_compare, portal, officer, monkeypatch, size, colour, walk)
