"""A school's file fills in a child's details and the answers of the request."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from shared.places import PlaceKind
from tests.parts import Someone
from tests.server.steps import ok, save, start
from tests.tui.conftest import AppFactory
from tests.tui.people.children import add_child
from tests.tui.people.files import pick, pupil, school_file
from tests.tui.people.test_edit_person import fill
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_until_idle
from tui.widgets.field import Field
from tui.widgets.tick import Tick

TALL_SIZE = (80, 60)


def field_value(pilot: Pilot[None], name: str) -> str:
    return pilot.app.screen.query_one(f"#field-{name}", Field).value


def is_ticked(pilot: Pilot[None], name: str) -> bool:
    return pilot.app.screen.query_one(f"#{name}", Tick).value


async def add_child_from_file(pilot: Pilot[None], file: Path) -> None:
    """Add a child with the values of a school's file, and start its request."""
    await go_to(pilot, "people/new", "First name *")
    await pick(pilot, file, "CheckValues")
    await pilot.press("ctrl+s")
    await on_screen(pilot, "EditPerson")
    await pilot.press("ctrl+s")
    await on_screen(pilot, "Progress")
    await until(pilot, lambda: "Start" in screen_text(pilot.app.screen))
    await pilot.press("enter")
    await on_screen(pilot, "SchoolValues")


async def test_school_file_fills_child_details(portal: AppFactory, me: Someone, home: Path) -> None:
    (home / "ctf.xml").write_text(school_file(pupil()))
    async with portal(me).run_test(size=TALL_SIZE) as pilot:
        await go_to(pilot, "people/new", "First name *")
        await pick(pilot, home / "ctf.xml", "CheckValues")
        text = screen_text(pilot.app.screen)
        assert "[x] First name: Nell" in text
        assert "[x] Attendance: 90% (school year 2025)" in text
        assert "[x] Primary need: SLCN" in text
        assert "✗ Further contact: Bo Reed" in text
        pilot.app.screen.query_one("#detail-preferred_name").focus()
        await pilot.press("space", "ctrl+s")
        await on_screen(pilot, "EditPerson")
        assert me.get("/v1/people").json()["total"] == 0
        assert (field_value(pilot, "first_name"), field_value(pilot, "preferred_name")) == (
            "Nell",
            "",
        )
        await pilot.press("ctrl+s")
        await on_screen(pilot, "Progress")
        [row] = me.get("/v1/people").json()["rows"]
        child = me.get(f"/v1/people/{row['id']}").json()
        assert (child["born"], child["postcode"]) == ("2017-11-02", "LE0 2BD")
        assert (child["parent_name"], child["first_language"]) == ("Ms Ana Quayle", "Panjabi")


async def test_school_file_fills_request_answers(
    portal: AppFactory, me: Someone, home: Path
) -> None:
    (home / "ctf.xml").write_text(school_file(pupil()))
    async with portal(me).run_test(size=TALL_SIZE) as pilot:
        await add_child_from_file(pilot, home / "ctf.xml")
        await until(pilot, lambda: "Sessions possible: 190" in screen_text(pilot.app.screen))
        assert "Primary need: SLCN – Speech" in screen_text(pilot.app.screen)
        pilot.app.screen.query_one("#secondary_need").focus()
        await pilot.press("space")
        pilot.app.screen.query_one("#use").focus()
        await pilot.press("enter")
        await on_screen(pilot, "FormEditor")
        [row] = me.get("/v1/people").json()["rows"]
        [form] = me.get(f"/v1/people/{row['id']}/progress").json()["forms"]

        def stored_answers() -> dict[str, str]:
            return dict(me.get(f"/v1/submissions/{form['submission']}").json()["answers"])

        await until(pilot, lambda: "attendance" in stored_answers())
        assert stored_answers() == {
            "year_group": "y3",
            "attendance": "90",
            "sessions_attended": "171",
            "sessions_possible": "190",
            "primary_need": "slcn",
            "sen_support_from": "07/10/2024",
        }
        await pilot.press("f2", "2")
        await until(pilot, lambda: "Sessions attended" in screen_text(pilot.app.screen))
        assert field_value(pilot, "sessions_attended") == "171"


