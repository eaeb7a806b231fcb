"""The screen of the SEN2 details of a case, which says what would fail in the return now."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from shared.sen2 import Sen2Field, Sen2In, Sen2Out, Sen2Problem
from tui.core.commands import command
from tui.desk.send_errors import show_send_error
from tui.placements import api
from tui.placements.fields import choice_field, line_field
from tui.widgets.dialog import Action, SecondaryAction
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.screen import SEND_LINKS, PortalScreen
from tui.widgets.states import coloured_content

TITLE = "SEN2 details"
NO_PROBLEM = "✓ Nothing of this case would fail in the return now."


class Sen2Details(PortalScreen):
    """Shows what the return has of a case, what would fail, and what is entered for it."""

    CSS_PATH = "placements.tcss"
    LOCATION = "Cases"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "What the yearly SEN2 return needs and no form or event has. {sen2.save} saves it and "
        "checks the case again. Below the heading stands what would fail if the return were made "
        "today, and where to put it right."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("sen2.save", "ctrl+s", "send", "save", "Save and check the case again."),
    ]

    def __init__(self, case: str) -> None:
        super().__init__()
        self._case_id = UUID(case)
        self._shown: Sen2Out | None = None

    def body(self) -> ComposeResult:
        """Lay out the problems above the fields."""
        yield Static(TITLE, classes="title", markup=False)
        yield Static("", id="facts", classes="hint", markup=False)
        yield Static("", id="problems")
        yield ErrorSummary()
        yield Vertical(id="fields")
        with Horizontal(classes="actions"):
            yield Action("Save", id="send")
            yield SecondaryAction("Back", id="back")

    def on_mount(self) -> None:
        """Read the details."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        shown = await api.read_sen2(self.portal.client, self._case_id)
        self.set_location(f"Cases › {shown.child}")
        await self.query_one("#fields").mount_all([create_field(field) for field in shown.fields])
        self._show(shown)
        self.query("#fields Field").first(Field).control.focus(scroll_visible=False)

    def _show(self, shown: Sen2Out) -> None:
        self._shown = shown
        self.query_one("#facts", Static).update(" · ".join(shown.facts))
        lines = [f"✗ {_problem_text(problem)}" for problem in shown.problems]
        self.query_one("#problems", Static).update(
            coloured_content("\n".join(lines) if lines else NO_PROBLEM)
        )

    def _changes(self) -> dict[str, str]:
        if self._shown is None:
            return {}
        values = {
            field.name: self.query_one(f"#field-{field.name}", Field).value.strip()
            for field in self._shown.fields
        }
        return {f.name: values[f.name] for f in self._shown.fields if values[f.name] != f.value}

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Save what was changed."""
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), [], "")
        if self._changes():
            self.send(self._save(), lambda error: show_send_error(self, error))
        elif self._shown is not None:
            self.notify("Nothing was changed.", markup=False)

    async def _save(self) -> None:
        self._show(
            await api.save_sen2(self.portal.client, self._case_id, Sen2In(answers=self._changes()))
        )
        self.notify("Saved.", markup=False)
        self.query_one("#body").scroll_home(animate=False)

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Leave, asking first if something is not saved."""
        super().action_back()

    @property
    def has_unsaved_input(self) -> bool:
        """Whether leaving would lose changes."""
        return bool(self._changes())


def _problem_text(problem: Sen2Problem) -> str:
    """Return what is wrong, with where it is put right, unless that is this screen."""
    return problem.what if problem.where == TITLE else f"{problem.what} → {problem.where}"


def create_field(field: Sen2Field) -> Field:
    """Create the field of a detail, with its value; what is derived is shown above it."""
    hint = field.help if field.derived and not field.value else ""
    if not field.options:
        return line_field(field.name, field.label, field.value, hint=hint, help_text=field.help)
    options = [(f"{code} – {label}", code) for code, label in field.options.items()]
    # A code of an earlier list is shown as it is, so that it can be replaced.
    if field.value and field.value not in field.options:
        options.append((field.value, field.value))
    return choice_field(
        field.name, field.label, options, field.value, hint=hint, help_text=field.help
    )
