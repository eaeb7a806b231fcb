"""The form editor, with the real server."""

from uuid import UUID

from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input

from tests.parts import TODAY, Clock, Factory, Someone
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import (
    read_answers,
    required_answers,
    save,
    start,
    submit,
    submit_anyway,
)
from tests.tui.people.children import add_child
from tests.tui.steps import dialog_text, go_to, on_screen, screen_text, until
from tui.forms.fields import Question
from tui.widgets.header import Link
from tui.widgets.long_text import LongText


async def test_role_is_selected_and_saved(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        text = screen_text(pilot.app.screen)
        for part in ("SEN Co-ordinator", "Osierbeck Academy", "LE1 1FZ", "Mobile number: none"):
            assert part in text
        await pilot.press("enter")
        await until(pilot, lambda: "✓ Selected" in screen_text(pilot.app.screen))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Step 2 of 8" in screen_text(pilot.app.screen))
        await until(pilot, lambda: read_answers(me, submission) == {"work_details": str(me.work)})
        assert "1✓ ▸2· Academic progress" in screen_text(pilot.app.screen)


async def check_open_step(pilot: Pilot[None], submission: UUID, step: str) -> None:
    """Open a form from the progress page, check its open step, and go back."""
    pilot.app.screen.query_one(f"#open-{submission}").focus()
    await pilot.press("enter")
    await until(pilot, lambda: step in screen_text(pilot.app.screen))
    await pilot.press("escape")
    await on_screen(pilot, "Progress")


async def test_continue_resumes_and_edit_starts_at_the_first_step(
    portal: AppFactory, me: Someone
) -> None:
    child = add_child(me)
    submission = start(me, child)
    save(me, submission, communication="Ivo follows two-step instructions.")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}", "Continue")
        await check_open_step(pilot, submission, "Step 3 of 8")
        save(me, submission, **required_answers(me))
        await check_open_step(pilot, submission, "Step 8 of 8")
        submit(me, submission)
        await pilot.press("escape")
        await go_to(pilot, f"people/{child}", "✓ Submitted by you")
        await check_open_step(pilot, submission, "Step 1 of 8")


async def test_save_time_includes_the_date_on_another_day(
    portal: AppFactory, someone: Factory, clock: Clock
) -> None:
    clock.now = TODAY.replace(hour=23, minute=50)
    me = someone()
    submission = start(me)
    clock.move(minutes=20)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "✓ Saved 02/03/2026 23:50")
        await pilot.press("enter")
        await until(pilot, lambda: "✓ Selected" in screen_text(pilot.app.screen))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "✓ Saved 00:10" in screen_text(pilot.app.screen))


async def test_next_step_focuses_its_first_field_directly(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        focus_history: list[Widget | None] = []
        pilot.app.screen.watch(
            pilot.app.screen, "focused", lambda widget: focus_history.append(widget), init=False
        )
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        assert focus_history == [None, pilot.app.focused]
        assert pilot.app.screen.query_one("#body").scroll_offset.y == 0


async def test_invalid_date_is_reported_but_does_not_block_the_next_step(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "2")
        await until(pilot, lambda: "Step 2 of 8" in screen_text(pilot.app.screen))
        assert isinstance(pilot.app.focused, Input)
        await pilot.press(*"31/02/2026", "tab")
        await until(pilot, lambda: "31/02/2026 is not a real date" in screen_text(pilot.app.screen))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))
        assert "1· ▸2✗ Academic progress" in screen_text(pilot.app.screen)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
        await until(
            pilot, lambda: read_answers(me, submission) == {"started_at_setting": "31/02/2026"}
        )
        await pilot.press("f3")
        await until(pilot, lambda: "31/02/2026 is not a real date" in screen_text(pilot.app.screen))


async def test_date_typed_at_its_error_replaces_the_refused_one(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "2")
        await until(pilot, lambda: "Step 2 of 8" in screen_text(pilot.app.screen))
        date = pilot.app.screen.query_one("#field-started_at_setting Input", Input)
        await pilot.press(*"1/9", "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.focused, Link))
        await pilot.press("enter", *"01/09/2023", "tab")
        assert date.value == "01/09/2023"
        await pilot.press("shift+tab", "1")
        assert date.value == "01/09/20231"


async def test_help_on_a_question_has_its_label_once(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 50)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "2")
        await until(pilot, lambda: "Step 2 of 8" in screen_text(pilot.app.screen))
        label = pilot.app.screen.query(Question).first().definition.label
        await pilot.press("f1")
        await on_screen(pilot, "Help")
        assert dialog_text(pilot).count(label) == 1


