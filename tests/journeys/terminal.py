"""An 80x24 pseudo-terminal: runs a program, types keys and reads the screen."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from time import monotonic

import pyte

COLUMNS, ROWS = 80, 24
TIMEOUT_SECONDS = 30.0
IDLE_SECONDS = 0.5
SHORT_IDLE_SECONDS = 0.1
OPEN_TERMINAL = ("sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1')
"""Makes the terminal in $0 the controlling terminal of the command."""

KEYS = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "ctrl+end": "\x1b[1;5F",
    "ctrl+home": "\x1b[1;5H",
    "space": " ",
    "backspace": "\x7f",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefgnopqrstuvw"},
}
SIZE_VARIABLES = ("COLUMNS", "LINES")
UNSUPPORTED_SEQUENCE = re.compile(rb"\x1b\[[<=>?][0-9;]*(?:\$p|u)|\x1b\[[<=>][0-9;]*[a-z]")
"""Queries and modes that pyte does not know and would print."""


class Terminal:
    """Runs a program; a wait that times out fails with the text of the screen."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._updated = threading.Condition()
        self._open = True
        self._hung_up = False
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        # readline may have exported COLUMNS and LINES, and the program would use them as its size.
        env_without_size = {
            name: value for name, value in env.items() if name not in SIZE_VARIABLES
        }
        self.process = subprocess.Popen(
            [*OPEN_TERMINAL, os.ttyname(slave), *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env=env_without_size,
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        incomplete = b""
        while not self._hung_up:
            try:
                if not select.select([self._master], [], [], SHORT_IDLE_SECONDS)[0]:
                    continue
                data = os.read(self._master, 65536)
            except OSError:
                data = b""
            with self._updated:
                if not data:
                    self._open = False
                    self._updated.notify_all()
                    return
                buffer = UNSUPPORTED_SEQUENCE.sub(b"", incomplete + data)
                cut = buffer.rfind(b"\x1b", max(0, len(buffer) - 16))
                incomplete = buffer[cut:] if cut >= 0 else b""
                self._stream.feed(buffer[:cut] if cut >= 0 else buffer)
                if (
                    incomplete
                    and not UNSUPPORTED_SEQUENCE.match(incomplete)
                    and len(incomplete) > 1
                ):
                    self._stream.feed(incomplete)
                    incomplete = b""
                self._updated.notify_all()

    @property
    def text(self) -> str:
        """Text of the screen."""
        return "\n".join(self._screen.display)

    def wait_for(self, *texts: str, gone: str = "") -> str:
        """Wait until all texts are on the screen and `gone` is not, and return the screen."""

        def is_reached() -> bool:
            screen = self.text
            return all(text in screen for text in texts) and not (gone and gone in screen)

        with self._updated:
            self._wait_until(is_reached, f"{texts} never came (or {gone!r} stayed)")
            return self.text

    def wait_for_focus(self, text: str) -> None:
        """Wait until a link, a button or the section bar has the focus."""
        self._wait_until(
            lambda: text in self.focused_texts,
            f"{text!r} never had the focus",
        )

    def _wait_until(self, condition: Callable[[], bool], message: str) -> None:
        deadline = monotonic() + TIMEOUT_SECONDS
        with self._updated:
            while not condition():
                remaining = deadline - monotonic()
                if remaining <= 0 or not self._open:
                    raise AssertionError(f"{message}:\n{self.text}")
                self._updated.wait(remaining)

    def wait_until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait for a condition, and return whether it held in time."""
        with self._updated:
            return self._updated.wait_for(condition, timeout)

    def wait_until_idle(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """Wait until nothing has been drawn for a while."""
        deadline = monotonic() + TIMEOUT_SECONDS
        with self._updated:
            while self._updated.wait(idle_seconds):
                assert monotonic() < deadline, f"It is drawn for ever:\n{self.text}"

    @property
    def focused_texts(self) -> list[str]:
        """Texts in reverse video, which marks the focused link or button."""
        texts: list[str] = []
        for row in range(ROWS):
            cells = self._screen.buffer[row]
            runs = groupby(range(COLUMNS), key=lambda column: cells[column].reverse)
            texts += [
                "".join(cells[column].data for column in run).strip()
                for is_reverse, run in runs
                if is_reverse
            ]
        return texts

    def move_focus_to(self, text: str, key: str = "tab") -> None:
        """Press a key, Tab by default, until a link or button has the focus."""
        deadline = monotonic() + TIMEOUT_SECONDS
        self.wait_until_idle()
        while text not in self.focused_texts:
            assert monotonic() < deadline, f"No Tab leads to {text!r}:\n{self.text}"
            self.press_and_wait(key)
            # Between two redraws nothing has the focus.
            self.wait_until_idle(
                SHORT_IDLE_SECONDS
                if any(map(str.isalpha, "".join(self.focused_texts)))
                else IDLE_SECONDS
            )

    def press_and_wait(self, key: str) -> None:
        """Press a key and wait until the screen changes."""
        with self._updated:
            before = self._cells()
            self.press(key)
            self._wait_until(lambda: self._cells() != before, f"{key} changed nothing")

    def cells(self, row: int) -> list[pyte.screens.Char]:
        """Return the characters of a row with their colours."""
        with self._updated:
            return [self._screen.buffer[row][column] for column in range(COLUMNS)]

    def _cells(self) -> list[list[pyte.screens.Char]]:
        return [self.cells(row) for row in range(ROWS)]

    def choose(self, text: str, key: str = "tab") -> None:
        """Move the focus to a link or button and press it."""
        self.move_focus_to(text, key)
        self.press("enter")

    def press(self, *keys: str) -> None:
        """Press keys; each is a name in `KEYS` or a character."""
        for key in keys:
            self._write(KEYS.get(key, key))

    def type(self, text: str) -> None:
        """Type text."""
        self._write(text)

    def paste(self, text: str) -> None:
        """Paste text as a bracketed paste."""
        self._write(f"\x1b[200~{text}\x1b[201~")

    def _write(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._master, data[:1024]) :]

    def resize(self, columns: int, rows: int = ROWS) -> None:
        """Resize the terminal's window."""
        with self._updated:
            self._screen.resize(rows, columns)
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> int:
        """Close the terminal, like a lost connection, and return the program's exit code."""
        self._hung_up = True
        self._reader.join()
        os.close(self._master)
        return self.process.wait(TIMEOUT_SECONDS)

    def kill(self) -> None:
        """Send SIGKILL to the program."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.close()

    def close(self) -> int:
        """Wait for the program to exit, or kill it, and return its exit code."""
        if self.process.poll() is None:
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)
        self._reader.join(10)
        os.close(self._master)
        return self.process.returncode
