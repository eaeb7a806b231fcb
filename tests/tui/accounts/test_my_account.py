from textual.widgets import Input

from server.core.database import Services
from shared.accounts import SecondStep
from tests.emails import emails_to
from tests.parts import PASSWORD, Clock, Factory
from tests.server.accounts.test_email_change import emailed_code
from tests.tui.accounts.filling import WORK, choose, error_at, fill
from tests.tui.conftest import AppFactory
from tests.tui.hanging_transport import HangingTransport
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.accounts.set_up_authenticator import render_qr_code

NEW_PASSWORD = "nine otters under a mill"


async def test_account_sections_are_listed(portal: AppFactory, someone: Factory) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account", "▸ About you")
        text = screen_text(pilot.app.screen)
        for name in (
            "Work Details",
            "Two step verification",
            "Password",
            "Where I am signed in",
            "Close my account",
        ):
            assert name in text
        for link in ("Home", "My Account", "Sign Out"):
            assert link in text


async def test_arrows_move_in_menu_and_enter_focuses_section(
    portal: AppFactory, someone: Factory
) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        app = pilot.app

        def focused() -> str:
            return str(getattr(app.focused, "id", ""))

        await go_to(pilot, "account", "▸ About you")
        await pilot.press("up")
        assert focused() == "to-about-you"
        await pilot.press("down", "down", "down", "down", "up", "down")
        assert focused() == "to-password"
        await pilot.press(*["down"] * 9, "up", "up", "enter")
        await until(pilot, lambda: "Sign out" in getattr(app.focused, "text", ""))
        app.screen.query_one("#to-password").focus()
        await pilot.press("enter")
        current = app.screen.query_one("#field-current")
        await until(pilot, lambda: current.query_one(Input).has_focus)
        await pilot.press(*"four")
        assert current.query_one(Input).value == "four"


async def test_ctrl_s_saves_the_section(portal: AppFactory, someone: Factory) -> None:
    me = someone()
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account", "▸ About you")
        assert "Ctrl+S save" in screen_text(pilot.app.screen)
        await fill(pilot, first_name="")
        await pilot.press("ctrl+s")
        assert error_at(pilot, "first_name") == "Enter your first name."
        await fill(pilot, first_name="Ivy")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: me.get("/v1/account").json()["about"]["first_name"] == "Ivy")
        await choose(pilot, "#to-password")
        await fill(pilot, current=PASSWORD, new=NEW_PASSWORD, confirm_new=NEW_PASSWORD)
        await pilot.press("ctrl+s")
        box = pilot.app.screen.query_one("#field-new Input", Input)
        await until(pilot, lambda: box.value == "")
        assert error_at(pilot, "current") == ""
        await choose(pilot, "#to-sessions")
        await until(pilot, lambda: "Ctrl+S" not in screen_text(pilot.app.screen))


async def test_second_ctrl_s_does_not_repeat_the_password_change(
    portal: AppFactory, someone: Factory
) -> None:
    app = portal(someone())
    transport = HangingTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/password", "Current password")
        await fill(pilot, current=PASSWORD, new=NEW_PASSWORD, confirm_new=NEW_PASSWORD)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: transport.is_holding)
        transport.is_holding = False
        await pilot.press("ctrl+s")
        assert not transport.is_holding
        transport.released.set()
        box = app.screen.query_one("#field-new Input", Input)
        await until(pilot, lambda: box.value == "")


async def test_ctrl_s_saves_a_role(portal: AppFactory, someone: Factory) -> None:
    me = someone()
    async with portal(me).run_test(size=(80, 50)) as pilot:
        await go_to(pilot, "account/work-details", "SEN Co-ordinator")
        await choose(pilot, ".edit")
        await on_screen(pilot, "EditWork")
        await fill(pilot, mobile="07700 900123")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "MyAccount")
        assert me.get("/v1/account").json()["work_details"][0]["mobile"] == "07700 900123"


