"""Run a program in a pseudo-terminal and measure response times and bytes written."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pyte

COLUMNS, ROWS = 80, 24
PATIENCE = 30.0
QUIET = 0.03
"""Seconds without output after which a response is complete."""
LETTERS = "the quick brown fox jumps over a lazy dog "
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class KeyResponse:
    """The response to one key: milliseconds to its last byte, and bytes written."""

    milliseconds: float
    written: int


class Screen(pyte.Screen):
    """A screen that ignores private attributes, which pyte does not support."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        """Set the attributes of the text that follows."""
        if not private:
            super().select_graphic_rendition(*attributes)


class Terminal:
    """A program running in a terminal of 80 by 24."""

    def __init__(self, command: Sequence[str], home: Path) -> None:
        self._screen = Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._started = perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env=environment(home),
            start_new_session=True,
        )
        os.close(slave)

    def _read(self, timeout: float) -> bytes:
        if not select.select([self._master], [], [], timeout)[0]:
            return b""
        try:
            return os.read(self._master, 1 << 16)
        except OSError as ended:
            raise SystemExit(f"The program ended.\n{self.text}") from ended

    @property
    def text(self) -> str:
        """The text on the screen."""
        return "\n".join(self._screen.display)

    def seconds_until(self, *texts: str) -> float:
        """Return the seconds from the start until all of the texts are on the screen."""
        while perf_counter() - self._started < PATIENCE:
            data = self._read(1)
            at = perf_counter()
            self._stream.feed(data)
            screen = self.text
            if all(text in screen for text in texts):
                return at - self._started
        raise SystemExit(f"{texts} never stood on the screen:\n{self.text}")

    def wait_until_idle(self, quiet: float = 0.3) -> None:
        """Read until there is no output for `quiet` seconds, less than a cursor blink."""
        end = perf_counter() + PATIENCE
        while self._read(quiet):
            if perf_counter() > end:
                raise SystemExit(f"The program never came to rest.\n{self.text}")

    def wait_for_output(self) -> None:
        """Wait for the first output, and then until the program is idle."""
        if not self._read(PATIENCE):
            raise SystemExit("The program wrote nothing.")
        self.wait_until_idle()

    def type_letters(self, count: int) -> list[KeyResponse]:
        """Type letters one by one, waiting for each response to complete."""
        return [self._type(LETTERS[index % len(LETTERS)]) for index in range(count)]

    def _type(self, letter: str) -> KeyResponse:
        sent = perf_counter()
        os.write(self._master, letter.encode())
        last, written = sent, 0
        while perf_counter() - sent < PATIENCE:
            data = self._read(QUIET if written else 1)
            if not data:
                break
            last, written = perf_counter(), written + len(data)
        return KeyResponse((last - sent) * 1000, written)

    def close(self) -> None:
        """Kill the program."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)


def environment(home: Path) -> dict[str, str]:
    """Return the environment for a measured program: its own home and no keychain."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


@contextmanager
def open_terminal(command: Sequence[str], home: Path) -> Iterator[Terminal]:
    """Start a program in a terminal, and kill it afterwards."""
    terminal = Terminal(command, home)
    try:
        yield terminal
    finally:
        terminal.close()


def python(module: str, *arguments: object) -> list[str]:
    """Return the command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *map(str, arguments)]
