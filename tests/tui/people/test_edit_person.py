import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.people.children import CHILD, add_child
from tests.tui.steps import burst, go_to, on_screen, screen_text, until
from tui.widgets.field import Field


async def fill(pilot: Pilot[None], **answers: str) -> None:
    """Paste answers into fields by name; type the choices."""
    for name, text in answers.items():
        field = pilot.app.screen.query_one(f"#field-{name}", Field)
        field.focus_control()
        if isinstance(field.control, Input):
            await pilot.press("home", "ctrl+k")
            field.control.post_message(events.Paste(text))
        else:
            await pilot.press("enter", *text, "enter")
    await pilot.pause()


REQUIRED_ANSWERS = {
    "first_name": "Ivo",
    "last_name": "Hollow",
    "born": "14/3/2018",
    "gender": "male",
    "address": "3 Tallowmere Row",
    "postcode": "le39rn",
    "school": "Wren Hollow",
}


async def test_added_child_opens_its_progress_page(portal: AppFactory, me: Someone) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "0 records found")
        await pilot.press("plus")
        await on_screen(pilot, "EditPerson")
        await fill(pilot, **REQUIRED_ANSWERS)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "Progress")
        await until(pilot, lambda: "Ivo Hollow" in screen_text(pilot.app.screen))
        await pilot.press("escape")
        await until(pilot, lambda: "1 record found" in screen_text(pilot.app.screen))
    [row] = me.get("/v1/people").json()["rows"]
    assert (row["last_name"], row["born"]) == ("Hollow", "2018-03-14")


async def test_child_can_be_added_with_enter_alone_and_a_short_year_of_birth(
    portal: AppFactory, me: Someone
) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people/new", "First name *")
        burst(pilot, [*"Ivo", "enter", *"Hollow", "enter", "enter", *"3/5/17", "enter"])
        born = pilot.app.screen.query_one("#field-born Input", Input)
        await until(pilot, lambda: born.value == "03/05/2017")
        await fill(pilot, **(REQUIRED_ANSWERS | {"born": "3/5/17"}))
        pilot.app.screen.query_one("#field-parent_phone Input").focus()
        await pilot.press("enter")
        await on_screen(pilot, "Progress")
    [row] = me.get("/v1/people").json()["rows"]
    assert (row["last_name"], row["born"]) == ("Hollow", "2017-05-03")


async def test_error_summary_links_to_each_field(portal: AppFactory, me: Someone) -> None:
    async with portal(me).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, "people/new", "First name *")
        await fill(pilot, first_name="Ivo", born="31/02/2018", upn="Q207000016049")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))
        text = screen_text(pilot.app.screen)
        assert text.count("✗ Enter the last name.") == 2
        assert "✗ 31/02/2018 is not a real date." in text
        assert "✗ This UPN can't be right" in text
        await pilot.press("tab", "enter")
        assert pilot.app.focused is pilot.app.screen.query_one("#field-born", Field).control
    assert me.get("/v1/people").json()["total"] == 0


async def test_field_is_checked_on_leaving_unless_empty(portal: AppFactory, me: Someone) -> None:
    async with portal(me).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, "people/new", "First name *")
        await fill(pilot, first_name="", born="14/03/1990", postcode="nowhere", nhs_number="12")
        await pilot.press("tab")
        await until(pilot, lambda: "An NHS number has 10 digits." in screen_text(pilot.app.screen))
        messages = {f.name: (f.error, f.warning) for f in pilot.app.screen.query(Field)}
        assert messages["first_name"] == ("", "")
        assert messages["born"][0] == ""
        assert "25 or older" in messages["born"][1]
        assert "full UK postcode" in messages["postcode"][0]


async def test_child_already_on_the_list_is_not_added_again(
    portal: AppFactory, me: Someone
) -> None:
    add_child(me, last_name="Hollow")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people/new", "First name *")
        await fill(pilot, **REQUIRED_ANSWERS)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))
        assert "already" in screen_text(pilot.app.screen)
        last_name = pilot.app.screen.query_one("#field-last_name", Field)
        assert last_name.value == "Hollow"


@pytest.mark.parametrize("keep", [True, False])
async def test_conflicting_edit_shows_both_and_loses_neither(
    portal: AppFactory, me: Someone, keep: bool
) -> None:
    child = add_child(me)
    async with portal(me).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"people/{child}/edit", "Larkspur-Dunne")
        await fill(pilot, last_name="Mine")
        theirs = me.put(
            f"/v1/people/{child}",
            json={**CHILD, "last_name": "Theirs"},
            headers={"If-Match": me.get(f"/v1/people/{child}").headers["ETag"]},
        )
        assert theirs.status_code == 200, theirs.text
        await pilot.press("ctrl+s")
        await on_screen(pilot, "EditConflict")
        text = screen_text(pilot.app.screen)
        assert "yours:  Mine" in text
        assert "theirs: Theirs" in text
        assert "02/03/2026 at 10:42" in text
        await pilot.press(*(["enter"] if keep else ["tab", "enter"]))
        if keep:
            await on_screen(pilot, "Home")
            assert me.get(f"/v1/people/{child}").json()["last_name"] == "Mine"
        else:
            await on_screen(pilot, "EditPerson")
            last_name = pilot.app.screen.query_one("#field-last_name", Field)
            await until(pilot, lambda: last_name.value == "Theirs")
            assert last_name.warning == "You had: Mine"


async def test_leaving_with_unsaved_changes_needs_confirmation(
    portal: AppFactory, me: Someone
) -> None:
    child = add_child(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}/edit", "Larkspur-Dunne")
        await fill(pilot, first_name="Ivor")
        await pilot.press("escape")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("escape")
        await on_screen(pilot, "EditPerson")
        assert pilot.app.screen.query_one("#field-first_name", Field).value == "Ivor"
        await pilot.press("escape", "tab", "tab", "enter")
        await on_screen(pilot, "Home")
    assert me.get(f"/v1/people/{child}").json()["first_name"] == "Ivo"


async def test_leaving_without_changes_needs_no_confirmation(
    portal: AppFactory, me: Someone
) -> None:
    child = add_child(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}/edit", "Larkspur-Dunne")
        await pilot.press("escape")
        await on_screen(pilot, "Home")


async def test_care_fields_are_shown_only_for_looked_after_children(
    portal: AppFactory, me: Someone
) -> None:
    async with portal(me).run_test(size=(80, 80)) as pilot:
        await go_to(pilot, "people/new", "First name *")
        assert "Social worker" not in screen_text(pilot.app.screen)
        await fill(pilot, looked_after="yes")
        await until(pilot, lambda: "Social worker" in screen_text(pilot.app.screen))