async def test_ctrl_s_switches_two_step_on(portal: AppFactory, someone: Factory) -> None:
    me = someone(two_step=SecondStep.NONE)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/two-step", "Preferred method")
        await fill(pilot, method="email")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Your recovery codes" in screen_text(pilot.app.screen))


async def test_about_you_validates_and_saves(portal: AppFactory, someone: Factory) -> None:
    me = someone()
    async with portal(me).run_test() as pilot:
        await go_to(pilot, "account", "Telephone number")
        await fill(pilot, first_name="", phone="0116 496 0777")
        await choose(pilot, "#save-about")
        assert error_at(pilot, "first_name") == "Enter your first name."
        await fill(pilot, first_name="Ivy", phone="12")
        await choose(pilot, "#save-about")
        assert "telephone number" in error_at(pilot, "phone")
        await fill(pilot, phone="0116 496 0777")
        await choose(pilot, "#save-about")
        await until(
            pilot, lambda: me.get("/v1/account").json()["about"]["phone"] == "0116 496 0777"
        )
        assert me.get("/v1/account").json()["about"]["first_name"] == "Ivy"


async def test_unsaved_about_you_is_restored_and_can_be_undone(
    portal: AppFactory, someone: Factory
) -> None:
    async with portal(someone()).run_test() as pilot:
        await go_to(pilot, "account", "Telephone number")
        box = pilot.app.screen.query_one("#field-first_name Input", Input)
        saved = box.value
        await fill(pilot, first_name="Half typ")
        await pilot.press("escape")
        await go_to(pilot, "account", "Half typ")
        await choose(pilot, "#undo-about")
        box = pilot.app.screen.query_one("#field-first_name Input", Input)
        assert box.value == saved


async def test_email_changes_with_the_emailed_code(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me, new = someone(), "ivy.new@osierbeck.example"
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account", f"Email address: {me.email}")
        await choose(pilot, "#to-email")
        await until(pilot, lambda: "New email address" in screen_text(app.screen))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "email") != "")
        await fill(pilot, email="no email")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "for example name@school" in error_at(pilot, "email"))
        await fill(pilot, email=new)
        await choose(pilot, "#send-code")
        await until(pilot, lambda: f"sent to {new}" in screen_text(app.screen))
        await fill(pilot, code="x")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "has expired" in error_at(pilot, "code"))
        await fill(pilot, code=emailed_code(services, new))
        await choose(pilot, "#confirm-email")
        await until(pilot, lambda: f"Email address: {new}" in screen_text(app.screen))
        await choose(pilot, "#to-about-you")
        await until(pilot, lambda: f"Email address: {new}" in screen_text(app.screen))
        assert app.session.account is not None
        assert app.session.account.email == new
    assert me.get("/v1/account").json()["email"] == new


async def test_stale_sign_in_asks_for_the_password_before_the_email_changes(
    portal: AppFactory, someone: Factory, services: Services, clock: Clock
) -> None:
    me, new = someone(two_step=SecondStep.NONE), "ivy.new@osierbeck.example"
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/email", "New email address")
        clock.move(minutes=11)
        await fill(pilot, email=new)
        await choose(pilot, "#send-code")
        await on_screen(pilot, "SignInAgain")
        await fill(pilot, password=PASSWORD)
        await choose(pilot, "#sign-in")
        await on_screen(pilot, "MyAccount")
        await choose(pilot, "#send-code")
        await until(pilot, lambda: bool(emails_to(services, new)))


