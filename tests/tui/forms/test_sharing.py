"""Sharing a draft with colleagues, by keyboard in the smallest terminal."""

from uuid import UUID

import pytest

from shared.accounts import Staff
from tests.advice import assess, request_advice
from tests.parts import Clock, Factory, Someone
from tests.server.steps import ok
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import save, start
from tests.tui.people.children import add_child
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, text_of, until


@pytest.fixture
def bea(someone: Factory) -> Someone:
    return someone("bea@osierbeck.example")


def share_names(me: Someone, form: UUID) -> list[str]:
    sharing = ok(me.get(f"/v1/submissions/{form}/sharing")).json()
    return [share["name"] for share in sharing["shared_with"]]


async def test_draft_can_be_shared_and_unshared(
    portal: AppFactory, me: Someone, bea: Someone
) -> None:
    form = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{form}/sharing", "Colleagues at your organisation")
        text = screen_text(pilot.app.screen)
        assert "Professional Request for Statutory EHC Assessment" in text
        assert "for Ivo Larkspur-Dunne · yours" in text
        assert "With nobody yet." in text
        assert "Ada Bea · SEN Co-ordinator · bea@osierbeck.example" in text
        assert "Ada Senco started it" in text
        for keys in (("escape",), ("enter",), ("tab", "enter")):
            assert share_names(me, form) == []
            await pilot.press("enter")
            await on_screen(pilot, "ChoiceDialog")
            question = text_of(pilot, "ChoiceDialog .text Static")
            assert (
                "Share Ivo Larkspur-Dunne's form with Ada Bea, bea@osierbeck.example?" in question
            )
            await pilot.press(*keys)
            await on_screen(pilot, "Sharing")
        await until(pilot, lambda: "Take back" in screen_text(pilot.app.screen))
        assert share_names(me, form) == ["Ada Bea"]
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "With nobody yet." in screen_text(pilot.app.screen))
        assert share_names(me, form) == []
        assert "F1 help" in screen_text(pilot.app.screen).splitlines()[-1]
        await pilot.press("escape")
        await on_screen(pilot, "Home")


async def test_handing_over_needs_confirmation(
    portal: AppFactory, me: Someone, bea: Someone, someone: Factory
) -> None:
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    child = add_child(me)
    [(_, form)] = request_advice(officer, assess(officer, me, child), me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}", "Educational Advice")
        pilot.app.screen.query_one(f"#share-{form}").focus()
        await pilot.press("enter")
        await on_screen(pilot, "Sharing")
        await until(pilot, lambda: "Hand over" in screen_text(pilot.app.screen))
        for key in ("escape", "enter"):
            await pilot.press(*(("tab",) if key == "escape" else ()), "enter")
            await on_screen(pilot, "ChoiceDialog")
            question = text_of(pilot, "ChoiceDialog .text Static")
            assert "goes to Ada Bea, bea@osierbeck.example, with all that is written" in question
            assert "The advice is then owed by Ada Bea." in question
            await pilot.press(*("tab",) if key == "enter" else (), key)
            await on_screen(pilot, "Sharing" if key == "escape" else "Progress")
        await until(pilot, lambda: "Educational Advice" not in screen_text(pilot.app.screen))
    [row] = [
        row
        for row in ok(bea.get(f"/v1/people/{child}/progress")).json()["forms"]
        if row["submission"] == str(form)
    ]
    assert row["by_you"]


async def test_recipient_of_a_share_cannot_share_it(
    portal: AppFactory, me: Someone, bea: Someone
) -> None:
    form = start(bea)
    ok(bea.put(f"/v1/submissions/{form}/shares/{me.id}"))
    for number in range(30):
        save(bea, form, strengths=f"{number}")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{form}/sharing", "Who did what")
        text = screen_text(pilot.app.screen)
        assert "Ada Bea's form, shared with you" in text
        assert "Only Ada Bea can share it or hand it over." in text
        assert "Ada Bea wrote in Academic progress" in text
        assert not pilot.app.screen.query("#sharing Link")
        await pilot.press("end")
        await pilot.press("escape")
        await on_screen(pilot, "Home")


async def test_sharing_without_colleagues_shows_the_reason(portal: AppFactory, me: Someone) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{start(me)}/sharing", "Nobody else of your organisation")


async def test_sharing_before_confirmation_shows_what_to_do(
    portal: AppFactory, someone: Factory, bea: Someone
) -> None:
    me = someone(confirmed=False)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{start(me)}/sharing", "Nobody has confirmed yet")
        text = " ".join(screen_text(pilot.app.screen).split())
        assert "confirm you under My Account › Colleagues" in text
        assert bea.email not in text
        assert not pilot.app.screen.query("#sharing Link")


async def test_too_many_shares_are_refused_with_the_wait(
    portal: AppFactory, me: Someone, bea: Someone
) -> None:
    child = add_child(me)
    for _ in range(20):
        ok(me.put(f"/v1/submissions/{start(me, child)}/shares/{bea.id}"))
    form = start(me, child)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{form}/sharing", "Colleagues at your organisation")
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: bool(pilot.app._notifications))
        [notice] = pilot.app._notifications
        assert "Nothing was changed. Wait 4 minutes" in str(notice.message)
    assert share_names(me, form) == []


async def test_closed_form_can_only_be_unshared(
    portal: AppFactory, me: Someone, bea: Someone, someone: Factory
) -> None:
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    [(advice, form)] = request_advice(officer, assess(officer, me, add_child(me)), me)
    ok(me.put(f"/v1/submissions/{form}/shares/{bea.id}"))
    ok(officer.post(f"/v1/desk/advice/{advice}/cancel"))
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{form}/sharing", "no longer needs this advice")
        assert "Hand over" not in screen_text(pilot.app.screen)
        await pilot.press("enter")
        await until(pilot, lambda: "With nobody yet." in screen_text(pilot.app.screen))


async def test_sharing_matches_snapshot(
    snapshots: Snapshots,
    portal: AppFactory,
    me: Someone,
    bea: Someone,
    someone: Factory,
    clock: Clock,
) -> None:
    someone("cyd@osierbeck.example")
    form = start(me)
    save(me, form, strengths="Ivo builds bridges.")
    clock.move(minutes=5)
    ok(me.put(f"/v1/submissions/{form}/shares/{bea.id}"))
    clock.move(minutes=5)
    save(bea, form, communication="Ivo speaks up.", cognition="A word list helps.")

    async with portal(me).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"forms/{form}/sharing", "Who did what")
        await snapshots.match(pilot)
