"""Searching within a form, and the word count of a long answer."""

from textual.pilot import Pilot

from shared.forms.summary import Line
from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import required_answers, save, start
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.forms.find import search_lines
from tui.widgets.long_text import LongText

LINES = [
    Line(step="a", step_title="Needs", label="Strengths", pointer="/s", text="Builds\nbridges"),
    Line(step="a", step_title="Needs", label="Bridges", pointer="/b", text="Not provided"),
    Line(step="b", step_title="Over 18s", label="Over 18s", pointer="", text="bridges"),
    Line(step="c", step_title="Views", label="Views", pointer="/v", text="x " * 50 + "bridge"),
]


def test_search_matches_questions_and_answers_in_form_order() -> None:
    def pointers(query: str) -> list[str]:
        return [result.line.pointer for result in search_lines(LINES, query)]

    assert pointers("BRIDGE") == ["/s", "/b", "/v"]
    assert pointers("needs bridges") == ["/s", "/b"]
    assert pointers("strengths bridges") == ["/s"]
    assert pointers("provided") == pointers(" ") == pointers("absent") == []
    strengths, _, views = search_lines(LINES, "bridge")
    assert strengths.excerpt == "Builds bridges"
    assert views.excerpt == "…" + "x " * 8 + "bridge"


async def test_search_opens_field_of_another_step(portal: AppFactory, me: Someone) -> None:
    form = start(me)
    save(me, form, **required_answers(me), strengths="Ivo builds bridges with great patience.")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{form}", "Step 1 of 8")
        await pilot.press("f2", "3")
        await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
        await pilot.press("ctrl+f")
        await on_screen(pilot, "FindAnswer")
        await pilot.press(*"patience", "enter")
        await until(pilot, lambda: "Step 2 of 8" in screen_text(pilot.app.screen))
        strengths = pilot.app.screen.query_one("#field-strengths LongText")
        await until(pilot, lambda: pilot.app.focused is strengths)
        await pilot.press("ctrl+f")
        await on_screen(pilot, "FindAnswer")
        await pilot.press(*"date of discussion", "enter")
        await until(pilot, lambda: "Step 7 of 8" in screen_text(pilot.app.screen))


async def test_search_finds_text_just_typed(portal: AppFactory, me: Someone) -> None:
    form = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await open_communication(pilot, form)
        await pilot.press(*"two-step", "ctrl+f")
        await on_screen(pilot, "FindAnswer")
        await pilot.press(*"two")
        result = "SEN needs · Communication and interaction"
        await until(pilot, lambda: result in screen_text(pilot.app.screen))
        await pilot.press("escape")
        await on_screen(pilot, "FormEditor")
        assert isinstance(pilot.app.focused, LongText)


async def open_communication(pilot: Pilot[None], form: object) -> LongText:
    await go_to(pilot, f"forms/{form}", "Step 1 of 8")
    await pilot.press("f2", "3")
    await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
    area = pilot.app.screen.query_one("#field-communication LongText", LongText)
    area.focus()
    await pilot.pause()
    return area


async def test_word_count_is_shown_next_to_remaining_characters(
    portal: AppFactory, me: Someone
) -> None:
    form = start(me)
    save(me, form, communication="Ivo follows two-step instructions.")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await open_communication(pilot, form)
        assert "29966 remaining · 4 words" in screen_text(pilot.app.screen)
        await pilot.press("ctrl+end", *" Well.")
        await until(pilot, lambda: "29960 remaining · 5 words" in screen_text(pilot.app.screen))
        await pilot.press("ctrl+a", *"Ivo")
        await until(pilot, lambda: "29997 remaining · 1 word " in screen_text(pilot.app.screen))


async def test_search_matches_snapshots(
    snapshots: Snapshots, portal: AppFactory, me: Someone
) -> None:
    form = start(me)
    save(me, form, **required_answers(me), strengths="Ivo builds bridges with great patience.")
    async with portal(me).run_test(size=SMALL) as pilot:
        await open_communication(pilot, form)
        await pilot.press("ctrl+f")
        await on_screen(pilot, "FindAnswer")
        await pilot.press(*"with")
        await until(pilot, lambda: "great patience" in screen_text(pilot.app.screen))
        await snapshots.match(pilot)
