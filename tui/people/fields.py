"""Fields for the questions about a child."""

from __future__ import annotations

from textual.suggester import SuggestFromList
from textual.widgets import Input, Select

from shared.people import NOT_ON_ROLL
from tui.people.questions import MAX_LENGTH, PersonQuestion
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field
from tui.widgets.line_input import DateInput, LineInput


def create_field(question: PersonQuestion, text: str = "") -> Field:
    """Create the field of a question."""
    control: Input | Select[str]
    if question.options:
        default = "no" if question.options[0][1] == "no" else Select.NULL
        control = ChoiceList(
            question.options, value=text or default, allow_blank=default != "no", compact=True
        )
    else:
        suggester = SuggestFromList([NOT_ON_ROLL], case_sensitive=False)
        control = (DateInput if question.name == "born" else LineInput)(
            text,
            max_length=MAX_LENGTH,
            compact=True,
            suggester=suggester if question.name == "school" else None,
        )
    return Field(
        question.name,
        question.label,
        control,
        required=bool(question.missing),
        hint=question.hint,
        help_text=question.help,
    )
