"""Empty expected answers are counted and listed on submitting, but never block it."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input, Static

from shared.forms.submissions import Answer
from tests.parts import Someone
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import required_answers, save, start, submit_anyway
from tests.tui.steps import (
    burst,
    dialog_text,
    go_to,
    on_screen,
    screen_text,
    until,
    wait_until_idle,
)
from tui.forms.step_view import StepView
from tui.widgets.step_bar import StepBar


async def open_step(pilot: Pilot[None], number: int) -> None:
    await pilot.press("f2", str(number))
    await until(pilot, lambda: f"Step {number} of 8" in screen_text(pilot.app.screen))


def flat_text(pilot: Pilot[None]) -> str:
    return " ".join(screen_text(pilot.app.screen).replace("│", " ").split())


async def test_submit_lists_empty_answers_and_links_to_the_first(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me), year_group="y3", attendance="95")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await open_step(pilot, 8)
        await choose(pilot, "#submit")
        await on_screen(pilot, "ChoiceDialog")
        text = " ".join(dialog_text(pilot).split())
        assert "answers that the authority expects are empty" in text
        assert "· Give an answer: Attainment and rate of progress" in text
        assert "Year group" not in text
        assert "more The form can go without them" in text
        await pilot.press("enter")
        await until(pilot, lambda: "Step 2 of 8" in screen_text(pilot.app.screen))
        attainment = pilot.app.screen.query_one("#field-attainment LongText")
        await until(pilot, lambda: pilot.app.focused is attainment)


async def test_form_with_empty_answers_can_be_submitted_anyway(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await open_step(pilot, 8)
        await choose(pilot, "#submit")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("escape")
        await on_screen(pilot, "FormEditor")
        assert me.get(f"/v1/submissions/{submission}").json()["state"] == "draft"
        await submit_anyway(pilot)
        await on_screen(pilot, "FormSubmitted")
        assert me.get(f"/v1/submissions/{submission}").json()["state"] == "submitted"


async def test_empty_count_is_updated_on_summary_and_step_bar(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        bar = pilot.app.screen.query_one(StepBar)
        empty_count = bar.empty_count
        assert f"Step 1 of 8 · {empty_count} expected answers empty" in screen_text(
            pilot.app.screen
        )
        await open_step(pilot, 2)
        await pilot.press("tab", "tab", "tab", *"Reads 20 words", "tab")
        await until(
            pilot,
            lambda: f"· {empty_count - 1} empty" in screen_text(pilot.app.screen),
        )
        await open_step(pilot, 8)
        count = f"! {empty_count - 1} answers that the authority expects are empty."
        assert count in screen_text(pilot.app.screen)
        await pilot.press("enter")  # The focus is on "Go to the first".
        await until(pilot, lambda: "Step 2 of 8" in screen_text(pilot.app.screen))
        await until(pilot, lambda: bool(pilot.app.focused))
        assert pilot.app.focused is pilot.app.screen.query_one("#field-year_group Select")


async def test_error_disappears_once_answer_is_valid(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    save(me, submission, started_at_setting="31/02/202")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await open_step(pilot, 2)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))
        await pilot.press("enter", "end", *["backspace"] * 9, *"28/02/2024")
        await until(pilot, lambda: "There is a problem" not in screen_text(pilot.app.screen))
        assert "✗" not in screen_text(pilot.app.screen)


async def test_agreement_error_disappears_once_ticked(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me) | {"declaration": False, "contacts": []})
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await open_step(pilot, 8)
        await choose(pilot, "#submit")
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))
        assert len(pilot.app.screen.query("ErrorSummary Link")) == 2
        pilot.app.screen.query_one("#field-declaration Checkbox", Checkbox).toggle()
        await until(pilot, lambda: len(pilot.app.screen.query("ErrorSummary Link")) == 1)
        assert "Declaration: read the text" not in screen_text(pilot.app.screen)
        assert "Add at least one person" in screen_text(pilot.app.screen)


async def test_inconsistent_numbers_and_dates_show_warnings(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    cycle: Answer = [{"id": "a", "started_on": "01/09/2024", "reviewed_on": "01/02/2024"}]
    save(me, submission, sessions_attended="191", cycles=cycle)
    sessions_warning = "! Sessions possible are fewer than sessions attended; please check both."
    review_warning = "! The review date is before the start of this cycle; please check both."
    async with portal(me).run_test(size=(80, 120)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await open_step(pilot, 2)
        pilot.app.screen.query_one("#field-sessions_possible Input").focus()
        await pilot.press(*"190", "tab")
        await until(pilot, lambda: sessions_warning in screen_text(pilot.app.screen))
        await open_step(pilot, 8)
        warnings = pilot.app.screen.query_one(StepView).query(".warning").results(Static)
        lines = {str(line.content) for line in warnings}
        assert {sessions_warning, review_warning} <= lines


async def test_empty_count_includes_a_question_as_soon_as_it_applies(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, attendance="95")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        bar = pilot.app.screen.query_one(StepBar)
        await open_step(pilot, 2)
        empty_count = bar.empty_count
        box = pilot.app.screen.query_one("#field-attendance Input", Input)
        box.focus()
        await pilot.press("end", "backspace", "backspace", *"80")
        await until(pilot, lambda: bar.empty_count == empty_count + 1)
        assert pilot.app.focused is box


@pytest.mark.parametrize("from_step", [3, 8])
@pytest.mark.parametrize("key", ["f8", "ctrl+s"])
async def test_keys_lead_to_submit_and_do_not_press_it(
    portal: AppFactory, me: Someone, key: str, from_step: int
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    async with portal(me).run_test(size=(120, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await open_step(pilot, from_step)
        is_summary = from_step == 8
        hint = "Ctrl+S go to Submit" if is_summary else "F8 go to Submit"
        await until(pilot, lambda: hint in screen_text(pilot.app.screen))
        await pilot.press(key)
        if key == "f8" or is_summary:
            await until(pilot, lambda: bool(pilot.app.focused and pilot.app.focused.id == "submit"))
            assert "[ Submit ]" in screen_text(pilot.app.screen)
        else:
            await until(pilot, lambda: "Step 4 of 8" in screen_text(pilot.app.screen))
        assert me.get(f"/v1/submissions/{submission}").json()["submitted_at"] is None


async def test_palette_leads_to_submit(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("ctrl+p")
        await on_screen(pilot, "Palette")
        await pilot.press(*"submit")
        await until(pilot, lambda: "Go to Submit" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await until(pilot, lambda: bool(pilot.app.focused and pilot.app.focused.id == "submit"))


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        (["f8"], (60, 20)),
        (["f8"], (80, 24)),
        (["f2", "8", "ctrl+s"], (80, 24)),
        (["f2", "7", "ctrl+s", "ctrl+s"], (60, 20)),
        (["f2", "7", "ctrl+s", "ctrl+s"], (120, 40)),
    ],
    ids=str,
)
async def test_submit_has_the_focus_and_stays_in_view(
    portal: AppFactory, me: Someone, keys: list[str], size: tuple[int, int]
) -> None:
    submission = start(me)
    long_texts = dict.fromkeys(["communication", "cognition"], "He waits for a face. " * 60)
    save(me, submission, **required_answers(me), **long_texts)
    async with portal(me).run_test(size=size) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        for key in keys:
            await pilot.press(key)
            await wait_until_idle(pilot)
        await until(pilot, lambda: "▸ [ Submit ]" in screen_text(pilot.app.screen))
        await wait_until_idle(pilot)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "submit"
        assert "▸ [ Submit ]" in screen_text(pilot.app.screen)
        await pilot.press("shift+tab", "space")
        await wait_until_idle(pilot)
        assert pilot.app.screen.query_one("#field-sharing Checkbox", Checkbox).value is False


async def test_going_to_submit_on_the_summary_keeps_the_page(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await open_step(pilot, 8)
        view = pilot.app.screen.query_one(StepView)
        burst(pilot, ["ctrl+s", "shift+tab", "space"])
        box = pilot.app.screen.query_one("#field-sharing Checkbox", Checkbox)
        await until(pilot, lambda: not box.value)
        assert pilot.app.screen.query_one(StepView) is view
        assert pilot.app.focused is box
