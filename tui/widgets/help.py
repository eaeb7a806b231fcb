"""Help dialog: help on the focused widget, and the active keys."""

from __future__ import annotations

from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static

from tui.core.commands import command
from tui.core.portal import Portal
from tui.widgets.dialog import Dialog, DialogBody
from tui.widgets.keyline import key_name


class Help(Dialog[None]):
    """Shows the help texts of the focused widget and its ancestors, then the commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        command("help.close", "escape,f1,enter", "close", "close", "Close the help."),
    ]

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self._texts = list(_help_texts(screen))
        by_action = {active.binding.action: active.binding for active in _active_bindings(screen)}
        names = {
            binding.key_display or key_name(binding.key): binding.tooltip
            for binding in by_action.values()
        }
        self._keys = names
        self._key_width = max(map(len, names), default=0) + 1

    def compose(self) -> ComposeResult:
        """Lay out the texts above the keys."""
        with_keys = cast("Portal", self.app).with_keys
        with Vertical(classes="dialog"):
            yield Static("Help", classes="title", markup=False)
            with DialogBody(classes="text"):
                for text in self._texts:
                    yield Static(with_keys(text), classes="paragraph", markup=False)
                yield Static("Keys", classes="title", markup=False)
                for name, tooltip in self._keys.items():
                    with Horizontal(classes="key"):
                        key = Static(name, markup=False)
                        key.styles.width = self._key_width
                        yield key
                        yield Static(tooltip, classes="tooltip", markup=False)
                yield Static(with_keys("\n{help.close} closes this help."), markup=False)

    def on_mount(self) -> None:
        """Focus the text, so that the arrow keys scroll it."""
        self.query_one(DialogBody).focus()

    def action_close(self) -> None:
        """Close the help."""
        self.dismiss(None)


def _active_bindings(screen: Screen[object]) -> list[ActiveBinding]:
    return [a for a in screen.active_bindings.values() if a.enabled and a.binding.tooltip]


def _help_texts(screen: Screen[object]) -> list[str]:
    texts: list[str] = []
    node = screen.focused
    if node is not None:
        for ancestor in node.ancestors_with_self:
            label = getattr(ancestor, "label", "")
            text = getattr(ancestor, "help_text", "")
            if isinstance(text, str) and text:
                texts.append(f"{label}\n{text}" if isinstance(label, str) and label else text)
    general = getattr(screen, "HELP_TEXT", "")
    return [*texts, general] if general else texts
