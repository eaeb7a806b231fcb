"""Screens opened after the session has ended."""

from collections.abc import Callable
from uuid import UUID

import pytest

from shared.accounts import SecondStep
from shared.places import read_place
from tests.parts import Factory, Someone
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import start
from tests.tui.people.children import add_child
from tests.tui.steps import on_screen, screen_text, until, wait_until_idle

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
