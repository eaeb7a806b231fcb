"""Keys pressed in quick succession act on the widget focused when they were pressed."""

from uuid import UUID

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input

from server.core.database import Services
from shared.accounts import SecondStep, Staff
from shared.places import read_place
from tests.emails import code_in, last_email
from tests.parts import PASSWORD, Factory, Someone
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import read_answers, required_answers, save, start
from tests.tui.hanging_transport import HangingTransport
from tests.tui.steps import burst, go_to, on_screen, screen_text, until, wait_until_idle
from tui.app import PortalApp
from tui.forms.fields import Question
from tui.forms.texts import NOT_SUBMITTED_YET
from tui.widgets import key_order
from tui.widgets.long_text import LongText


async def open_form(pilot: Pilot[None], submission: UUID) -> None:
    """Open a form from the home screen, without waiting until it is loaded."""
    await on_screen(pilot, "Home")
    assert isinstance(pilot.app, PortalApp)
    pilot.app.navigation.open_place(read_place(f"forms/{submission}"))
    await on_screen(pilot, "FormEditor")


@pytest.mark.parametrize("next_key", ["tab", "shift+tab"])
async def test_enter_acts_before_a_following_tab_moves_focus(
    portal: AppFactory, someone: Factory, next_key: str
) -> None:
    someone()
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "[ Cases ]" in screen_text(pilot.app.screen))
        await until(pilot, lambda: pilot.app.focused is not None)
        burst(pilot, ["enter", next_key])
        await on_screen(pilot, "Cases")


@pytest.mark.parametrize("key", ["space", "enter"])
async def test_checkbox_is_ticked_before_next_tab_is_handled(portal: AppFactory, key: str) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Welcome to the Leicester" in screen_text(pilot.app.screen))
        assert isinstance(pilot.app, PortalApp)
        pilot.app.navigation.open_place(read_place("register"))
        await on_screen(pilot, "Register")
        screen = pilot.app.screen
        for step in ("#to-1", "#to-2"):
            await choose(pilot, step)
        box = screen.query_one("#agree", Checkbox)
        box.focus()
        await until(pilot, lambda: pilot.app.focused is box)
        burst(pilot, [key, "tab", "tab"])
        await until(pilot, lambda: box.value)


async def test_text_typed_after_add_more_reaches_the_new_entry(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "7")
        await until(pilot, lambda: "Step 7 of 8" in screen_text(pilot.app.screen))
        pilot.app.screen.query_one("#step .add").focus()
        burst(pilot, ["enter", *"Dana"])
        await until(pilot, lambda: [i.value for i in pilot.app.screen.query(Input)][:1] == ["Dana"])


async def test_keys_typed_ahead_reach_the_opening_step(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        burst(pilot, ["f2", "3", "tab", "tab", *"Ivo listens.", "f2", "2", *"01/03/2026"])
        await until(pilot, lambda: "01/03/2026" in screen_text(pilot.app.screen))
        burst(pilot, ["f2", "3"])
        await until(pilot, lambda: "Ivo listens." in screen_text(pilot.app.screen))


async def test_keys_typed_ahead_reach_a_form_that_is_loading(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, submission)
        burst(pilot, ["f2", "2", *"01/03/2026"])
        await until(pilot, lambda: "01/03/2026" in screen_text(app.screen))


async def test_exit_key_waits_for_the_keys_typed_before_it(
    portal: AppFactory, me: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_order, "EXIT_KEY_SECONDS", 0.0)
    submission = start(me)
    app = portal(me)
    transport = HangingTransport(app, f"submissions/{submission}")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, submission)
        await until(pilot, lambda: transport.is_holding)
        burst(pilot, ["f2", "2", *"01/03/2026", "escape"])
        await pilot.pause()
        transport.released.set()
        await on_screen(pilot, "Home")
        assert read_answers(me, submission)["started_at_setting"] == "01/03/2026"


async def test_exit_key_leaves_a_screen_that_never_loads(
    portal: AppFactory, me: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_order, "HOLD_SECONDS", 0.3)
    submission = start(me)
    app = portal(me)
    transport = HangingTransport(app, f"submissions/{submission}")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_form(pilot, submission)
        await until(pilot, lambda: transport.is_holding)
        burst(pilot, ["f2", "2", "escape", "x"])
        await on_screen(pilot, "Home")


async def test_keys_typed_after_esc_left_a_loading_screen_are_kept(
    portal: AppFactory, me: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_order, "EXIT_KEY_SECONDS", 0.0)
    submission = start(me)
    app = portal(me)
    transport = HangingTransport(app, f"submissions/{submission}")
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        burst(pilot, ["c"])
        await on_screen(pilot, "FormEditor")
        await until(pilot, lambda: transport.is_holding)
        burst(pilot, ["escape", "g", "m"])
        await on_screen(pilot, "Inbox")


