import pytest
from textual.color import Color
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input, Static

from server.core.database import Services
from shared.accounts import SecondStep
from shared.places import read_place
from tests.emails import last_email, link_in
from tests.parts import PASSWORD, Factory
from tests.tui.accounts.filling import ABOUT, WORK, choose, error_at, fill
from tests.tui.conftest import AppFactory
from tests.tui.steps import on_screen, screen_text, until
from tui.app import PortalApp
from tui.widgets.header import Link

EMAIL = "new@osierbeck.example"
SECURITY = {
    "email": EMAIL,
    "confirm_email": EMAIL,
    "password": PASSWORD,
    "confirm_password": PASSWORD,
}


async def open_form(pilot: Pilot[None]) -> None:
    await on_screen(pilot, "SignIn")
    assert isinstance(pilot.app, PortalApp)
    pilot.app.navigation.open_place(read_place("register"))
    await on_screen(pilot, "Register")


async def submit(pilot: Pilot[None]) -> None:
    await choose(pilot, "#to-2")
    await choose(pilot, "#submit")


def current_tab(pilot: Pilot[None]) -> int:
    displayed = [page.display for page in pilot.app.screen.query(".page")]
    assert displayed.count(True) == 1
    return displayed.index(True)


def summary_errors(pilot: Pilot[None]) -> list[str]:
    """Return the lines of the error summary."""
    return [str(link.content) for link in pilot.app.screen.query("ErrorSummary Link").results(Link)]


async def test_next_moves_through_the_three_tabs(portal: AppFactory) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await open_form(pilot)
        text = screen_text(pilot.app.screen)
        assert "Registration" in text
        assert "You need to register with us in order to use the Professional Portal" in text
        assert "● Security Details" in text
        for label in ("Email address *", "Confirm email *", "Password *", "Confirm password *"):
            assert label in text
        await fill(pilot, **SECURITY)
        await choose(pilot, "#next")
        await until(pilot, lambda: "● About you" in screen_text(pilot.app.screen))
        await fill(pilot, **ABOUT)
        await choose(pilot, "#next")
        await until(pilot, lambda: "● Work Details" in screen_text(pilot.app.screen))


async def test_security_fields_have_a_red_star(portal: AppFactory) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await open_form(pilot)
        red = Color.parse(pilot.app.theme_variables["wrong"])
        for name in SECURITY:
            label = pilot.app.screen.query_one(f"#field-{name} .label", Static)
            strip = label.render_line(0)
            [star] = [segment for segment in strip if segment.text == "*"]
            assert star.style is not None
            assert star.style.color == red.rich_color


async def test_every_field_has_help(portal: AppFactory) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await open_form(pilot)
        for field in pilot.app.screen.query("Field"):
            assert getattr(field, "help_text", "")
        pilot.app.screen.query_one("#field-password Input").focus()
        await pilot.press("f1")
        await until(pilot, lambda: "Four words" in screen_text(pilot.app.screen))


INVALID_ANSWERS = [
    ("confirm_email", "other@osierbeck.example", "The two email addresses are not the same."),
    ("confirm_password", "seven wrens over a wall", "The two passwords are not the same."),
    ("email", "new.osierbeck", "Enter an email address, for example name@school.example."),
    ("password", "short", "Use at least 12 characters for the password."),
    ("email", "", "Enter your email address."),
    ("confirm_email", "", "Confirm your email."),
]


async def test_invalid_email_or_password_shows_an_error(
    portal: AppFactory, subtests: pytest.Subtests
) -> None:
    async with portal().run_test() as pilot:
        await open_form(pilot)
        for name, answer, error in INVALID_ANSWERS:
            with subtests.test(name=name, answer=answer):
                await fill(pilot, **(SECURITY | {name: answer}))
                await choose(pilot, "#next")
                assert error_at(pilot, name) == error
                assert current_tab(pilot) == 0


async def test_tab_shows_all_its_errors_at_once(portal: AppFactory) -> None:
    async with portal().run_test(size=(80, 40)) as pilot:
        await open_form(pilot)
        invalid = {"confirm_email": "a@b.example", "password": "short", "confirm_password": ""}
        await fill(pilot, **(SECURITY | invalid))
        await choose(pilot, "#next")
        summary = (
            "✗ The two email addresses are not the same.",
            "✗ Use at least 12 characters for the password.",
            "✗ Confirm your password.",
        )
        await until(pilot, lambda: summary_errors(pilot) == list(summary))
        await fill(pilot, **SECURITY, first_name="Ivy", phone="none")
        await choose(pilot, "#next")
        await choose(pilot, "#next")
        assert error_at(pilot, "last_name") == "Enter your last name."
        assert "telephone" in error_at(pilot, "phone")
        await fill(pilot, **ABOUT, **(WORK | {"address": "", "postcode": "nowhere"}))
        await submit(pilot)
        assert error_at(pilot, "address") == "Enter your work address."
        assert "UK postcode" in error_at(pilot, "postcode")


