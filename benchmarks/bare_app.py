"""Baseline for P1: only Textual's header, an input and a footer."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer, Header, Input


class BareApp(App[None]):
    """A minimal app with the parts of a form."""

    TITLE = "Bare"
    BINDINGS: ClassVar[list[BindingType]] = [("ctrl+s", "save", "save it")]

    def compose(self) -> ComposeResult:
        """Yield the three widgets."""
        yield Header()
        yield Input(placeholder="Write here")
        yield Footer()

    def action_save(self) -> None:
        """Do nothing."""


if __name__ == "__main__":
    BareApp().run()
