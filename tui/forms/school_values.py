"""Answers that a school's file offers for a form; only ticked ones are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from shared.forms.answers import Level, answered, check
from shared.forms.submissions import Answers
from shared.forms.summary import answer_text
from tui.core.commands import command
from tui.widgets.dialog import Action, Dialog, SecondaryAction
from tui.widgets.tick import Tick

if TYPE_CHECKING:
    from tui.forms.editor import FormEditor
    from tui.forms.state import FormState

LATER = "Not now: they are offered again when the form is opened, until you sign out."


def offered(state: FormState, values: dict[str, str]) -> dict[str, str]:
    """Return the values that the form asks for, has no answer to yet and would not refuse."""
    fields = [field.id for step in state.form.steps for field in step.fields]
    new = {
        name: values[name]
        for name in fields
        if name in values and not answered(state.answers.get(name))
    }
    together: Answers = {**state.answers, **new}
    refused = {
        finding.pointer.strip("/")
        for finding in check(state.form, together, state.facts)
        if finding.level is Level.INVALID
    }
    return {name: value for name, value in new.items() if name not in refused}


def offer_school_values(
    editor: FormEditor, state: FormState, take: Callable[[dict[str, str]], None]
) -> None:
    """Ask which of the values kept for the form's child to take, if there are any."""
    kept = editor.portal.session.school_values
    values = offered(state, kept.get(state.person, {})) if state.editable else {}
    if not values or not editor.is_on_top:
        return

    def on_answer(taken: dict[str, str] | None) -> None:
        if taken is not None:
            kept.pop(state.person, None)
            take(taken)

    editor.app.push_screen(SchoolValues(state, values), on_answer)


class SchoolValues(Dialog[dict[str, str]]):
    """The values with a tick each; returns those that are ticked, or None for later."""

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
        """Lay out the values above the ways on."""
        with Vertical(classes="dialog"):
            yield Static("Fill in from your school's file?", classes="title")
            text = f"It gave these for {self._state.person_name}. Each can be changed in the form."
            yield Static(text, classes="paragraph", markup=False)
            with VerticalScroll(classes="text", can_focus=False):
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
            self.dismiss({name: v for name, v in self._values.items() if name in ticks})
        else:
            self.action_close()

    def action_close(self) -> None:
        """Close, to be asked again."""
        self.dismiss(None)
