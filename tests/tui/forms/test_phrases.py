"""A professional's own phrases in a long answer."""

from uuid import UUID, uuid4

from textual.pilot import Pilot
from textual.widgets import Input

from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import read_answers, start
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.forms import api
from tui.widgets.long_text import LongText

READING_PHRASE = "Reads with help from an adult."
WALKING_PHRASE = "Walks\nevery route from memory."


def add_phrases(me: Someone, *phrases: str) -> None:
    for text in phrases:
        me.put(f"/v1/phrases/{uuid4()}", json={"text": text}).raise_for_status()


def read_phrases(me: Someone) -> list[str]:
    return [phrase["text"] for phrase in me.get("/v1/phrases").json()]


async def open_answer(pilot: Pilot[None], form: object) -> LongText:
    await go_to(pilot, f"forms/{form}", "Step 1 of 8")
    await pilot.press("f2", "3")
    await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
    area = pilot.app.screen.query_one("#field-communication LongText", LongText)
    area.focus()
    await pilot.pause()
    return area


async def test_phrase_is_inserted_at_cursor_and_saved(portal: AppFactory, me: Someone) -> None:
    add_phrases(me, READING_PHRASE, WALKING_PHRASE)
    form = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        area = await open_answer(pilot, form)
        await pilot.press(*"Now. Later.", *["left"] * 6, "ctrl+t")
        await on_screen(pilot, "Phrases")
        await until(pilot, lambda: READING_PHRASE in screen_text(pilot.app.screen))
        await pilot.press(*"memory")
        await until(pilot, lambda: READING_PHRASE not in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await on_screen(pilot, "FormEditor")
        assert area.text == f"Now. {WALKING_PHRASE}Later."
        assert pilot.app.focused is area
        await pilot.press("space")
        text = f"Now. {WALKING_PHRASE} Later."
        await until(pilot, lambda: read_answers(me, form).get("communication") == text)


async def test_phrases_can_be_added_from_selection_edited_and_deleted(
    portal: AppFactory, me: Someone
) -> None:
    form = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await open_answer(pilot, form)
        await pilot.press(*"Reads alone.", "shift+home", "ctrl+t")
        await on_screen(pilot, "Phrases")
        await until(pilot, lambda: "You have no phrases yet" in screen_text(pilot.app.screen))
        pilot.app.screen.query_one("#new").focus()
        await pilot.press("enter")
        await on_screen(pilot, "EditPhrase")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "Phrases")
        await until(pilot, lambda: read_phrases(me) == ["Reads alone."])
        await until(pilot, lambda: "Reads alone." in screen_text(pilot.app.screen))
        pilot.app.screen.query_one("#edit").focus()
        await pilot.press("enter")
        await on_screen(pilot, "EditPhrase")
        await pilot.press("ctrl+end", *" Slowly.", "escape")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("enter")
        await on_screen(pilot, "EditPhrase")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: read_phrases(me) == ["Reads alone. Slowly."])
        await on_screen(pilot, "Phrases")
        await until(pilot, lambda: "Slowly" in screen_text(pilot.app.screen))
        pilot.app.screen.query_one("#delete").focus()
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: read_phrases(me) == [])


async def test_deleting_an_already_deleted_phrase_succeeds(portal: AppFactory, me: Someone) -> None:
    add_phrases(me, READING_PHRASE)
    [phrase] = me.get("/v1/phrases").json()
    app = portal(me)
    async with app.run_test() as pilot:
        await on_screen(pilot, "Home")
        for _ in range(2):
            await api.remove_phrase(app.client, UUID(phrase["id"]))
    assert read_phrases(me) == []


async def test_new_phrase_is_inserted_with_enter(portal: AppFactory, me: Someone) -> None:
    add_phrases(me, READING_PHRASE)
    form = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        area = await open_answer(pilot, form)
        await pilot.press("ctrl+t")
        await on_screen(pilot, "Phrases")
        await until(pilot, lambda: READING_PHRASE in screen_text(pilot.app.screen))
        pilot.app.screen.query_one("#new").focus()
        await pilot.press("enter")
        await on_screen(pilot, "EditPhrase")
        await pilot.press(*"Slowly.", "ctrl+s")
        await on_screen(pilot, "Phrases")
        await until(pilot, lambda: "Slowly." in screen_text(pilot.app.screen))
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press("enter")
        await on_screen(pilot, "FormEditor")
        assert area.text == "Slowly."


async def test_phrase_over_the_limit_is_not_saved(portal: AppFactory, me: Someone) -> None:
    form = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await open_answer(pilot, form)
        await pilot.press("ctrl+t")
        await on_screen(pilot, "Phrases")
        pilot.app.screen.query_one("#new").focus()
        await pilot.press("enter")
        await on_screen(pilot, "EditPhrase")
        pilot.app.screen.query_one(LongText).insert("x" * 2001)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "2,001 characters" in screen_text(pilot.app.screen))
        assert type(pilot.app.screen).__name__ == "EditPhrase"
        assert read_phrases(me) == []


async def test_phrase_is_not_inserted_without_focused_long_answer(
    portal: AppFactory, me: Someone
) -> None:
    add_phrases(me, READING_PHRASE)
    form = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{form}", "Step 1 of 8")
        await pilot.press("ctrl+t")
        await on_screen(pilot, "Phrases")
        await until(pilot, lambda: READING_PHRASE in screen_text(pilot.app.screen))
        assert "Put in" not in screen_text(pilot.app.screen)
        await pilot.press("enter")
        await until(pilot, lambda: "into a long answer first" in screen_text(pilot.app.screen))


async def test_phrases_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, me: Someone
) -> None:
    add_phrases(me, READING_PHRASE, WALKING_PHRASE)
    form = start(me)
    async with portal(me).run_test(size=SMALL) as pilot:
        await open_answer(pilot, form)
        await pilot.press("ctrl+t")
        await on_screen(pilot, "Phrases")
        await until(pilot, lambda: READING_PHRASE in screen_text(pilot.app.screen))
        await snapshots.match(pilot)