async def test_answer_over_the_limit_is_kept_and_rejected_at_submit(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, **required_answers(me))
    async with portal(me).run_test(size=(80, 50)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "3")
        await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
        question = pilot.app.screen.query_one("#field-communication", Question)
        text = "There is a limit of 30000 characters. 30000 remaining"
        assert text in screen_text(pilot.app.screen)
        area = question.control
        assert isinstance(area, LongText)
        area.insert("x" * 30_000)
        await until(pilot, lambda: "characters. 0 remaining" in screen_text(pilot.app.screen))
        area.insert("y")
        await until(pilot, lambda: "30000 characters. 1 too many" in screen_text(pilot.app.screen))
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        assert len(str(read_answers(me, submission)["communication"])) == 30_001
        await choose(pilot, "#submit")
        await until(
            pilot, lambda: "must be 30,000 characters or less" in screen_text(pilot.app.screen)
        )
        await pilot.press("enter")
        await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
        assert pilot.app.focused is pilot.app.screen.query_one("#field-communication LongText")


def contact_names(me: Someone, submission: UUID) -> list[str | bool]:
    contacts = read_answers(me, submission)["contacts"]
    assert isinstance(contacts, list)
    return [entry.get("name", "") for entry in contacts]


async def test_entries_are_numbered_added_and_removed(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 100)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "7")
        await until(pilot, lambda: "None added yet." in screen_text(pilot.app.screen))
        for name in ("Dana", "Robin"):
            pilot.app.screen.query_one(".add").focus()
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.focused, Input))
            await pilot.press(*name)
        text = screen_text(pilot.app.screen)
        assert " 1  ◐ incomplete    Dana " in text
        assert "▾   2  ◐ incomplete    Robin " in text
        assert "Contact 2" in text
        pilot.app.screen.query_one("EntryList").focus()
        await pilot.press("up", "enter")
        await until(pilot, lambda: "Contact 1" in screen_text(pilot.app.screen))
        pilot.app.screen.query_one(".remove").focus()
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        assert "Delete Contact 1?" in screen_text(pilot.app.screen)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "Dana" not in screen_text(pilot.app.screen))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        await until(pilot, lambda: contact_names(me, submission) == ["Robin"])


async def test_form_is_submitted_from_the_summary(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    changes = required_answers(me)
    del changes["declaration"], changes["sharing"]
    save(me, submission, **changes, strengths="Ivo builds bridges.")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        await choose(pilot, "#submit")
        await until(pilot, lambda: "tick 'I agree'" in screen_text(pilot.app.screen))
        for name in ("declaration", "sharing"):
            await choose(pilot, f"#field-{name} Checkbox")
        await submit_anyway(pilot)
        await on_screen(pilot, "FormSubmitted")
        text = screen_text(pilot.app.screen)
        assert "Form Submitted" in text
        assert (
            "Thank you for submitting Professional Request for Statutory EHC Assessment for Ivo "
            "Larkspur-Dunne. The Local Authority will be in contact with you"
        ) in " ".join(text.split())
        assert "Your reference: " in text
        assert "13/04/2026" in text
        await pilot.press("enter")
        await on_screen(pilot, "Progress")
        await until(
            pilot, lambda: "✓ Submitted by you on 02/03/2026" in screen_text(pilot.app.screen)
        )


async def test_tick_just_before_submit_counts(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    save(me, submission, **{**required_answers(me), "sharing": False})
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        pilot.app.screen.query_one("#field-sharing Checkbox", Checkbox).toggle()
        pilot.app.screen.query_one("#submit", Button).press()
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "FormSubmitted")


async def test_character_count_scrolls_into_view(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "3")
        await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
        await pilot.press("tab", "tab")
        await until(
            pilot, lambda: "30000 characters. 30000 remaining" in screen_text(pilot.app.screen)
        )


async def test_enter_in_a_line_of_text_goes_to_the_next_field(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    save(me, submission, cycles=[{"id": "a", "who": "Ms Quill"}])
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "4")
        await until(pilot, lambda: "Step 4 of 8" in screen_text(pilot.app.screen))
        await pilot.press(*"01/09/2024", "enter", "enter")
        await until(pilot, lambda: bool(pilot.app.screen.query("#field-target-a")))
        await pilot.press(*"01/10/2024", "enter", *"Reads 20 words", "enter", *"Paired", "tab")
        await pilot.press(*" and Mx Reed", "enter", *"Daily", "enter", *"01/12/2024", "enter")
        await pilot.press(*"Reads 12")
        entry = {
            "id": "a",
            "started_on": "01/10/2024",
            "target": "Reads 20 words",
            "provision": "Paired",
            "who": "Ms Quill and Mx Reed",
            "frequency": "Daily",
            "reviewed_on": "01/12/2024",
            "impact": "Reads 12",
        }
        await until(pilot, lambda: read_answers(me, submission).get("cycles") == [entry])


async def test_long_text_is_entered_at_its_end(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    save(me, submission, cognition="Counts to ten.\nAdds.")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        await pilot.press("f2", "3")
        await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
        await pilot.press("tab", "tab", "tab", *" Slowly")
        text = pilot.app.screen.query_one("#field-cognition LongText", LongText).text
        assert text == "Counts to ten.\nAdds. Slowly"
