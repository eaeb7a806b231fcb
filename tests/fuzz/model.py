"""What a text and its cursor should be after an operation, by the plainest means."""

import re
from dataclasses import dataclass

from rich.cells import cell_len
from wcwidth import iter_graphemes

from tests.fuzz.operations import Operation

Place = tuple[int, int]
"""The offsets in the text at which a selection starts and ends."""


def boundaries(line: str) -> set[int]:
    """The columns at which the cursor can stand: between what a reader calls characters."""
    columns = {0}
    for word in re.finditer(r"\S+|\s", line):
        column = word.start()
        columns.add(column)
        for cluster in iter_graphemes(word.group()):
            if cell_len(cluster):
                columns.add(column)
            column += len(cluster)
        columns.add(word.end())
    return columns


def snapped(text: str, offset: int) -> int:
    """The first place at or after an offset at which the cursor can stand."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:].split("\n", 1)[0]
    return start + min(column for column in boundaries(line) if column >= offset - start)


@dataclass
class Model:
    """A text as a string, and what was copied from it."""

    text: str = ""
    clipboard: str = ""

    def expect(self, operation: Operation, place: Place) -> tuple[str | None, int | None]:
        """The text and the cursor after an operation; None where the model does not know."""
        start, end = sorted(place)
        match operation:
            case ("type", str(added)):
                typed = Model(self.text)
                for character in added:
                    text, end = typed._replaced(start, end, character)
                    typed, start = Model(text), end
                return typed.text, end
            case ("paste", str(added)):
                return self._replaced(start, end, added)
            case ("at once", _):
                return None, None
            case ("load", str(added)):
                return added, None
            case ("key", "enter"):
                return self._replaced(start, end, "\n")
            case ("key", "ctrl+v"):
                return self._replaced(start, end, self.clipboard)
            case ("key", "backspace"):
                return self._replaced(start if start < end else self._before(start), end, "")
            case ("key", "delete"):
                return self._replaced(start, end if start < end else self._after(end), "")
            case ("key", "ctrl+x") if start < end:
                self.clipboard = self.text[start:end]
                return self._replaced(start, end, "")
            case ("key", "ctrl+c") if start < end:
                self.clipboard = self.text[start:end]
                return self.text, end if place[1] == end else start
            case ("key", "ctrl+x" | "ctrl+w" | "ctrl+k" | "ctrl+u" | "ctrl+z" | "ctrl+y"):
                return None, None
            case ("key", str(key)):
                return self.text, self._moved(key, place)
            case _:
                return self.text, None

    def _moved(self, key: str, place: Place) -> int | None:
        start, end = sorted(place)
        match key:
            case "left":
                return start if start < end else self._before(start)
            case "right":
                return end if start < end else self._after(end)
            case "shift+left":
                return self._before(place[1])
            case "shift+right":
                return self._after(place[1])
            case "ctrl+home":
                return 0
            case "ctrl+end" | "ctrl+a":
                return len(self.text)
            case _:
                return None

    def _replaced(self, start: int, end: int, added: str) -> tuple[str, int]:
        text = self.text[:start] + added + self.text[end:]
        return text, snapped(text, start + len(added))

    def _before(self, offset: int) -> int:
        start = self.text.rfind("\n", 0, offset) + 1
        if offset == start:
            return max(0, offset - 1)
        line = self.text[start:].split("\n", 1)[0]
        return start + max(column for column in boundaries(line) if column < offset - start)

    def _after(self, offset: int) -> int:
        return snapped(self.text, min(offset + 1, len(self.text)))
