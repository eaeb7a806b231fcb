"""Validation of the keys in the settings file."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches

from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from tui.core.commands import load_command_names
from tui.core.settings import Settings

MODIFIERS = {"ctrl", "shift", "alt", "super", "meta", "hyper"}
NAMED_KEYS = {key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values())


def find_key_problems(settings: Settings) -> list[str]:
    """Describe unknown commands and keys in the settings; imports the whole client."""
    if not settings.keys:
        return []
    problems = []
    names = load_command_names()
    for name, keys in settings.keys.items():
        location = settings.locate_key(name)
        if name not in names:
            similar = "".join(
                f" Did you mean '{match}'?" for match in get_close_matches(name, names, 1)
            )
            problems.append(f"{location}: there is no command '{name}' to give a key to.{similar}")
        problems += [
            f"{location}: '{key}' is not the name of a key. Write it as in f12, ctrl+s or slash."
            for key in keys.split(",")
            if not is_key(key)
        ]
    return problems


def is_key(name: str) -> bool:
    """Return whether Textual has a key with the given name."""
    if name in NAMED_KEYS:
        return True
    *modifiers, last = name.split("+")
    if not set(modifiers) <= MODIFIERS:
        return False
    if last in NAMED_KEYS or (len(last) == 1 and last.isalnum()):
        return True
    try:
        unicodedata.lookup(last.replace("_", " "))
    except KeyError:
        return False
    return last.islower()
