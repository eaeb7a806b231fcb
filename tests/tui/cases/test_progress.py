from shared.places import read_place
from tests.parts import Factory, Someone
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import start
from tests.tui.people.children import add_child
from tests.tui.steps import go_to, on_screen, screen_text, until

FORM = "Professional Request for Statutory EHC Assessment"


async def test_new_child_page_shows_forms_to_start(portal: AppFactory, me: Someone) -> None:
    child = add_child(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}", "Ivo Larkspur-Dunne")
        text = screen_text(pilot.app.screen)
        assert "Statutory Assessment Progress" in text
        assert "SEND Home" in text
        assert "born 14/03/2018" in text
        for stage in ("Request", "Assessment", "EHC Plan", "EHCP Reviews"):
            assert stage in text
        assert "What happens now?" in text
        assert "Information we collect at this stage" in text
        assert FORM in text
        assert "Start" in text


async def test_start_creates_a_form_and_opens_it(portal: AppFactory, me: Someone) -> None:
    child = add_child(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}", FORM)
        await pilot.press("enter")
        await on_screen(pilot, "FormEditor")
        await pilot.press("escape")
        await on_screen(pilot, "Progress")
        await until(pilot, lambda: "Start a new one" in screen_text(pilot.app.screen))
        [form] = me.get(f"/v1/people/{child}/progress").json()["forms"]
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == f"open-{form['submission']}"
    assert (form["form"], form["state"]) == ("professional-request", "draft")


async def test_draft_can_be_continued_or_a_new_one_started(portal: AppFactory, me: Someone) -> None:
    child = add_child(me)
    draft = start(me, child)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}", FORM)
        text = screen_text(pilot.app.screen)
        assert "◐ Started 02/03/2026 · 1 of 8 steps" in text
        assert "Start a new one" in text
        focused = pilot.app.focused
        assert focused is not None
        assert focused.id == f"open-{draft}"


async def test_returning_reloads_the_case_and_keeps_focus(portal: AppFactory, me: Someone) -> None:
    child = add_child(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}", FORM)
        await pilot.press("e")
        await on_screen(pilot, "EditPerson")
        start(me, child)
        await pilot.press("escape")
        await on_screen(pilot, "Progress")
        await until(pilot, lambda: "◐ Started" in screen_text(pilot.app.screen))
        focused = pilot.app.focused
        assert focused is not None
        assert focused.id == "start-professional-request"


async def test_search_filters_forms(portal: AppFactory, me: Someone) -> None:
    child = add_child(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}", FORM)
        await pilot.press("slash", *"zzz")
        await until(
            pilot, lambda: "No form is found by these words." in screen_text(pilot.app.screen)
        )
        assert FORM not in screen_text(pilot.app.screen)
        await pilot.press("backspace", "backspace", "backspace", *"EHC prof")
        await until(pilot, lambda: FORM in screen_text(pilot.app.screen))


async def test_child_on_another_list_is_not_shown(
    portal: AppFactory, someone: Factory, me: Someone
) -> None:
    child = add_child(someone("other@osierbeck.example"))
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        app.navigation.open_place(read_place(f"people/{child}"))
        await on_screen(pilot, "Progress")
        await on_screen(pilot, "Home")
