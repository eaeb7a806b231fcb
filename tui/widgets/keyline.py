"""The line at the foot of every screen: its keys, none of them ever cut."""

from __future__ import annotations

from rich.cells import cell_len
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

NAMES = {
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "space": "Space",
    "delete": "Del",
    "slash": "/",
    "plus": "+",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}
OTHERS = {"Dismiss menu": "close"}
"""What Textual's own lists call a command, and what it is called here."""
GAP = "  "


def key_name(key: str) -> str:
    """Write a key as keyboards and manuals do: Ctrl+S, F1, Esc."""
    *held, last = key.split(",")[0].strip().split("+")
    name = NAMES.get(last, last if len(last) == 1 else last.capitalize())
    return "+".join(
        [*(one.capitalize() for one in held), name.upper() if held == ["ctrl"] else name]
    )


class KeyLine(Static):
    """Shows the keys of the commands in force; what has no room stays whole in the palette."""

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._words = ""
        self.drawn = False
        """Whether the keys stand on the terminal."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw, and note that the keys were."""
        lines = super().render_lines(crop)
        self.drawn = self.drawn or any(line.text.strip() for line in lines)
        return lines

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._refresh)

    def on_resize(self) -> None:
        """Fit the keys to the new width."""
        self._refresh(self.screen)

    def _refresh(self, _: Screen[object]) -> None:
        words = self._fitting(self.size.width - 2)
        if words != self._words:
            self._words = words
            self.update(words)

    def _fitting(self, width: int) -> str:
        entries: list[str] = []
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or not active.enabled or binding.action in seen:
                continue
            seen.add(binding.action)
            key = binding.key_display or key_name(active.binding.key)
            entries.append(f"{key} {OTHERS.get(binding.description, binding.description)}")
        # The last two, help and everything else, are never left out.
        kept, last = entries[:-2], entries[-2:]
        while kept and cell_len(GAP.join(kept + last)) > width:
            kept.pop()
        return GAP.join(kept + last)
