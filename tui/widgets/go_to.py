"""The go-to dialog, with a letter for each destination."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Key
from textual.widgets import Static

from shared.accounts import Staff
from shared.places import Place, PlaceKind
from tui.core.commands import command
from tui.widgets.dialog import Dialog
from tui.widgets.keyline import GAP, key_content, key_name

PADDING = 2
DESTINATIONS: dict[Staff | None, tuple[PlaceKind, ...]] = {
    None: (PlaceKind.HOME, PlaceKind.PEOPLE, PlaceKind.MESSAGES, PlaceKind.ACCOUNT),
    Staff.OFFICER: (
        *(PlaceKind.HOME, PlaceKind.CASES, PlaceKind.DIARY, PlaceKind.FIGURES),
        *(PlaceKind.MESSAGES, PlaceKind.ACCOUNT),
    ),
    Staff.SUPPORT: (PlaceKind.HOME, PlaceKind.SUPPORT, PlaceKind.MESSAGES, PlaceKind.ACCOUNT),
}
"""The destinations of each kind of account."""


def _go(name: str, key: str, kind: PlaceKind, label: str) -> Binding:
    return command(f"go.{name}", key, f"go('{kind}')", label, f"Go to {label}.")


COMMANDS = (
    _go("home", "h", PlaceKind.HOME, "Home"),
    _go("send", "s", PlaceKind.PEOPLE, "SEND"),
    _go("cases", "c", PlaceKind.CASES, "Cases"),
    _go("week", "w", PlaceKind.DIARY, "My week"),
    _go("figures", "f", PlaceKind.FIGURES, "Figures"),
    _go("support", "s", PlaceKind.SUPPORT, "Support desk"),
    _go("messages", "m", PlaceKind.MESSAGES, "Messages"),
    _go("account", "a", PlaceKind.ACCOUNT, "My Account"),
)


class GoTo(Dialog[Place]):
    """A line with the letter of each destination; any other key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *COMMANDS,
        command("go.close", "escape", "close", "close", "Stay here."),
    ]

    def __init__(self, staff: Staff | None) -> None:
        super().__init__()
        self._kinds = DESTINATIONS[staff]

    def compose(self) -> ComposeResult:
        """Lay out the destinations in place of the key hints."""
        yield Static(self._fit_entries(self.app.size.width - PADDING), id="letters")

    def on_resize(self) -> None:
        """Fit the destinations to the new width."""
        super().on_resize()
        self.query_one("#letters", Static).update(self._fit_entries(self.size.width - PADDING))

    def _fit_entries(self, width: int) -> Content:
        """Return the keys of the destinations in as many lines as they need."""
        lines = [Content("Go to:")]
        for active in self.active_bindings.values():
            binding = active.binding
            if active.enabled and binding.tooltip:
                entry = key_content(key_name(binding.key), binding.description)
                longer = Content(GAP).join([lines[-1], entry])
                lines[-1:] = [longer] if longer.cell_length <= width else [lines[-1], entry]
        return Content("\n").join(lines)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the destinations of this kind of account."""
        return action != "go" or parameters[0] in self._kinds

    def on_key(self, event: Key) -> None:
        """Close on any other key."""
        if event.key not in self.active_bindings:
            event.stop()
            self.dismiss(None)

    def action_go(self, kind: str) -> None:
        """Close and go to a place."""
        self.dismiss(Place(PlaceKind(kind)))

    def action_close(self) -> None:
        """Close and stay on the current screen."""
        self.dismiss(None)
