from server.core.database import Services
from shared.accounts import SecondStep
from shared.problems import Problem, ProblemCode
from tests.parts import Factory
from tests.tui.accounts.filling import choose
from tests.tui.conftest import Portals
from tests.tui.messages.sending import send
from tests.tui.steps import on_screen, screen_text, until
from tui.core.errors import Refused


async def test_home_shows_welcome_and_both_services(
    portal: Portals, someone: Factory, services: Services
) -> None:
    me = someone()
    for number in range(3):
        send(services, me, subject=f"Number {number}")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "[ Messages (3 unread) ]" in screen_text(pilot.app.screen))
        text = " ".join(screen_text(pilot.app.screen).split())
        assert (
            "Welcome to the Professional Portal. Below, you will see the service available to you."
        ) in text
        assert "To complete an advice form for a child allocated to you select" in text
        assert "To read your messages select 'Messages'" in text
        assert "[ Special Educational Needs and Disabilities ]" in text
        for link in ("Home", "My Account", "Sign Out"):
            assert link in text
        await pilot.press("enter")
        await on_screen(pilot, "SelectPerson")


async def test_services_require_two_step_verification(portal: Portals, someone: Factory) -> None:
    app = portal(someone(two_step=SecondStep.NONE))
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        assert "switch on two step verification first" in " ".join(screen_text(app.screen).split())
        for button in ("#send", "#messages"):
            await choose(pilot, button)
            await until(pilot, lambda: "Preferred method" in screen_text(app.screen))
            assert "need to enable Two Step Verification" in screen_text(app.screen)
            await pilot.press("escape")
            await on_screen(pilot, "Home")


async def test_ctrl_c_explains_how_to_leave(portal: Portals, someone: Factory) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await pilot.press("ctrl+c")
        [notice] = pilot.app._notifications
        assert notice.message.startswith("Ctrl+Q leaves the portal")


async def test_unauthorised_reply_during_sign_out_is_ignored(
    portal: Portals, someone: Factory
) -> None:
    app = portal(someone())
    problem = Problem(
        title="No", status=401, code=ProblemCode.SIGN_IN_REQUIRED, detail="You are signed out."
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        app.session.sign_out()
        app.show_error(Refused(problem))
        await on_screen(pilot, "SignIn")
        assert [type(screen).__name__ for screen in app.screen_stack[1:]] == ["SignIn"]
