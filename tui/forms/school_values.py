"""Offers answers from a school's file for a form; only ticked ones are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from shared.forms.answers import Level, check, is_answered
from shared.forms.submissions import Answers
from shared.forms.summary import answer_text
from tui.core.commands import command
from tui.widgets.dialog import Action, Dialog, DialogBody, SecondaryAction
from tui.widgets.tick import Tick

if TYPE_CHECKING:
    from tui.forms.state import FormState
    from tui.widgets.screen import PortalScreen

LATER = "Not now: they are offered again when the form is opened, until you sign out."


def values_to_offer(state: FormState, values: dict[str, str]) -> dict[str, str]:
    """Return the values that are valid answers to unanswered questions of the form."""
    fields = [field.id for step in state.form.steps for field in step.fields]
    unanswered = {
        name: values[name]
        for name in fields
        if name in values and not is_answered(state.answers.get(name))
    }
    combined: Answers = {**state.answers, **unanswered}
    rejected = {
        finding.pointer.strip("/")
        for finding in check(state.form, combined, state.facts)
        if finding.level is Level.INVALID
    }
    return {name: value for name, value in unanswered.items() if name not in rejected}


def offer_school_values(
    editor: PortalScreen, state: FormState, apply: Callable[[dict[str, str]], None]
) -> None:
    """Ask which values from the school's file of the child to use, if there are any."""
    school_values = editor.portal.session.school_values
    values = values_to_offer(state, school_values.get(state.person, {})) if state.editable else {}
    if not values or not editor.is_on_top:
        return

    def on_answer(accepted: dict[str, str] | None) -> None:
        if accepted is not None:
            school_values.pop(state.person, None)
            apply(accepted)

    editor.app.push_screen(SchoolValues(state, values), on_answer)


class SchoolValues(Dialog[dict[str, str]]):
    """Lists the values with checkboxes; returns the ticked ones, or None for later."""

    AUTO_FOCUS = "#use"
    DEFAULT_CSS = """
    SchoolValues Tick { width: 100%; height: auto; text-wrap: wrap; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        command("offer.close", "escape", "close", "not now", LATER),
        Binding("up", "app.focus_previous", "up", show=False),
        Binding("down", "app.focus_next", "down", show=False),
    ]

    def __init__(self, state: FormState, values: dict[str, str]) -> None:
        super().__init__()
        self._state = state
        self._values = values

    def compose(self) -> ComposeResult:
        """Lay out the values above the buttons."""
        with Vertical(classes="dialog"):
            yield Static("Fill in from your school's file?", classes="title")
            text = f"It gave these for {self._state.person_name}. Each can be changed in the form."
            yield Static(text, classes="paragraph", markup=False)
            with DialogBody(classes="text", can_focus=False):
                for name, value in self._values.items():
                    field = self._state.form.field(name)
                    yield Tick(f"{field.label}: {answer_text(field, value, {})}", True, id=name)
            with Horizontal(classes="actions"):
                yield Action("Use these", id="use")
                yield SecondaryAction("Not now", id="later")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "use":
            ticks = {tick.id for tick in self.query(Tick) if tick.value}
            self.dismiss({name: value for name, value in self._values.items() if name in ticks})
        else:
            self.action_close()

    def action_close(self) -> None:
        """Close, so that the values are offered again."""
        self.dismiss(None)