async def test_postponed_values_are_offered_on_reopening(
    portal: AppFactory, me: Someone, home: Path
) -> None:
    (home / "ctf.xml").write_text(school_file(pupil()))
    async with portal(me).run_test(size=TALL_SIZE) as pilot:
        await add_child_from_file(pilot, home / "ctf.xml")
        await pilot.press("escape")
        await on_screen(pilot, "FormEditor")
        await pilot.press("escape")
        await on_screen(pilot, "Progress")
        await until(pilot, lambda: "Continue" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await on_screen(pilot, "SchoolValues")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no file of a school", "it is not XML"),
        ("<Other/>", "another kind of file: <Other>"),
        (school_file(), "holds no pupil"),
    ],
    ids=["not XML", "another root", "no pupil"],
)
async def test_unreadable_file_is_reported_and_changes_nothing(
    portal: AppFactory, me: Someone, home: Path, text: str, reason: str
) -> None:
    (home / "ctf.xml").write_text(text)
    async with portal(me).run_test(size=TALL_SIZE) as pilot:
        await go_to(pilot, "people/new", "First name *")
        await fill(pilot, first_name="Ivo")
        await pick(pilot, home / "ctf.xml", "Notice")
        assert reason in " ".join(screen_text(pilot.app.screen).split())
        assert "Nothing was changed." in screen_text(pilot.app.screen)
        await pilot.press("enter")
        await on_screen(pilot, "EditPerson")
        assert (field_value(pilot, "first_name"), field_value(pilot, "last_name")) == ("Ivo", "")


async def test_only_an_xml_file_can_be_chosen(portal: AppFactory, me: Someone, home: Path) -> None:
    (home / "letter.pdf").write_bytes(b"%PDF-1.7")
    async with portal(me).run_test(size=TALL_SIZE) as pilot:
        await go_to(pilot, "people/new", "First name *")
        await pilot.press("f5")
        await on_screen(pilot, "PickFiles")
        await until(pilot, lambda: "letter.pdf" in screen_text(pilot.app.screen))
        assert "Use these" not in screen_text(pilot.app.screen)
        pilot.app.screen.query_one("FileList").focus()
        await pilot.press("enter")
        await until(pilot, lambda: "must be a .xml file" in screen_text(pilot.app.screen))
        await pilot.press("escape")
        await on_screen(pilot, "EditPerson")


async def test_pupil_is_chosen_from_several_by_typing(
    portal: AppFactory, me: Someone, home: Path
) -> None:
    ivo = pupil("Ivo", "Hollow", "Z856000018003", "2016-03-14", content="")
    (home / "ctf.xml").write_text(school_file(pupil(), ivo))
    async with portal(me).run_test(size=TALL_SIZE) as pilot:
        await go_to(pilot, "people/new", "First name *")
        await pick(pilot, home / "ctf.xml", "ChoosePupil")
        await until(
            pilot, lambda: "Nell Quayle-Adeyemi · born 02/11/2017" in screen_text(pilot.app.screen)
        )
        await pilot.press(*"hollow 14/03")
        await until(pilot, lambda: "Nell" not in screen_text(pilot.app.screen))
        assert "Ivo Hollow · born 14/03/2016 · UPN Z856000018003" in screen_text(pilot.app.screen)
        await pilot.press("enter")
        await on_screen(pilot, "CheckValues")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "EditPerson")
        assert (field_value(pilot, "first_name"), field_value(pilot, "born")) == (
            "Ivo",
            "14/03/2016",
        )


async def test_differing_answers_are_kept_unless_ticked(
    portal: AppFactory, me: Someone, home: Path
) -> None:
    (home / "ctf.xml").write_text(school_file(pupil()))
    answers = {
        "first_name": "Nelly",
        "last_name": "Quayle",
        "born": "2/11/2017",
        "postcode": "LE0 2BD",
    }
    async with portal(me).run_test(size=TALL_SIZE) as pilot:
        await go_to(pilot, "people/new", "First name *")
        await fill(pilot, **answers)
        await pick(pilot, home / "ctf.xml", "CheckValues")
        assert "you have: Nelly" in screen_text(pilot.app.screen)
        assert not is_ticked(pilot, "detail-first_name")
        assert is_ticked(pilot, "detail-born")
        assert is_ticked(pilot, "detail-postcode")
        assert is_ticked(pilot, "answer-attendance")
        await pilot.press("down", "space", "ctrl+s")
        await on_screen(pilot, "EditPerson")
        names = (field_value(pilot, "first_name"), field_value(pilot, "last_name"))
        assert names == ("Nelly", "Quayle-Adeyemi")


