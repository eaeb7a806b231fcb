"""Type keys into the text areas of several programs, for P3 and P4."""

import shutil
from pathlib import Path

from benchmarks.prose import prose
from benchmarks.terminal import KeyResponse, open_terminal, python_command

FULL_LENGTH = 29_000
KEY_COUNT = 11


def textual_command(module: str, characters: int, position: str) -> list[str]:
    """Build the command that runs a Textual program with the given length of text."""
    return python_command(module, characters, position)


def vim_command(folder: Path) -> list[str] | None:
    """Build a vim command that inserts at the end of the text, or None without vim."""
    path = shutil.which("vim")
    if path is None:
        return None
    file = folder / "text"
    file.write_text(prose(FULL_LENGTH))
    return [path, "-u", "NONE", "-N", "-i", "NONE", "-n", "+startinsert!", str(file)]


def type_keys(command: list[str], home: Path) -> list[KeyResponse]:
    """Start a program, type into its focused text area, and return the responses."""
    with open_terminal(command, home) as terminal:
        terminal.wait_for_output()
        return terminal.type_letters(KEY_COUNT)
