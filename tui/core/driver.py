"""Writing to a terminal that may be gone at any moment, as where an SSH line breaks."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from textual.driver import Driver


def outliving_driver() -> type[Driver] | None:
    """Textual's driver of a terminal, made to outlive it; None for its own choice on Windows."""
    if sys.platform == "win32":
        return None
    from textual.drivers.linux_driver import LinuxDriver

    from tui.core.ending import STANDARD_INPUT, hung_up

    class OutlivingDriver(LinuxDriver):
        """Goes on when the terminal is gone, so that what was typed can still be saved.

        Textual's thread that writes ends with the first write that fails, and the program
        then waits for ever to hand it the next one.
        """

        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[arg-type] # handed on
            self._file = _Forgiving(self._file)  # type: ignore[assignment,arg-type] # all that is used

        def _sigcont_application(self, *_: object) -> None:
            # The system continues a program as its terminal goes: there is none to begin again.
            if not hung_up(STANDARD_INPUT):
                super()._sigcont_application()

    return OutlivingDriver


class _Forgiving:
    """A file whose writes may fail without a word."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()
