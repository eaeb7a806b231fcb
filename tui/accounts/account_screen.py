"""Base class and fields of the account screens."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input

from shared.places import Place, PlaceKind
from tui.core.commands import command
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.line_input import PasswordInput
from tui.widgets.screen import SIGNED_OUT_LINKS, PortalScreen

if TYPE_CHECKING:
    from shared.accounts import SignInProvider

STYLES = Path(__file__).with_name("accounts.tcss")
"""Styles of account screens, as an absolute path for subclasses in other packages."""


class AccountScreen(PortalScreen):
    """Base class of the account screens."""

    LINKS: ClassVar[tuple[tuple[str, Place], ...]] = SIGNED_OUT_LINKS
    CSS_PATH: ClassVar[Path | list[str | PurePath]] = STYLES
    # Rows of buttons would be cut off below 80 columns.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        command("mailbox", "f4", "mailbox", "mailbox", "Read the emails that the demo sent."),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the mailbox only in the demo."""
        if action == "mailbox":
            return bool(self.portal.info and self.portal.info.demo)
        return True

    def action_mailbox(self) -> None:
        """Open the demo's mailbox."""
        self.portal.navigation.open_place(Place(PlaceKind.DEMO_MAILBOX))


class PasswordField(Field):
    """A password field, masked until Show is clicked or its key pressed.

    Show is not in the tab order, so that Tab and Enter go from one field to the next.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        command("password.show", "f6", "show", "show or hide", "Show or hide the password."),
    ]

    def __init__(self, name: str, label: str, *, hint: str = "", help_text: str = "") -> None:
        control = PasswordInput(password=True)
        super().__init__(name, label, control, required=True, hint=hint, help_text=help_text)

    def compose(self) -> ComposeResult:
        """Lay out the field with a Show link beside the input."""
        for widget in super().compose():
            if widget is self.control:
                with Horizontal(classes="password"):
                    yield widget
                    show = Link("Show", classes="show")
                    show.can_focus = False
                    yield show
            else:
                yield widget

    def clear(self) -> None:
        """Clear the input."""
        assert isinstance(self.control, Input)  # noqa: S101 - set in __init__
        self.control.value = ""

    @on(Link.Chosen, ".show")
    def _show_clicked(self, event: Link.Chosen) -> None:
        event.stop()
        self.action_show()

    def action_show(self) -> None:
        """Show or hide the password."""
        assert isinstance(self.control, Input)  # noqa: S101 - set in __init__
        self.control.password = not self.control.password
        self.query_one(".show", Link).update("Show" if self.control.password else "Hide")


class ProviderLink(Link):
    """A link to sign in by a provider instead of a password."""

    def __init__(self, provider: SignInProvider) -> None:
        super().__init__(f"Sign in with {provider.label}", classes="provider")
        self.provider = provider


def require_answers(fields: Iterable[Field]) -> list[tuple[str, str]]:
    """Show an error at each empty required field, and return the errors."""
    errors = []
    for field in fields:
        message = ""
        if field.required and not field.value.strip():
            verb = "Choose" if not isinstance(field.control, Input) else "Enter"
            label = f"{field.label[0].lower()}{field.label[1:]}"
            if label.startswith("confirm "):
                verb, label = "Confirm", label.removeprefix("confirm ")
            message = f"{verb} your {label}."
            errors.append((field.name or "", message))
        field.show_error(message)
    return errors