async def test_roles_can_be_added_edited_and_removed(portal: AppFactory, someone: Factory) -> None:
    me = someone()
    app = portal(me)

    def roles() -> list[str]:
        return [details["role"] for details in me.get("/v1/account").json()["work_details"]]

    async with app.run_test(size=(80, 50)) as pilot:
        await go_to(pilot, "account/work-details", "SEN Co-ordinator")
        assert "Mobile number: none" in screen_text(app.screen)
        await choose(pilot, "#add-work")
        await on_screen(pilot, "EditWork")
        await fill(pilot, **(WORK | {"role": "other"}))
        await choose(pilot, "#save")
        assert error_at(pilot, "role_other") == "Enter your professional role."
        await fill(pilot, role="senco", role_other="Reading lead")
        await choose(pilot, "#save")
        assert error_at(pilot, "role_other").startswith("You chose SEN Co-ordinator.")
        await fill(pilot, role="other")
        await choose(pilot, "#save")
        await on_screen(pilot, "MyAccount")
        await until(pilot, lambda: "Reading lead" in screen_text(app.screen))
        assert sorted(roles()) == ["other", "senco"]
        await choose(pilot, ".edit")
        await on_screen(pilot, "EditWork")
        await fill(pilot, mobile="07700 900123")
        await choose(pilot, "#save")
        await until(pilot, lambda: "07700 900123" in screen_text(app.screen))
        await choose(pilot, ".remove")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: screen_text(app.screen).count("Organisation name") == 1)
        assert len(roles()) == 1


async def test_missing_role_is_not_reported_as_conflict(
    portal: AppFactory, someone: Factory
) -> None:
    async with portal(someone()).run_test(size=(80, 50)) as pilot:
        await go_to(pilot, "account/work-details", "SEN Co-ordinator")
        await choose(pilot, "#add-work")
        await on_screen(pilot, "EditWork")
        await fill(pilot, role_other="Reading lead")
        await choose(pilot, "#save")
        assert error_at(pilot, "role") == "Choose your professional role."
        assert error_at(pilot, "role_other") == ""


async def test_unsaved_role_is_restored(portal: AppFactory, someone: Factory) -> None:
    async with portal(someone()).run_test(size=(80, 50)) as pilot:
        await go_to(pilot, "account/work-details", "SEN Co-ordinator")
        await choose(pilot, "#add-work")
        await on_screen(pilot, "EditWork")
        await fill(pilot, organisation="Half a school")
        await pilot.press("escape")
        await on_screen(pilot, "MyAccount")
        await choose(pilot, "#add-work")
        await until(pilot, lambda: "Half a school" in screen_text(pilot.app.screen))


async def test_changing_password_requires_the_current_one(
    portal: AppFactory, someone: Factory
) -> None:
    async with portal(someone()).run_test() as pilot:
        await go_to(pilot, "account/password", "Current password")
        await fill(
            pilot, current="four other words here", new=NEW_PASSWORD, confirm_new=NEW_PASSWORD
        )
        await choose(pilot, "#change")
        await until(pilot, lambda: error_at(pilot, "current") != "")
        await fill(pilot, current=PASSWORD)
        await choose(pilot, "#change")
        box = pilot.app.screen.query_one("#field-new Input", Input)
        await until(pilot, lambda: box.value == "")


async def test_other_sessions_are_listed_and_can_be_ended(
    portal: AppFactory, someone: Factory
) -> None:
    me = someone(two_step=SecondStep.NONE)
    body = {"email": me.email, "password": PASSWORD, "device": "office-3 (Windows)"}
    other_token = me.post("/v1/sessions", json=body).json()["token"]
    app = portal(me)
    async with app.run_test(size=(80, 40)) as pilot:
        await go_to(pilot, "account/sessions", "office-3 (Windows)")
        text = screen_text(app.screen)
        assert "Kept in this machine's keychain." in text
        assert "(here)" in text
        await choose(pilot, "#end-others")
        await until(pilot, lambda: "office-3" not in screen_text(app.screen))
        reply = me.get("/v1/session", headers={"Authorization": f"Bearer {other_token}"})
        assert reply.status_code == 401
        await choose(pilot, ".end")
        await on_screen(pilot, "SignIn")


def test_qr_code_fits_in_24_lines() -> None:
    for letters in (100, 134, 154):
        lines = render_qr_code("x" * letters).splitlines()
        assert len(lines) <= 24
        assert {len(line) for line in lines} <= {41, 45, 47}
        assert len({len(line) for line in lines}) == 1
