"""Enter in one-line fields, and the order of Tab."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input

from server.core.database import Services
from shared.accounts import SecondStep
from shared.places import read_place
from tests.emails import last_email, link_in
from tests.parts import PASSWORD, Factory
from tests.tui.accounts.filling import ABOUT, WORK, choose, error_at, fill
from tests.tui.conftest import AppFactory
from tests.tui.steps import burst, go_to, on_screen, screen_text, until
from tui.app import PortalApp
from tui.widgets.field import Field

EMAIL = "new@osierbeck.example"
NEW_PASSWORD = "nine otters under a mill"


async def open_from_start(pilot: Pilot[None], place: str, screen: str) -> None:
    await on_screen(pilot, "SignIn")
    assert isinstance(pilot.app, PortalApp)
    pilot.app.navigation.open_place(read_place(place))
    await on_screen(pilot, screen)


def focused_field(pilot: Pilot[None]) -> str:
    """Return the name of the field with the focus, or ''."""
    focused = pilot.app.focused
    fields = [
        node for node in (focused.ancestors_with_self if focused else []) if isinstance(node, Field)
    ]
    return fields[0].name or "" if fields else ""


async def press_until_field(pilot: Pilot[None], key: str, name: str) -> None:
    await pilot.press(key)
    await until(pilot, lambda: focused_field(pilot) == name)


async def test_registration_can_be_typed_with_enter_alone(
    portal: AppFactory, services: Services
) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await open_from_start(pilot, "register", "Register")
        burst(pilot, [*EMAIL, "enter", *EMAIL, "enter"])
        burst(pilot, [*PASSWORD.replace(" ", "-"), "enter", *PASSWORD.replace(" ", "-"), "enter"])
        await until(pilot, lambda: "● About you" in screen_text(pilot.app.screen))
        await until(pilot, lambda: focused_field(pilot) == "title")
        await fill(pilot, **ABOUT)
        for name in ("first_name", "last_name", "phone"):
            await press_until_field(pilot, "enter", name)
        await press_until_field(pilot, "enter", "role")
        assert "● Work Details" in screen_text(pilot.app.screen)
        await fill(pilot, **WORK)
        pilot.app.screen.query_one("#field-mobile Input").focus()
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.focused is pilot.app.screen.query_one("#agree"))
        await pilot.press("space")
        await choose(pilot, "#submit")
        await on_screen(pilot, "Activate")
        await fill(pilot, token=link_in(last_email(services, EMAIL)))
        pilot.app.screen.query_one("#field-token Input").focus()
        await pilot.press("enter")
        await until(pilot, lambda: "Your account has been created" in screen_text(pilot.app.screen))


@pytest.mark.parametrize(
    ("place", "screen", "names"),
    [
        ("register", "Register", ["email", "confirm_email", "password", "confirm_password"]),
        ("sign-in", "SignIn", ["email", "password"]),
    ],
)
async def test_tab_goes_from_field_to_field_and_not_to_show(
    portal: AppFactory, place: str, screen: str, names: list[str]
) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await open_from_start(pilot, place, screen)
        await until(pilot, lambda: focused_field(pilot) == names[0])
        for name in names[1:]:
            await press_until_field(pilot, "tab", name)


async def test_enter_resets_a_forgotten_password(
    portal: AppFactory, services: Services, someone: Factory
) -> None:
    someone(EMAIL, two_step=SecondStep.NONE)
    async with portal().run_test(size=(80, 24)) as pilot:
        await open_from_start(pilot, "forgotten", "ForgottenPassword")
        burst(pilot, [*EMAIL, "enter"])
        await until(pilot, lambda: focused_field(pilot) == "token")
        token = link_in(last_email(services, EMAIL))
        await fill(pilot, token=token, password=NEW_PASSWORD, confirm_password=NEW_PASSWORD)
        await press_until_field(pilot, "enter", "password")
        await press_until_field(pilot, "enter", "confirm_password")
        await pilot.press("enter")
        await on_screen(pilot, "SignIn")
        assert pilot.app.screen.query_one("#field-email Input", Input).value == EMAIL


async def test_enter_saves_about_you_after_its_last_field(
    portal: AppFactory, someone: Factory
) -> None:
    me = someone()
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/about-you", "Telephone number")
        await until(pilot, lambda: focused_field(pilot) == "title")
        await fill(pilot, phone="0116 496 0777")
        for name in ("first_name", "last_name", "phone"):
            await press_until_field(pilot, "enter", name)
        await pilot.press("enter")
        await until(
            pilot, lambda: me.get("/v1/account").json()["about"]["phone"] == "0116 496 0777"
        )


async def test_enter_changes_the_password_after_its_last_field(
    portal: AppFactory, someone: Factory
) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/password", "Current password")
        await until(pilot, lambda: focused_field(pilot) == "current")
        await press_until_field(pilot, "enter", "new")
        await press_until_field(pilot, "enter", "confirm_new")
        await pilot.press("enter")
        await until(pilot, lambda: error_at(pilot, "current") != "")


async def test_enter_saves_a_role_after_its_last_field(
    portal: AppFactory, someone: Factory
) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/work-details", "SEN Co-ordinator")
        await choose(pilot, ".edit")
        await on_screen(pilot, "EditWork")
        pilot.app.screen.query_one("#field-work_phone Input").focus()
        await press_until_field(pilot, "enter", "mobile")
        await pilot.press("enter")
        await on_screen(pilot, "MyAccount")


@pytest.mark.parametrize(
    ("section", "text", "name"),
    [
        ("two-step", "Preferred method", "method"),
        ("password", "Current password", "current"),
        ("about-you", "Telephone number", "title"),
    ],
)
async def test_link_to_a_section_leads_into_it(
    portal: AppFactory, someone: Factory, section: str, text: str, name: str
) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"account/{section}", text)
        await until(pilot, lambda: focused_field(pilot) == name)


async def test_password_rule_is_shown_beside_every_new_password(
    portal: AppFactory, someone: Factory
) -> None:
    rule = "12 to 128 characters"
    app = portal(someone())
    async with app.run_test(size=(80, 40)) as pilot:
        await go_to(pilot, "account/password", "Current password")
        assert rule in screen_text(app.screen)
        for place, name in (("register", "Register"), ("forgotten", "ForgottenPassword")):
            app.navigation.open_place(read_place(place))
            await on_screen(pilot, name)
            if name == "ForgottenPassword":
                await choose(pilot, "#have")
            await until(pilot, lambda: rule in screen_text(app.screen))


async def test_sign_in_after_registering_knows_the_email_address(
    portal: AppFactory, services: Services
) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await open_from_start(pilot, "register", "Register")
        await fill(
            pilot,
            email=EMAIL,
            confirm_email=EMAIL,
            password=PASSWORD,
            confirm_password=PASSWORD,
            **ABOUT,
            **WORK,
        )
        pilot.app.screen.query_one("#agree", Checkbox).value = True
        await choose(pilot, "#to-2")
        await choose(pilot, "#submit")
        await on_screen(pilot, "Activate")
        await fill(pilot, token=link_in(last_email(services, EMAIL)))
        await choose(pilot, "#activate")
        await until(pilot, lambda: "Your account has been created" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await on_screen(pilot, "SignIn")
        assert pilot.app.screen.query_one("#field-email Input", Input).value == EMAIL
        await until(pilot, lambda: focused_field(pilot) == "password")
        burst(pilot, ["space" if c == " " else c for c in PASSWORD] + ["enter"])
        await on_screen(pilot, "Home")
