"""Two people in one draft: each sees the other's changes, and nothing is lost."""

from collections.abc import Callable
from uuid import UUID

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from shared.forms.submissions import Entry
from shared.places import read_place
from tests.parts import Factory, Someone
from tests.server.steps import ok
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import read_answers, save, start
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, text_of, until, wait_until_idle
from tui.forms.editor import FormEditor
from tui.forms.fields import Question
from tui.widgets.long_text import LongText

DANA: Entry = {"id": "dana", "name": "Dana", "relationship": "parent"}


@pytest.fixture
def bea(someone: Factory) -> Someone:
    return someone("bea@osierbeck.example")


@pytest.fixture
def form(me: Someone, bea: Someone) -> UUID:
    """My draft, shared with Bea."""
    submission = start(me)
    save(me, submission, communication="Ivo speaks.", contacts=[DANA])
    ok(me.put(f"/v1/submissions/{submission}/shares/{bea.id}"))
    return submission


async def open_step(pilot: Pilot[None], form: UUID, step: int) -> None:
    await go_to(pilot, f"forms/{form}", "Step 1 of 8")
    await pilot.press("f2", str(step))
    await until(pilot, lambda: f"Step {step} of 8" in screen_text(pilot.app.screen))


def long_text(pilot: Pilot[None], field: str) -> LongText:
    control = pilot.app.screen.query_one(f"#field-{field}", Question).control
    assert isinstance(control, LongText)
    return control


async def open_overlap(pilot: Pilot[None]) -> None:
    """Open the question about an overlap, which does not open by itself."""
    await until(pilot, lambda: "F4 shows" in screen_text(pilot.app.screen))
    await pilot.press("f4")
    await on_screen(pilot, "ChoiceDialog")


def type_into(pilot: Pilot[None], field: str, text: str) -> None:
    area = long_text(pilot, field)
    area.focus()
    area.insert(text, area.document.end)


async def wait_until_saved(
    pilot: Pilot[None], field: str, condition: Callable[[str], bool]
) -> None:
    """Wait until the editor's saved answer meets a condition and the app is idle."""

    def is_saved() -> bool:
        editor = pilot.app.screen
        return isinstance(editor, FormEditor) and condition(str(editor.state.draft.base.get(field)))

    await until(pilot, is_saved)
    await wait_until_idle(pilot)


async def test_other_persons_change_is_shown_and_kept(
    portal: AppFactory, me: Someone, bea: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await open_step(pilot, form, 3)
        save(bea, form, communication="Ivo speaks. Bea heard it.")
        type_into(pilot, "cognition", "Mine.")
        await wait_until_saved(pilot, "cognition", lambda text: text == "Mine.")
        messages = [notice.message for notice in pilot.app._notifications]
        assert messages == ["Ada Bea changed this form too. Both your answers and theirs are kept."]
        assert long_text(pilot, "communication").text == "Ivo speaks. Bea heard it."
        type_into(pilot, "communication", " So did I.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Step 4 of 8" in screen_text(pilot.app.screen))
        merged = "Ivo speaks. Bea heard it. So did I."
        await wait_until_saved(pilot, "communication", lambda text: text == merged)
        assert read_answers(me, form)["communication"] == merged


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("mine", "Ivo speaks. Mine."),
        ("theirs", "Ivo speaks. Hers."),
        ("both", "Ivo speaks. Hers. Mine."),
    ],
)
async def test_overlap_shows_both_texts_and_keeps_chosen_one(
    portal: AppFactory, me: Someone, bea: Someone, form: UUID, key: str, expected: str
) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await open_step(pilot, form, 3)
        save(bea, form, communication="Ivo speaks. Hers.")
        type_into(pilot, "communication", " Mine.")
        await open_overlap(pilot)
        assert "Ada Bea changed this answer while you typed" in screen_text(pilot.app.screen)
        question = text_of(pilot, "ChoiceDialog .text Static")
        assert "Yours: Ivo speaks. Mine." in question
        assert "Ada Bea: Ivo speaks. Hers." in question
        pilot.app.screen.query_one(f"#{key}").focus()
        await pilot.press("enter")
        await wait_until_saved(pilot, "communication", lambda text: text == expected)
        assert read_answers(me, form)["communication"] == expected
        assert long_text(pilot, "communication").text == expected


