"""Base class of the sections of My Account."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui.accounts.fields import show_errors_at_fields
from tui.core.errors import PortalError, Refused
from tui.core.portal import Portal
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.screen import PortalScreen


class Section(Vertical):
    """A section of My Account, which shows errors at its fields.

    Subclasses with `SAVES` set implement `save`.
    """

    SAVES: ClassVar[bool] = False

    @property
    def portal(self) -> Portal:
        """The app, as the `Portal` protocol."""
        return cast("Portal", self.app)

    def call(
        self,
        work: Coroutine[object, object, None],
        on_error: Callable[[PortalError], None] | None = None,
    ) -> None:
        """Run a request to the server in a worker of the screen."""
        cast("PortalScreen", self.screen).call(work, group=self.id or "call", on_error=on_error)

    def send(self, work: Coroutine[object, object, None]) -> None:
        """Send the fields, unless they are already being sent."""
        cast("PortalScreen", self.screen).send(work, self.show_refusal)

    def save(self) -> None:
        """Check the fields and send them."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Focus the first field, link or button."""
        first = next((widget for widget in self.query("*").results() if widget.focusable), None)
        if first is not None:
            first.focus()

    def fields(self) -> list[Field]:
        """Return the section's fields."""
        return list(self.query(Field))

    def show_errors(self, errors: Iterable[tuple[str, str]]) -> None:
        """Show errors in the summary above the section."""
        self.query_one(ErrorSummary).show(list(errors))

    def show_refusal(self, error: PortalError) -> None:
        """Show an error at its fields, or as a notification if it names none."""
        errors = (
            show_errors_at_fields(self.fields(), error.errors) if isinstance(error, Refused) else []
        )
        if errors:
            self.show_errors(errors)
        else:
            self.portal.show_error(error)

    async def refresh_section(self) -> None:
        """Refresh the section when it is selected; does nothing by default."""


class ProviderSection(Section):
    """Says that email address, password and second step belong to another sign-in."""

    def __init__(self, name: str) -> None:
        super().__init__(id=name)

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Static(
            "You sign in with your organisation's own account. Its email address, password and "
            "second step can only be changed there.",
            classes="notice",
            markup=False,
        )
