"""A confirmed colleague confirms or refuses who asks to join, by keyboard."""

from shared.accounts import Staff
from tests.parts import Factory, Someone
from tests.server.steps import ok
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import dialog_text, go_to, on_screen, screen_text, until


def is_confirmed(someone: Someone) -> bool:
    return bool(someone.get("/v1/account").json()["work_details"][0]["confirmed"])


async def test_colleague_is_confirmed_after_one_question(
    portal: AppFactory, me: Someone, someone: Factory
) -> None:
    new = someone("new@osierbeck.example", confirmed=False)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/colleagues", "new@osierbeck.example")
        assert "Ada New · SEN Co-ordinator" in screen_text(pilot.app.screen)
        for keys in (("enter",), ("tab", "enter")):
            assert not is_confirmed(new)
            await choose(pilot, ".decide")
            await on_screen(pilot, "ChoiceDialog")
            assert "Confirm Ada New as your colleague?" in dialog_text(pilot)
            assert "new@osierbeck.example" in dialog_text(pilot)
            await pilot.press(*keys)
            await on_screen(pilot, "MyAccount")
        await until(pilot, lambda: "Nobody waits" in screen_text(pilot.app.screen))
    assert is_confirmed(new)


async def test_stranger_is_refused(portal: AppFactory, me: Someone, someone: Factory) -> None:
    new = someone("new@osierbeck.example", confirmed=False)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/colleagues", "new@osierbeck.example")
        pilot.app.screen.query(".decide").last().focus()
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        assert "is told that nobody could confirm Osierbeck Academy" in dialog_text(pilot)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "Nobody waits" in screen_text(pilot.app.screen))
    assert not is_confirmed(new)


async def test_who_is_not_confirmed_reads_why_the_list_is_empty(
    portal: AppFactory, someone: Factory
) -> None:
    async with portal(someone(confirmed=False)).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/colleagues", "You can confirm colleagues here")


async def test_list_is_reloaded_when_another_colleague_was_faster(
    portal: AppFactory, me: Someone, someone: Factory
) -> None:
    new = someone("new@osierbeck.example", confirmed=False)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/colleagues", "new@osierbeck.example")
        app.screen.query(".decide").last().focus()
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        ok(me.post(f"/v1/account/colleagues/{new.work}/confirm"))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "Nobody waits" in screen_text(app.screen))
        [notice] = app._notifications
        assert "Somebody has confirmed them already" in str(notice.message)
    assert is_confirmed(new)


async def test_staff_have_no_colleagues_to_confirm(portal: AppFactory, someone: Factory) -> None:
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account", "▸ About you")
        assert "Colleagues" not in screen_text(pilot.app.screen)


async def test_colleagues_match_snapshot(
    snapshots: Snapshots, portal: AppFactory, me: Someone, someone: Factory
) -> None:
    for name in ("new", "other"):
        someone(f"{name}@osierbeck.example", confirmed=False)
    async with portal(me).run_test(size=SMALL) as pilot:
        await go_to(pilot, "account/colleagues", "new@osierbeck.example")
        await snapshots.match(pilot)
