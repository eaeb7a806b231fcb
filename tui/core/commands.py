"""Commands: one binding defines the key, the footer, the palette entry and the help."""

from __future__ import annotations

from textual.binding import Binding


def command(
    name: str,
    key: str,
    action: str,
    label: str,
    help_text: str,
    *,
    show: bool = True,
    priority: bool = False,
) -> Binding:
    """Define a command.

    `name` is the id by which settings remap its key, `label` its text in the footer, and
    `help_text` its description on the help screen and in the palette. With `priority`, the command
    runs before the focused widget sees the key, so keys typed right after it go to the new focus.
    """
    return Binding(key, action, label, id=name, tooltip=help_text, show=show, priority=priority)
