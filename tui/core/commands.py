"""Commands: bindings that define the key, footer, palette entry and help of an action."""

from __future__ import annotations

from textual.binding import Binding

_default_keys: dict[str, str] = {}


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
    return remappable(
        Binding(key, action, label, id=name, tooltip=help_text, show=show, priority=priority)
    )


def remappable(binding: Binding) -> Binding:
    """Register a binding as a command whose key the settings can change."""
    assert binding.id is not None  # noqa: S101 - required of the caller
    _default_keys[binding.id] = binding.key
    return binding


def default_key(name: str) -> str:
    """Return the default key of a command, or '' if the command does not exist."""
    return _default_keys.get(name, "")


def load_command_names() -> set[str]:
    """Return the names of all commands, after importing every module of the client."""
    from importlib import import_module
    from pkgutil import walk_packages

    package = import_module(__name__.partition(".")[0])
    for module in walk_packages(package.__path__, f"{package.__name__}."):
        import_module(module.name)
    return set(_default_keys)
