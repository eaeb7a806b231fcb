"""A pseudo-terminal with a program in it, and a watch: what its user waits for, and the bytes."""

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
"""Seconds without a byte after which an answer is over."""
LETTERS = "the quick brown fox jumps over a lazy dog "
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Answer:
    """What one key cost: milliseconds to the last byte of the answer, and its bytes."""

    milliseconds: float
    written: int


class Screen(pyte.Screen):
    """A screen that leaves out the private attributes it does not know."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        """Set the attributes of what is written next."""
        if not private:
            super().select_graphic_rendition(*attributes)


class Terminal:
    """A program in a terminal of 80 by 24, from its start."""

    def __init__(self, command: Sequence[str], home: Path) -> None:
        self._screen = Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._open, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._started = perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env=surroundings(home),
            start_new_session=True,
        )
        os.close(slave)

    def _read(self, timeout: float) -> bytes:
        if not select.select([self._open], [], [], timeout)[0]:
            return b""
        try:
            return os.read(self._open, 1 << 16)
        except OSError as ended:
            raise SystemExit(f"The program ended.\n{self.text}") from ended

    @property
    def text(self) -> str:
        """All that the screen shows."""
        return "\n".join(self._screen.display)

    def seconds_until(self, *words: str) -> float:
        """Measure from the start to the moment at which all of the words stand on the screen."""
        while perf_counter() - self._started < PATIENCE:
            data = self._read(1)
            at = perf_counter()
            self._stream.feed(data)
            shown = self.text
            if all(word in shown for word in words):
                return at - self._started
        raise SystemExit(f"{words} never stood on the screen:\n{self.text}")

    def rest(self, quiet: float = 0.3) -> None:
        """Read until nothing has been written for so many seconds, less than a cursor blinks."""
        end = perf_counter() + PATIENCE
        while self._read(quiet):
            if perf_counter() > end:
                raise SystemExit(f"The program never came to rest.\n{self.text}")

    def wait_for_output(self) -> None:
        """Wait until the program has written anything, and then until it rests."""
        if not self._read(PATIENCE):
            raise SystemExit("The program wrote nothing.")
        self.rest()

    def answers(self, count: int) -> list[Answer]:
        """Type letters one by one, each once the answer to the one before is over."""
        return [self._answer(LETTERS[index % len(LETTERS)]) for index in range(count)]

    def _answer(self, letter: str) -> Answer:
        sent = perf_counter()
        os.write(self._open, letter.encode())
        last, written = sent, 0
        while perf_counter() - sent < PATIENCE:
            data = self._read(QUIET if written else 1)
            if not data:
                break
            last, written = perf_counter(), written + len(data)
        return Answer((last - sent) * 1000, written)

    def close(self) -> None:
        """End the program."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._open)


def surroundings(home: Path) -> dict[str, str]:
    """Make the environment that every measured program has: its own home, and no keychain."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


@contextmanager
def opened(command: Sequence[str], home: Path) -> Iterator[Terminal]:
    """Start a program in a terminal, and end it."""
    terminal = Terminal(command, home)
    try:
        yield terminal
    finally:
        terminal.close()


def python(module: str, *arguments: object) -> list[str]:
    """Make the command that runs a module of this interpreter."""
    return [sys.executable, "-m", module, *map(str, arguments)]
