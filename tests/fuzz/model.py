"""A plain string model of the text and cursor expected after an operation."""

import re
from dataclasses import dataclass

from rich.cells import cell_len
from wcwidth import iter_graphemes

from tests.fuzz.operations import Operation

Span = tuple[int, int]
"""Start and end offset of a selection in the text."""


def boundaries(line: str) -> set[int]:
    """Return the columns where the cursor can be: between grapheme clusters."""
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


def snap(text: str, offset: int) -> int:
    """Return the first offset at or after this one where the cursor can be."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:].split("\n", 1)[0]
    return start + min(column for column in boundaries(line) if column >= offset - start)


@dataclass
class Model:
    """A text as a string, and the clipboard."""

    text: str = ""
    clipboard: str = ""

    def expect(self, operation: Operation, span: Span) -> tuple[str | None, int | None]:
        """Return the text and cursor after an operation; None where the model cannot say."""
        start, end = sorted(span)
        match operation:
            case ("type", str(added)):
                typed = Model(self.text)
                for character in added:
                    text, end = typed._replace(start, end, character)
                    typed, start = Model(text), end
                return typed.text, end
            case ("paste", str(added)):
                return self._replace(start, end, added)
            case ("at once", _):
                return None, None
            case ("load", str(added)):
                return added, None
            case ("key", "enter"):
                return self._replace(start, end, "\n")
            case ("key", "ctrl+v"):
                return self._replace(start, end, self.clipboard)
            case ("key", "backspace"):
                return self._replace(start if start < end else self._before(start), end, "")
            case ("key", "delete"):
                return self._replace(start, end if start < end else self._after(end), "")
            case ("key", "ctrl+x") if start < end:
                self.clipboard = self.text[start:end]
                return self._replace(start, end, "")
            case ("key", "ctrl+c") if start < end:
                self.clipboard = self.text[start:end]
                return self.text, end if span[1] == end else start
            case ("key", "ctrl+x" | "ctrl+w" | "ctrl+k" | "ctrl+u" | "ctrl+z" | "ctrl+y"):
                return None, None
            case ("key", str(key)):
                return self.text, self._move(key, span)
            case _:
                return self.text, None

    def _move(self, key: str, span: Span) -> int | None:
        start, end = sorted(span)
        match key:
            case "left":
                return start if start < end else self._before(start)
            case "right":
                return end if start < end else self._after(end)
            case "shift+left":
                return self._before(span[1])
            case "shift+right":
                return self._after(span[1])
            case "ctrl+home":
                return 0
            case "ctrl+end" | "ctrl+a":
                return len(self.text)
            case _:
                return None

    def _replace(self, start: int, end: int, added: str) -> tuple[str, int]:
        text = self.text[:start] + added + self.text[end:]
        return text, snap(text, start + len(added))

    def _before(self, offset: int) -> int:
        start = self.text.rfind("\n", 0, offset) + 1
        if offset == start:
            return max(0, offset - 1)
        line = self.text[start:].split("\n", 1)[0]
        return start + max(column for column in boundaries(line) if column < offset - start)

    def _after(self, offset: int) -> int:
        return snap(self.text, min(offset + 1, len(self.text)))