async def test_closing_without_use_these_changes_nothing(
    portal: AppFactory, me: Someone, home: Path
) -> None:
    (home / "ctf.xml").write_text(school_file(pupil()))
    async with portal(me).run_test(size=TALL_SIZE) as pilot:
        await go_to(pilot, "people/new", "First name *")
        await pick(pilot, home / "ctf.xml", "CheckValues")
        await pilot.press("escape")
        await on_screen(pilot, "EditPerson")
        assert field_value(pilot, "first_name") == ""
        await pilot.press("escape")
        await on_screen(pilot, "Home")


async def test_file_of_another_child_is_questioned_and_not_ticked(
    portal: AppFactory, me: Someone, home: Path
) -> None:
    (home / "ctf.xml").write_text(school_file(pupil()))
    child = add_child(me)
    async with portal(me).run_test(size=TALL_SIZE) as pilot:
        await go_to(pilot, f"people/{child}/edit", "Larkspur-Dunne")
        await pick(pilot, home / "ctf.xml", "CheckValues")
        assert "Is this the same child?" in " ".join(screen_text(pilot.app.screen).split())
        assert not is_ticked(pilot, "detail-last_name")
        assert not is_ticked(pilot, "answer-attendance")


async def test_values_chosen_while_editing_are_forgotten_on_sign_out(
    portal: AppFactory, me: Someone, home: Path
) -> None:
    (home / "ctf.xml").write_text(
        school_file(pupil("Ivo", "Larkspur-Dunne", upn="", birth_date="2018-03-14"))
    )
    child = add_child(me)
    app = portal(me)
    async with app.run_test(size=TALL_SIZE) as pilot:
        await go_to(pilot, f"people/{child}/edit", "Larkspur-Dunne")
        await pick(pilot, home / "ctf.xml", "CheckValues")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "EditPerson")
        assert app.session.school_values[child]["attendance"] == "90"
        app.session.clear()
        assert not app.session.school_values
        await on_screen(pilot, "SignIn")
        await wait_until_idle(pilot)


async def test_values_for_answered_questions_are_not_offered(
    portal: AppFactory, me: Someone
) -> None:
    child = add_child(me)
    form = start(me, child)
    ok(save(me, form, {"attendance": "88"}))
    app = portal(me)
    async with app.run_test(size=TALL_SIZE) as pilot:
        await on_screen(pilot, "Home")
        app.session.school_values[child] = {"attendance": "90", "sessions_possible": "190"}
        app.navigation.open_place(PlaceKind.FORM.of(form))
        await on_screen(pilot, "SchoolValues")
        assert [tick.id for tick in pilot.app.screen.query(Tick)] == ["sessions_possible"]
        await pilot.press("enter")
        await on_screen(pilot, "FormEditor")
        path = f"/v1/submissions/{form}"
        await until(pilot, lambda: "sessions_possible" in me.get(path).json()["answers"])
        assert me.get(path).json()["answers"]["attendance"] == "88"


async def test_values_invalid_for_the_form_are_not_offered(portal: AppFactory, me: Someone) -> None:
    child = add_child(me)
    app = portal(me)
    async with app.run_test(size=TALL_SIZE) as pilot:
        await go_to(pilot, f"people/{child}", "Start")
        app.session.school_values[child] = {
            "attendance": "190",
            "made_up": "x",
            "primary_need": "?",
        }
        await pilot.press("enter")
        await on_screen(pilot, "FormEditor")
        await until(pilot, lambda: "Step 1 of 8" in screen_text(pilot.app.screen))
        await wait_until_idle(pilot)
        assert type(pilot.app.screen).__name__ == "FormEditor"
