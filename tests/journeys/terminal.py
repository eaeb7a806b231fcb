"""80x24 pseudo-terminal that runs a program, types keys and reads the screen."""

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
PATIENCE = 30.0
QUIET = 0.5
BRIEFLY_QUIET = 0.1
OPEN_TERMINAL = ("sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1')
"""Opens the terminal in $0, which becomes the command's controlling terminal."""

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
FIXED_SIZE = ("COLUMNS", "LINES")
UNSUPPORTED_SEQUENCE = re.compile(rb"\x1b\[[<=>?][0-9;]*(?:\$p|u)|\x1b\[[<=>][0-9;]*[a-z]")
"""Queries and modes that pyte would print because it does not know them."""


class Terminal:
    """Runs a program; every wait is for visible output and fails showing the screen."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._updated = threading.Condition()
        self._open = True
        self._hung_up = False
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        # readline may have exported COLUMNS and LINES, which the program would take as its size.
        no_size = {name: value for name, value in env.items() if name not in FIXED_SIZE}
        self.process = subprocess.Popen(
            [*OPEN_TERMINAL, os.ttyname(slave), *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env=no_size,
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        incomplete = b""
        while not self._hung_up:
            try:
                if not select.select([self._master], [], [], BRIEFLY_QUIET)[0]:
                    continue
                data = os.read(self._master, 65536)
            except OSError:
                data = b""
            with self._updated:
                if not data:
                    self._open = False
                    self._updated.notify_all()
                    return
                whole = UNSUPPORTED_SEQUENCE.sub(b"", incomplete + data)
                cut = whole.rfind(b"\x1b", max(0, len(whole) - 16))
                incomplete = whole[cut:] if cut >= 0 else b""
                self._stream.feed(whole[:cut] if cut >= 0 else whole)
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
        """Text on the screen."""
        return "\n".join(self._screen.display)

    def wait_for(self, *texts: str, gone: str = "") -> str:
        """Wait until all texts are on the screen and `gone` is not; returns the screen."""

        def is_shown() -> bool:
            shown = self.text
            return all(text in shown for text in texts) and not (gone and gone in shown)

        with self._updated:
            self._wait_until(is_shown, f"{texts} never came (or {gone!r} stayed)")
            return self.text

    def wait_focus(self, text: str) -> None:
        """Wait until a link, a button or the section bar has the focus."""
        self._wait_until(
            lambda: text in self.focused_texts,
            f"{text!r} never had the focus: {self.focused_texts}",
        )

    def _wait_until(self, condition: Callable[[], bool], message: str) -> None:
        deadline = monotonic() + PATIENCE
        with self._updated:
            while not condition():
                remaining = deadline - monotonic()
                if remaining <= 0 or not self._open:
                    raise AssertionError(f"{message}:\n{self.text}")
                self._updated.wait(remaining)

    def comes_to(self, condition: Callable[[], bool], patience: float) -> bool:
        """Wait for a condition; return whether it held in time."""
        with self._updated:
            return self._updated.wait_for(condition, patience)

    def wait_until_idle(self, quiet_for: float = QUIET) -> None:
        """Wait until nothing has been drawn for a while."""
        deadline = monotonic() + PATIENCE
        with self._updated:
            while self._updated.wait(quiet_for):
                assert monotonic() < deadline, f"It is drawn for ever:\n{self.text}"

    @property
    def focused_texts(self) -> list[str]:
        """Texts in reverse video, which marks a focused link or button."""
        texts: list[str] = []
        for row in range(ROWS):
            cells = self._screen.buffer[row]
            runs = groupby(range(COLUMNS), key=lambda column: cells[column].reverse)
            texts += [
                "".join(cells[at].data for at in run).strip()
                for is_reverse, run in runs
                if is_reverse
            ]
        return texts

    def walk_to(self, text: str, by: str = "tab") -> None:
        """Press Tab until a link or button has the focus."""
        deadline = monotonic() + PATIENCE
        self.wait_until_idle()
        while text not in self.focused_texts:
            assert monotonic() < deadline, f"No Tab leads to {text!r}:\n{self.text}"
            self.press_and_wait(by)
            # Between two redraws nothing has the focus for a moment.
            self.wait_until_idle(
                BRIEFLY_QUIET if any(map(str.isalpha, "".join(self.focused_texts))) else QUIET
            )

    def press_and_wait(self, key: str) -> None:
        """Press a key and wait until the screen changes."""
        with self._updated:
            before = self._cells()
            self.press(key)
            self._wait_until(lambda: self._cells() != before, f"{key} changed nothing")

    def cells(self, row: int) -> list[pyte.screens.Char]:
        """Characters of a row with their colours."""
        with self._updated:
            return [self._screen.buffer[row][column] for column in range(COLUMNS)]

    def _cells(self) -> list[list[pyte.screens.Char]]:
        return [self.cells(row) for row in range(ROWS)]

    def choose(self, text: str, by: str = "tab") -> None:
        """Move the focus to a link or button and press it."""
        self.walk_to(text, by)
        self.press("enter")

    def press(self, *keys: str) -> None:
        """Press keys, each a name in `KEYS` or a character."""
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

    def hang_up(self) -> int:
        """Close the terminal, as a lost connection does; returns the program's exit code."""
        self._hung_up = True
        self._reader.join()
        os.close(self._master)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """Send SIGKILL to the program."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.close()

    def close(self) -> int:
        """Wait for the program to exit, or kill it; returns the exit code."""
        if self.process.poll() is None:
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)
        self._reader.join(10)
        os.close(self._master)
        return self.process.returncode
