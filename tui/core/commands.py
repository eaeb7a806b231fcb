"""A command, defined once: its binding feeds the key, the footer, the palette and the help."""

from __future__ import annotations

from textual.binding import Binding


def command(
    name: str,
    key: str,
    action: str,
    label: str,
    help_text: str,
    *,
    shown: bool = True,
    first: bool = False,
) -> Binding:
    """Define a command.

    `name` is the id by which settings remap its key, `label` what the footer says after the
    key, `help_text` the sentence of the help screen and the palette. `first` acts before what has
    the focus sees the key, so that the keys behind it in a burst go where it leads.
    """
    return Binding(key, action, label, id=name, tooltip=help_text, show=shown, priority=first)
