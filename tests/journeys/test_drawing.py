"""The terminal shows all of a screen after it was scrolled and laid out again."""

from uuid import UUID

from tests.journeys.conftest import OpenForm
from tests.parts import Someone
from tests.tui.forms.filling import required_answers, save


def test_errors_above_a_scrolled_summary_are_drawn_whole(
    open_form: OpenForm, me: Someone, submission: UUID
) -> None:
    answers = required_answers(me)
    del answers["declaration"], answers["sharing"]
    save(me, submission, **answers)
    terminal = open_form().terminal
    terminal.press("f2", "8")
    terminal.wait_for("Step 8 of 8")
    terminal.wait_until_idle()
    terminal.press("ctrl+s")
    terminal.wait_for_focus("[ Submit ]")
    terminal.wait_until_idle()
    terminal.press("enter")
    terminal.wait_for_focus("✗ Declaration: read the text, then tick 'I agree'.")
    lines = [line.strip(" ▸▃") for line in terminal.text.splitlines()]
    assert lines[3:6] == [
        "There is a problem",
        "✗ Declaration: read the text, then tick 'I agree'.",
        "✗ Terms and Conditions: read the text, then tick 'I agree'.",
    ]
    assert "Please review your responses before you submit the form." in lines
