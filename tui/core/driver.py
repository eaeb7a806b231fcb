"""Terminal driver that survives losing the terminal, as when an SSH connection drops."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from textual.driver import Driver


def create_driver_class() -> type[Driver] | None:
    """Return a driver class that survives losing the terminal, or None on Windows."""
    if sys.platform == "win32":
        return None
    from textual.drivers.linux_driver import LinuxDriver

    from tui.core.ending import STANDARD_INPUT, has_hung_up

    class ResilientDriver(LinuxDriver):
        """Keeps running after the terminal is gone, so that input can still be saved.

        Textual's writer thread stops at the first failed write, and the program would then
        block on its queue.
        """

        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[arg-type] # passed through
            self._file = _ErrorSuppressingFile(self._file)  # type: ignore[assignment,arg-type] # implements what Textual calls

        def run_input_thread(self) -> None:
            # A failed read means the terminal is gone; tui.core.ending handles that.
            with suppress(OSError):
                super().run_input_thread()

        def _sigcont_application(self, *_: object) -> None:
            # SIGCONT also arrives when the terminal hangs up, when nothing can be restarted.
            if not has_hung_up(STANDARD_INPUT):
                super()._sigcont_application()

    return ResilientDriver


class _ErrorSuppressingFile:
    """A file wrapper that ignores failed writes."""

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
