"""Fields of the dialogs about settings and the placement of a case."""

from __future__ import annotations

from collections.abc import Iterable

from shared.placements import REFUSAL_GROUNDS, RefusalGround
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput

GROUND_HELP = "One of the three in section 39; only for a no."


def choice_field(
    name: str,
    label: str,
    options: Iterable[tuple[str, str]],
    value: str = "",
    *,
    required: bool = False,
    hint: str = "",
    help_text: str = "",
) -> Field:
    """Create a field for one of a list, blank unless a value is passed."""
    if value:
        control = ChoiceList(options, value=value, prompt="Please select", compact=True)
    else:
        control = ChoiceList(options, prompt="Please select", compact=True)
    return Field(name, label, control, required=required, hint=hint, help_text=help_text)


def line_field(
    name: str,
    label: str,
    value: str = "",
    *,
    required: bool = False,
    hint: str = "",
    help_text: str = "",
) -> Field:
    """Create a field for one line of text."""
    control = LineInput(value, max_length=200, compact=True)
    return Field(name, label, control, required=required, hint=hint, help_text=help_text)


def ground_field(ground: RefusalGround | None, label: str) -> Field:
    """Create the field for the ground of a refusal."""
    options = [(label, key.value) for key, label in REFUSAL_GROUNDS.items()]
    return choice_field("ground", label, options, ground or "", help_text=GROUND_HELP)
