"""Screens opened after the session has ended."""

from collections.abc import Callable
from uuid import UUID

import pytest
from textual.widgets import Input

from server.core.database import Services
from shared.accounts import SecondStep
from shared.places import read_place
from tests.emails import code_in, last_email
from tests.parts import PASSWORD, Factory, Someone
from tests.tui.accounts.filling import fill
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import start
from tests.tui.hanging_transport import HangingTransport
from tests.tui.people.children import add_child
from tests.tui.steps import on_screen, screen_text, until, wait_until_idle
from tui.accounts.sign_in_again import SignInAgain
from tui.widgets.dialog import Notice
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.header import Link
from tui.widgets.long_text import LongText

MakePlace = Callable[[UUID, UUID], str]


@pytest.mark.parametrize(
    "place",
    [
        lambda child, form: f"forms/{form}",
        lambda child, form: f"forms/{form}/sharing",
        lambda child, form: f"people/{child}/edit",
    ],
    ids=["form", "sharing", "child"],
)
async def test_expired_session_asks_to_sign_in_again(
    portal: AppFactory, me: Someone, place: MakePlace
) -> None:
    child = add_child(me)
    submission = start(me, child)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        app.client.token = "of a session that has ended"
        app.navigation.open_place(read_place(place(child, submission)))
        await on_screen(pilot, "SignInAgain")
        await until(pilot, lambda: "Password" in screen_text(app.screen))
        assert [type(screen).__name__ for screen in app.screen_stack[1:]] == ["Home", "SignInAgain"]


async def test_signed_out_user_is_not_asked_to_sign_in_again(
    portal: AppFactory, me: Someone
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        app.session.clear()
        await on_screen(pilot, "SignIn")
        app.navigation.open_place(read_place("people"))  # Like a screen that is closing.
        await wait_until_idle(pilot)
        assert "SignInAgain" not in [type(screen).__name__ for screen in app.screen_stack]


async def test_signing_in_again_without_any_provider_names_the_way_out(
    portal: AppFactory, someone: Factory
) -> None:
    app = portal(someone(two_step=SecondStep.PROVIDER))
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        app.session.sign_in_again("You are signed out.")
        await until(pilot, lambda: "Choose Sign Out." in screen_text(app.screen))


async def test_signing_in_is_asked_above_a_dialog_that_covers_the_question(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        app.session.sign_in_again("You are signed out.")
        await on_screen(pilot, "SignInAgain")
        app.push_screen(Notice("Title", "A dialog that opened later."))
        await on_screen(pilot, "Notice")
        for _ in range(2):  # two requests of the dialog are refused
            app.session.sign_in_again("You are signed out.")
        await until(pilot, lambda: "You are signed out." in screen_text(app.screen))
        screens = [type(screen).__name__ for screen in app.screen_stack[2:]]
        assert screens == ["SignInAgain", "Notice", "SignInAgain"]
        await until(pilot, lambda: bool(app.screen.query("#field-password")))
        await fill(pilot, password=PASSWORD)
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query("#field-code")))
        await fill(pilot, code=code_in(last_email(services, me.email)))
        await pilot.press("enter")
        await on_screen(pilot, "Notice")
        await pilot.press("enter")
        await on_screen(pilot, "Home")


async def test_late_error_does_not_take_the_focus_from_what_is_typed(
    portal: AppFactory, me: Someone
) -> None:
    app = portal(me)
    transport = HangingTransport(app, "session")
    async with app.run_test(size=(80, 24)) as pilot:
        transport.released.set()
        await on_screen(pilot, "Home")
        app.session.sign_in_again("You are signed out.")
        await until(pilot, lambda: bool(app.screen.query("#field-password")))
        await fill(pilot, password="wrong")
        transport.hold_again()
        await pilot.press("enter")
        await until(pilot, lambda: transport.is_holding)
        await pilot.press(*"again")
        transport.released.set()
        summary = app.screen.query_one(ErrorSummary)
        await until(pilot, lambda: summary.display)
        await wait_until_idle(pilot)
        assert isinstance(app.focused, Input)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Link))  # whoever waits is led to it
        screen = app.screen
        assert isinstance(screen, SignInAgain)
        await screen.query_one("#again").mount(box := LongText())
        box.focus()
        await until(pilot, lambda: box.has_focus)
        before = screen._typed_at
        box.insert("x")
        await until(pilot, lambda: screen._typed_at > before)  # a long text counts too
