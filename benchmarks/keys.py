"""Type keys into text areas of several programs, for P3 and P4."""

import shutil
from pathlib import Path

from benchmarks.prose import prose
from benchmarks.terminal import KeyResponse, open_terminal, python

FULL = 29_000
COUNT = 11


def textual(module: str, characters: int, place: str) -> list[str]:
    """Return the command that runs a Textual program with text of this length."""
    return python(module, characters, place)


def vim(folder: Path) -> list[str] | None:
    """Return a vim command that inserts at the end of the full text; None without vim."""
    path = shutil.which("vim")
    if path is None:
        return None
    file = folder / "text"
    file.write_text(prose(FULL))
    return [path, "-u", "NONE", "-N", "-i", "NONE", "-n", "+startinsert!", str(file)]


def type_keys(command: list[str], home: Path) -> list[KeyResponse]:
    """Start a program whose text has the focus, and type into it."""
    with open_terminal(command, home) as terminal:
        terminal.wait_for_output()
        return terminal.type_letters(COUNT)
