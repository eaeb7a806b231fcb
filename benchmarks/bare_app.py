"""The baseline of P1: nothing but Textual's own header, one input and a footer."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer, Header, Input


class BareApp(App[None]):
    """As little as has a form's parts."""

    TITLE = "Bare"
    BINDINGS: ClassVar[list[BindingType]] = [("ctrl+s", "save", "save it")]

    def compose(self) -> ComposeResult:
        """The three."""
        yield Header()
        yield Input(placeholder="Write here")
        yield Footer()

    def action_save(self) -> None:
        """Do nothing."""


if __name__ == "__main__":
    BareApp().run()
