"""Confirmation screen of a submission, with its reference and next steps."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from shared.forms.submissions import Confirmation
from shared.places import Place, PlaceKind
from shared.values.days import format_day, london_day
from tui.core.commands import command
from tui.forms import texts
from tui.widgets.dialog import Action, SecondaryAction
from tui.widgets.screen import SEND_LINKS, PortalScreen
from tui.widgets.states import coloured_content

if TYPE_CHECKING:
    from tui.forms.state import FormState


class FormSubmitted(PortalScreen):
    """Confirmation of a submission; Finish goes to the child's progress page."""

    CSS_PATH = "forms.tcss"
    LINKS = SEND_LINKS
    LOCATION = "SEND"
    HELP_TEXT = (
        "The form is with the Local Authority. Save a copy keeps what you sent, with a receipt of "
        "when it was received. Finish goes to the child's progress page."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("form.copy", "ctrl+s", "save_copy", "save a copy", texts.COPY_HELP),
    ]

    def __init__(self, confirmation: Confirmation, form: FormState) -> None:
        super().__init__()
        self._confirmation = confirmation
        self._submission, self._person = form.id, form.person

    def body(self) -> ComposeResult:
        """Lay out the confirmation, the reference and the next steps."""
        confirmation = self._confirmation
        yield Static(coloured_content("✓ Form Submitted"), classes="title")
        note = (
            f" This is version {confirmation.number}; the earlier ones are kept."
            if confirmation.number > 1
            else ""
        )
        yield Static(
            f"Thank you for submitting {confirmation.form_title} for {confirmation.person_name}. "
            f"The Local Authority will be in contact with you in the future regarding this.{note}",
            classes="paragraph",
            markup=False,
        )
        yield Static(
            f"Your reference: {confirmation.reference}",
            id="reference",
            classes="title",
            markup=False,
        )
        if confirmation.decision_due:
            yield Static("What happens next", classes="title next")
            yield Static(
                next_steps_text(confirmation, confirmation.decision_due),
                classes="paragraph",
                markup=False,
            )
        with Horizontal(classes="actions"):
            yield Action("Finish", id="finish")
            yield SecondaryAction("Save a copy", id="copy")

    def on_mount(self) -> None:
        """Focus Finish."""
        self.query_one("#finish").focus()

    @on(Button.Pressed, "#copy")
    def action_save_copy(self) -> None:
        """Offer to save a copy of the submitted version."""
        from tui.forms.copies import save_form_copy

        confirmation = self._confirmation
        self.app.push_screen(
            save_form_copy(self._submission, confirmation.reference, confirmation.number)
        )

    @on(Button.Pressed, "#finish")
    def action_back(self) -> None:
        """Go to the child's progress page."""
        self.portal.navigation.open_place(Place(PlaceKind.PEOPLE))
        self.portal.navigation.open_place(PlaceKind.PERSON.of(self._person))


def next_steps_text(confirmation: Confirmation, due: date) -> str:
    """Return the next steps, with the date by which the decision is or was due."""
    if due < london_day(confirmation.submitted_at):
        decision_text = (
            f"The decision whether to assess was due by {format_day(due)}, and is still to come."
        )
    else:
        decision_text = (
            "The Local Authority decides whether to assess within 6 weeks of the request: by "
            f"{format_day(due)}."
        )
    return f"{decision_text} You can edit what you sent until it has decided."
