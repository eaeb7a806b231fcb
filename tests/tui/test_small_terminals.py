"""The focused widget is in view on every screen of the smallest supported terminal."""

from textual.pilot import Pilot
from textual.widget import Widget

from shared.accounts import Staff
from shared.cases.events import EventKind
from shared.places import read_place
from tests.parts import Factory, Someone
from tests.tui.conftest import AppFactory
from tests.tui.desk.cases import add_case, add_event, ask_for_advice
from tests.tui.forms.filling import required_answers, save, start
from tests.tui.people.children import add_child
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_until_idle
from tui.app import PortalApp
from tui.widgets.too_small import TOO_SMALL, TooSmall

SIZE = (60, 20)
STEPS = "12345678"
MAX_FIELDS = 200


def describe_hidden(widget: Widget) -> str:
    """Describe a focused widget that is not fully in view, or return ''."""
    geometry = widget.screen.find_widget(widget)
    visible, region = geometry.visible_region, geometry.region
    if visible == region:
        return ""
    return f"{widget} at {region}, of which {visible} is in view"


async def walk_with_tab(pilot: Pilot[None]) -> list[str]:
    """Walk through a screen with Tab, and describe each focused widget that is out of view."""
    await wait_until_idle(pilot)
    hidden: list[str] = []
    seen: set[Widget] = set()
    for _ in range(MAX_FIELDS):
        focused = pilot.app.focused
        if focused is None or focused in seen:
            break
        seen.add(focused)
        if part := describe_hidden(focused):
            hidden.append(f"{type(focused.screen).__name__}: {part}")
        await pilot.press("tab")
    return hidden


async def walk_places(pilot: Pilot[None], *places: tuple[str, str]) -> list[str]:
    """Open each place from Home, wait for its text, and walk through it."""
    app = pilot.app
    assert isinstance(app, PortalApp)
    hidden: list[str] = []
    for place, text in places:
        app.navigation.start_at(read_place("home"))
        await go_to(pilot, place, text)
        hidden += await walk_with_tab(pilot)
    return hidden


async def test_focus_is_in_view_before_signing_in(
    portal: AppFactory,
) -> None:
    app = portal()
    async with app.run_test(size=SIZE) as pilot:
        await on_screen(pilot, "SignIn")
        hidden = await walk_with_tab(pilot)
        for place in ("register", "forgotten", "help-and-support"):
            app.navigation.open_place(read_place(place))
            await until(pilot, lambda: app.focused is not None and len(app.screen_stack) > 1)
            hidden += await walk_with_tab(pilot)
            app.navigation.leave()
            await on_screen(pilot, "SignIn")
    assert not hidden


async def test_focus_is_in_view_for_professionals(
    portal: AppFactory,
    me: Someone,
) -> None:
    child = add_child(me)
    submission = start(me, child)
    places = [
        ("messages", "View"),
        ("people", "Larkspur"),
        ("people/new", "First name"),
        (f"people/{child}", "What happens now?"),
        (f"people/{child}/edit", "Larkspur"),
        (f"forms/{submission}/sharing", "Colleagues"),
        *((f"account/{name}", "My Account") for name in ("about-you", "work-details", "two-step")),
        *((f"account/{name}", "My Account") for name in ("password", "sessions")),
    ]
    async with portal(me).run_test(size=SIZE) as pilot:
        await on_screen(pilot, "Home")
        hidden = await walk_with_tab(pilot)
        hidden += await walk_places(pilot, *places)
    assert not hidden


async def test_focus_is_in_view_in_every_step_of_a_form(
    portal: AppFactory,
    me: Someone,
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    async with portal(me).run_test(size=SIZE) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        hidden: list[str] = []
        for step in STEPS:
            await pilot.press("f2", step)
            title = f"Step {step} of 8"
            await until(pilot, lambda title=title: title in screen_text(pilot.app.screen))  # type: ignore[misc] # mypy can't infer the default
            hidden += await walk_with_tab(pilot)
    assert not hidden


async def test_focus_is_in_view_for_officers(
    portal: AppFactory,
    someone: Factory,
    me: Someone,
) -> None:
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    case = add_case(me, officer)
    add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    ask_for_advice(officer, case, me.id)
    places = [
        ("cases", "Larkspur-"),
        ("cases/new", "Received on"),
        (f"cases/{case.id}/match", "Larkspur"),
        (f"cases/{case.id}/advice", "Educational Advice"),
        (f"cases/{case.id}/advice/ask", "Name, organisation"),
        (f"cases/{case.id}/publish", "ublish"),
        (f"cases/{case.id}/letters", "recorded last"),
        (f"letters/{case.id}/final_plan", "name of the parent"),
    ]
    async with portal(officer).run_test(size=SIZE) as pilot:
        await on_screen(pilot, "Home")
        hidden = await walk_places(pilot, *places)
        pilot.app.navigation.start_at(read_place("home"))  # type: ignore[attr-defined] # a PortalApp
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        for section in "1234567":
            await pilot.press(section)
            hidden += await walk_with_tab(pilot)
    assert not hidden


async def test_too_small_terminal_shows_notice_and_ignores_keys(
    portal: AppFactory, me: Someone
) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people/new", "First name")
        await pilot.press(*"Ivo")
        await pilot.resize_terminal(59, 24)
        await until(pilot, lambda: "too small" in screen_text(pilot.app.screen))
        assert TOO_SMALL in " ".join(screen_text(pilot.app.screen).split())
        assert "First name" not in screen_text(pilot.app.screen)
        await pilot.press("x")
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: not pilot.app.screen.query(TooSmall))
        await pilot.press("r")
        await until(pilot, lambda: "Ivor" in screen_text(pilot.app.screen))