async def test_keys_typed_for_a_screen_that_fails_to_load_are_dropped(
    portal: AppFactory, me: Someone
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "0 records found")
        app.navigation.open_place(read_place("forms/00000000-0000-4000-8000-000000000000"))
        await on_screen(pilot, "FormEditor")
        burst(pilot, ["+"])
        await on_screen(pilot, "SelectPerson")
        await pilot.pause()
        assert type(app.screen).__name__ == "SelectPerson"


async def test_enter_after_opening_the_summary_does_not_submit(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "3")
        await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
        burst(pilot, ["f2", "8", "enter"])
        await until(pilot, lambda: "Step 2 of 8" in screen_text(pilot.app.screen))
        assert me.get(f"/v1/submissions/{submission}").json()["submitted_at"] is None


async def test_button_out_of_view_is_shown_before_it_is_pressed(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        screen = pilot.app.screen
        screen.query_one("#submit", Button).focus()
        await pilot.press("shift+tab", "tab")
        await until(pilot, lambda: "[ Submit ]" in screen_text(screen))
        screen.query_one("#body").scroll_home(animate=False)
        await until(pilot, lambda: "[ Submit ]" not in screen_text(screen))
        await pilot.press("enter")
        await until(pilot, lambda: "[ Submit ]" in screen_text(screen))
        assert me.get(f"/v1/submissions/{submission}").json()["submitted_at"] is None
        await pilot.press("enter")
        await until(pilot, lambda: "Submit anyway" in screen_text(pilot.app.screen))
        await pilot.press("tab", "enter")
        await on_screen(pilot, "FormSubmitted")


def is_in_view(widget: Widget) -> bool:
    """Return whether a widget is fully in view."""
    geometry = widget.screen.find_widget(widget)
    return geometry.visible_region.height == geometry.region.height


@pytest.mark.parametrize("is_resized", [True, False], ids=["resized", "scrolled"])
async def test_focused_text_is_in_view(portal: AppFactory, me: Someone, is_resized: bool) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(120, 60)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "3")
        await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
        screen = pilot.app.screen
        area = screen.query_one("#field-communication", Question).control
        assert isinstance(area, LongText)
        area.focus()
        await until(pilot, lambda: pilot.app.focused is area)
        if is_resized:
            for size in ((80, 24), (120, 60), (60, 20)):
                await pilot.resize_terminal(*size)
        else:
            await pilot.resize_terminal(80, 24)
            await wait_until_idle(pilot)
            screen.query_one("#body").scroll_end(animate=False)
            await wait_until_idle(pilot)
            assert not is_in_view(area)
            await pilot.press("x")
        await until(pilot, lambda: is_in_view(area))


async def test_second_enter_waits_for_the_code_to_be_verified(
    portal: AppFactory, services: Services, someone: Factory
) -> None:
    account = someone(two_step=SecondStep.EMAIL)
    async with portal().run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "SignIn")
        await until(pilot, lambda: pilot.app.focused is not None)
        burst(pilot, [*account.email, "tab", *PASSWORD, "enter"])
        await on_screen(pilot, "EnterCode")
        burst(pilot, [*code_in(last_email(services, account.email)), "enter", "enter"])
        await until(pilot, lambda: len(pilot.app.screen_stack) > 2)
        assert "SignIn" not in [type(screen).__name__ for screen in pilot.app.screen_stack]


async def test_key_that_arrives_after_the_last_screen_is_ignored(portal: AppFactory) -> None:
    app = portal()
    async with app.run_test() as pilot:
        await on_screen(pilot, "SignIn")
    assert not app.screen_stack
    await app.on_event(Key("escape", None))


async def test_enter_typed_before_submit_is_in_view_does_not_submit(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        burst(pilot, ["f8", "enter"])
        await until(pilot, lambda: bool(pilot.app._notifications))
        assert [notice.message for notice in pilot.app._notifications] == [NOT_SUBMITTED_YET]
        await pilot.press("home")
        burst(pilot, ["ctrl+s", "enter"])
        await until(pilot, lambda: "▸ [ Submit ]" in screen_text(pilot.app.screen))
        await wait_until_idle(pilot)
        assert type(pilot.app.screen).__name__ == "FormEditor"
        burst(pilot, ["shift+tab", "tab", "enter"])
        await on_screen(pilot, "ChoiceDialog")
