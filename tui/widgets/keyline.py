"""Key hints at the bottom of every screen."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from tui.core.commands import default_key

KEY_NAMES = {
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "space": "Space",
    "delete": "Del",
    "slash": "/",
    "question_mark": "?",
    "plus": "+",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}
DESCRIPTIONS = {"Dismiss menu": "close"}
"""Replacements for Textual's descriptions of its own commands."""
GAP = "  "
COMMAND = r"\{([a-z_]+(?:\.[a-z_]+)*)\}"
"""Pattern that is compiled when it is first used, after the first frame."""


def key_name(key: str) -> str:
    """Return the display name of a key, such as Ctrl+S, F1 or Esc."""
    *modifiers, last = key.split(",")[0].strip().split("+")
    name = KEY_NAMES.get(last, last if len(last) == 1 else last.capitalize())
    return "+".join(
        [*(key.capitalize() for key in modifiers), name.upper() if modifiers == ["ctrl"] else name]
    )


def name_keys(text: str, keymap: Mapping[str, str]) -> str:
    """Replace each command in braces, such as `{form.save}`, with the name of its key."""

    def replace_command(match: re.Match[str]) -> str:
        key = keymap.get(match[1]) or default_key(match[1])
        return key_name(key) if key else match[0]

    return re.sub(COMMAND, replace_command, text)


def key_content(key: str, label: str) -> Content:
    """Return a key and what it does, for a line of keys."""
    return Content.assemble((key, "bold $act"), f" {label}")


class KeyLine(Static):
    """The keys of the active commands, as far as they fit; the palette lists all."""

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._entries: list[tuple[str, str]] = []
        self.is_drawn = False
        """Whether the keys have been drawn on the terminal."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Render the line, and record whether the keys have been drawn."""
        lines = super().render_lines(crop)
        self.is_drawn = self.is_drawn or any(line.text.strip() for line in lines)
        return lines

    def on_mount(self) -> None:
        """Show the keys in the first frame, and subscribe to changes of the screen's bindings."""
        self._refresh(self.screen)
        self.screen.bindings_updated_signal.subscribe(self, self._refresh)

    def on_resize(self) -> None:
        """Fit the keys to the new width."""
        self._refresh(self.screen)

    def _refresh(self, _: Screen[object]) -> None:
        width = self.size.width or self.app.size.width
        entries = self._fit_entries(width - 2)
        if entries != self._entries:
            self._entries = entries
            line = Content(GAP).join(key_content(key, label) for key, label in entries)
            self.update(line, layout=False)

    def _fit_entries(self, width: int) -> list[tuple[str, str]]:
        entries: list[tuple[str, str]] = []
        seen_actions: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or not active.enabled or binding.action in seen_actions:
                continue
            seen_actions.add(binding.action)
            key = binding.key_display or key_name(active.binding.key)
            label = DESCRIPTIONS.get(binding.description, binding.description)
            entries.append((key, label))
        # The last two entries, help and the palette, are always shown. The way back, which every
        # screen has, takes the place of no other.
        back = [entry for entry in entries[:-2] if entry[0] == KEY_NAMES["escape"]]
        fitting, last = [entry for entry in entries[:-2] if entry not in back], entries[-2:]
        while fitting and not _fits(fitting + last, width):
            fitting.pop()
        with_back = [*fitting, *back, *last]
        return with_back if _fits(with_back, width) else fitting + last


def _fits(entries: list[tuple[str, str]], width: int) -> bool:
    return cell_len(GAP.join(map(" ".join, entries))) <= width