async def test_keeping_both_when_mine_is_empty_keeps_theirs(
    portal: AppFactory, me: Someone, bea: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await open_step(pilot, form, 3)
        save(bea, form, communication="Hers.")
        long_text(pilot, "communication").text = ""
        await open_overlap(pilot)
        pilot.app.screen.query_one("#both").focus()
        await pilot.press("enter")
        await wait_until_saved(pilot, "communication", lambda text: text == "Hers.")
        assert read_answers(me, form)["communication"] == "Hers."


async def test_postponed_overlap_includes_later_typing(
    portal: AppFactory, me: Someone, bea: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await open_step(pilot, form, 3)
        save(bea, form, communication="Ivo speaks. Hers.")
        type_into(pilot, "communication", " Mine.")
        await open_overlap(pilot)
        await pilot.press("escape")
        await on_screen(pilot, "FormEditor")
        assert "! Another's change to look at" in screen_text(pilot.app.screen)
        type_into(pilot, "communication", " More.")
        type_into(pilot, "cognition", "Sent all the same.")
        await wait_until_saved(pilot, "cognition", lambda text: text == "Sent all the same.")
        await open_overlap(pilot)
        await pilot.press("enter")
        await wait_until_saved(pilot, "communication", lambda text: text.endswith("Mine. More."))
        assert read_answers(me, form)["communication"] == "Ivo speaks. Hers. Mine. More."


async def test_separate_edits_are_merged_and_the_cursor_stays_in_place(
    portal: AppFactory, me: Someone, bea: Someone, form: UUID
) -> None:
    save(me, form, communication="Ivo speaks. He reads.")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await open_step(pilot, form, 3)
        save(bea, form, communication="Ivo speaks often.\nHe reads.")
        area = long_text(pilot, "communication")
        area.focus()
        area.move_cursor(area.document.end)
        await pilot.press(*" Mine")
        await wait_until_saved(pilot, "communication", lambda text: text.endswith("Mine"))
        await pilot.press(*" too.")
        merged = "Ivo speaks often.\nHe reads. Mine too."
        await wait_until_saved(pilot, "communication", lambda text: text == merged)
        assert read_answers(me, form)["communication"] == area.text == merged
        assert read_answers(bea, form)["communication"] == merged


async def test_entries_added_by_both_are_kept(
    portal: AppFactory, me: Someone, bea: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 100)) as pilot:
        await open_step(pilot, form, 7)
        hers: Entry = {"id": "robin", "name": "Robin"}
        save(bea, form, contacts=[{**DANA, "contact_details": "0116"}, hers])
        pilot.app.screen.query_one(".add").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press(*"Mine")
        await until(pilot, lambda: " 3  ◐ incomplete    Robin" in screen_text(pilot.app.screen))
        await wait_until_saved(pilot, "contacts", lambda text: "Mine" in text)
        contacts = read_answers(me, form)["contacts"]
        assert isinstance(contacts, list)
        assert sorted(str(entry["name"]) for entry in contacts) == ["Dana", "Mine", "Robin"]
        dana = next(entry for entry in contacts if entry["id"] == "dana")
        assert dana["contact_details"] == "0116"
        assert dana["relationship"] == "parent"


async def test_journal_does_not_overwrite_newer_answers(
    portal: AppFactory, me: Someone, bea: Someone, form: UUID
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_step(pilot, form, 3)
        save(bea, form, communication="Ivo speaks. Hers.")
        type_into(pilot, "communication", " Mine.")
        await open_overlap(pilot)
        await pilot.press("escape")
        app.navigation.start_at(read_place("home"))
        await go_to(pilot, f"forms/{form}", "Step 1 of 8")
        await open_overlap(pilot)
        assert "Ada Bea: Ivo speaks. Hers." in text_of(pilot, "ChoiceDialog .text Static")
        assert read_answers(me, form)["communication"] == "Ivo speaks. Hers."


async def test_two_clients_in_one_draft_keep_both_texts(
    portal: AppFactory, me: Someone, bea: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 60)) as mine:
        await open_step(mine, form, 3)
        async with portal(bea).run_test(size=(80, 60)) as hers:
            await open_step(hers, form, 3)
            type_into(hers, "communication", " Hers.")
            type_into(hers, "semh", "Calm.")
            await wait_until_saved(hers, "semh", lambda text: text == "Calm.")
        type_into(mine, "communication", " Mine.")
        await open_overlap(mine)
        mine.app.screen.query_one("#both").focus()
        await mine.press("enter")
        await wait_until_saved(mine, "communication", lambda text: "Mine." in text)
        answers = read_answers(me, form)
        assert answers["communication"] == "Ivo speaks. Hers. Mine."
        assert answers["semh"] == "Calm."


async def test_overlap_question_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, me: Someone, bea: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=SMALL) as pilot:
        await open_step(pilot, form, 3)
        save(bea, form, communication="Ivo speaks. " + "He is understood by everyone. " * 12)
        type_into(pilot, "communication", " He is understood by those who know him. " * 9)
        await open_overlap(pilot)
        await snapshots.match(pilot)
