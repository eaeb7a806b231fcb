"""String model that predicts the text and cursor after an operation."""

import re
from dataclasses import dataclass

from rich.cells import cell_len
from wcwidth import iter_graphemes

from tests.fuzz.operations import Operation

Span = tuple[int, int]
"""Start and end offset of a selection in the text."""


def cursor_columns(line: str) -> set[int]:
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
    """Return the first offset, at or after `offset`, where the cursor can be."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:].split("\n", 1)[0]
    return start + min(column for column in cursor_columns(line) if column >= offset - start)


@dataclass
class Model:
    """The expected text and clipboard."""

    text: str = ""
    clipboard: str = ""

    def expect(self, operation: Operation, span: Span) -> tuple[str | None, int | None]:
        """Return the text and cursor after an operation; None where the model predicts nothing."""
        start, end = sorted(span)
        match operation:
            case ("type", str(new_text)):
                model = Model(self.text)
                for character in new_text:
                    text, end = model._replace(start, end, character)
                    model, start = Model(text), end
                return model.text, end
            case ("paste", str(new_text)):
                return self._replace(start, end, new_text)
            case ("at once", _):
                return None, None
            case ("load", str(new_text)):
                return new_text, None
            case ("key", "enter"):
                return self._replace(start, end, "\n")
            case ("key", "ctrl+v"):
                return self._replace(start, end, self.clipboard)
            case ("key", "backspace"):
                return self._replace(
                    start if start < end else self._previous_offset(start), end, ""
                )
            case ("key", "delete"):
                return self._replace(start, end if start < end else self._next_offset(end), "")
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
                return start if start < end else self._previous_offset(start)
            case "right":
                return end if start < end else self._next_offset(end)
            case "shift+left":
                return self._previous_offset(span[1])
            case "shift+right":
                return self._next_offset(span[1])
            case "ctrl+home":
                return 0
            case "ctrl+end" | "ctrl+a":
                return len(self.text)
            case _:
                return None

    def _replace(self, start: int, end: int, new_text: str) -> tuple[str, int]:
        text = self.text[:start] + new_text + self.text[end:]
        return text, snap(text, start + len(new_text))

    def _previous_offset(self, offset: int) -> int:
        start = self.text.rfind("\n", 0, offset) + 1
        if offset == start:
            return max(0, offset - 1)
        line = self.text[start:].split("\n", 1)[0]
        return start + max(column for column in cursor_columns(line) if column < offset - start)

    def _next_offset(self, offset: int) -> int:
        return snap(self.text, min(offset + 1, len(self.text)))
