"""What P3 and P4 measure: a key typed into a text of some length, in several programs."""

import shutil
from pathlib import Path

from benchmarks.prose import prose
from benchmarks.terminal import Answer, opened, python

FULL = 29_000
COUNT = 11


def textual(module: str, characters: int, place: str) -> list[str]:
    """Make the command of a Textual program that holds so long a text."""
    return python(module, characters, place)


def vim(folder: Path) -> list[str] | None:
    """Make the command of vim with the full text, inserting at its end; None without vim."""
    found = shutil.which("vim")
    if found is None:
        return None
    file = folder / "text"
    file.write_text(prose(FULL))
    return [found, "-u", "NONE", "-N", "-i", "NONE", "-n", "+startinsert!", str(file)]


def typed(command: list[str], home: Path) -> list[Answer]:
    """Start a program that has the focus in its text, and type into it."""
    with opened(command, home) as terminal:
        terminal.wait_for_output()
        return terminal.answers(COUNT)