async def test_error_link_opens_its_tab(portal: AppFactory) -> None:
    async with portal().run_test(size=(80, 40)) as pilot:
        await open_form(pilot)
        await fill(pilot, **SECURITY, **ABOUT, **(WORK | {"postcode": "nowhere"}))
        await submit(pilot)
        assert current_tab(pilot) == 2
        assert "UK postcode" in error_at(pilot, "postcode")
        await until(pilot, lambda: "agree to it" in screen_text(pilot.app.screen))
        await fill(pilot, first_name="", postcode="LE1 1FZ")
        await submit(pilot)
        await until(pilot, lambda: current_tab(pilot) == 1)
        assert "Enter your first name." in screen_text(pilot.app.screen)
        await choose(pilot, "#to-0")
        await choose(pilot, "ErrorSummary Link")
        await until(pilot, lambda: current_tab(pilot) == 1)
        assert pilot.app.focused is pilot.app.screen.query_one("#field-first_name Input")


async def test_escape_goes_back_and_answers_are_kept_except_passwords(
    portal: AppFactory,
) -> None:
    async with portal().run_test() as pilot:
        await open_form(pilot)
        await fill(pilot, **SECURITY, **ABOUT, **WORK)
        await choose(pilot, "#to-1")
        await pilot.press("escape")
        assert current_tab(pilot) == 0
        await pilot.press("escape")
        await open_form(pilot)
        for name, answer in {**ABOUT, "email": EMAIL, "postcode": WORK["postcode"]}.items():
            assert pilot.app.screen.query_one(f"#field-{name} Input", Input).value == answer
        assert pilot.app.screen.query_one("#field-password Input", Input).value == ""
        assert "SEN Co-ordinator" in str(
            pilot.app.screen.query_one("#field-role SelectCurrent #label").render()
        )


async def test_register_activate_and_sign_in(portal: AppFactory, services: Services) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await open_form(pilot)
        await fill(pilot, **SECURITY, **ABOUT, **WORK)
        pilot.app.screen.query_one("#agree", Checkbox).value = True
        await submit(pilot)
        await on_screen(pilot, "Activate")
        text = " ".join(screen_text(pilot.app.screen).split())
        assert f"We've sent an email to {EMAIL} at 10:42 with a link to activate" in text
        assert "Check your Spam or Junk folder" in text
        assert "Contact us" in text
        await fill(pilot, token="not-a-code")
        await choose(pilot, "#activate")
        await until(pilot, lambda: error_at(pilot, "token") != "")
        await fill(pilot, token=link_in(last_email(services, EMAIL)))
        await choose(pilot, "#activate")
        await until(pilot, lambda: "Your account has been created" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await on_screen(pilot, "SignIn")
        await fill(pilot, email=EMAIL, password=PASSWORD)
        await choose(pilot, "#sign-in")
        await on_screen(pilot, "Home")


async def test_inactive_account_cannot_sign_in(portal: AppFactory) -> None:
    async with portal().run_test() as pilot:
        await open_form(pilot)
        await fill(pilot, **SECURITY, **ABOUT, **WORK)
        pilot.app.screen.query_one("#agree", Checkbox).value = True
        await submit(pilot)
        await on_screen(pilot, "Activate")
        await pilot.press("escape")
        await on_screen(pilot, "SignIn")
        await fill(pilot, email=EMAIL, password=PASSWORD)
        await choose(pilot, "#sign-in")
        await until(pilot, lambda: error_at(pilot, "password") != "")


async def test_forgotten_password_can_be_reset(
    portal: AppFactory, services: Services, someone: Factory
) -> None:
    someone(EMAIL, two_step=SecondStep.NONE)
    app = portal()
    async with app.run_test() as pilot:
        await on_screen(pilot, "SignIn")
        await choose(pilot, "#forgotten")
        await on_screen(pilot, "ForgottenPassword")
        await fill(pilot, email=EMAIL)
        await choose(pilot, "#send")
        await until(pilot, lambda: "If there is an account" in screen_text(app.screen))
        new_password = "nine otters under a mill"
        link = link_in(last_email(services, EMAIL))
        await fill(pilot, token=link, password=new_password, confirm_password=new_password)
        await choose(pilot, "#reset")
        await on_screen(pilot, "SignIn")
        await fill(pilot, email=EMAIL, password=new_password)
        await choose(pilot, "#sign-in")
        await on_screen(pilot, "Home")


async def test_forgotten_password_does_not_reveal_whether_an_account_exists(
    portal: AppFactory,
) -> None:
    async with portal().run_test() as pilot:
        await on_screen(pilot, "SignIn")
        await choose(pilot, "#forgotten")
        await fill(pilot, email="nobody@osierbeck.example")
        await choose(pilot, "#send")
        await until(pilot, lambda: "If there is an account" in screen_text(pilot.app.screen))


async def test_help_and_support_shows_both_contacts(portal: AppFactory) -> None:
    app = portal()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "SignIn")
        app.navigation.open_place(read_place("help-and-support"))
        await until(pilot, lambda: "SES@leicester.gov.uk" in screen_text(app.screen))
        text = " ".join(screen_text(app.screen).split())
        assert "staff and professionals based within Leicester City Council" in text
        assert "ICT Help and Support Portal under Applications > ONE" in text
