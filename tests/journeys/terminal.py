"""A terminal of 80 by 24 with a real program in it: keys go in, the screen is read."""

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
STILL = 0.5
BRIEFLY = 0.1
OPEN_TERMINAL = ("sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1')
"""Opens the terminal that is named first, so that it becomes the program's own."""

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
PRIVATE = re.compile(rb"\x1b\[[<=>?][0-9;]*(?:\$p|u)|\x1b\[[<=>][0-9;]*[a-z]")
"""Questions and modes that pyte does not know and would print."""


class Terminal:
    """Runs a program; every wait is for something seen, and fails with the screen."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._seen = threading.Condition()
        self._open = True
        self._hung_up = False
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        # readline exports them in whoever starts the tests; a program takes them for its size.
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
        held = b""
        while not self._hung_up:
            try:
                if not select.select([self._master], [], [], BRIEFLY)[0]:
                    continue
                data = os.read(self._master, 65536)
            except OSError:
                data = b""
            with self._seen:
                if not data:
                    self._open = False
                    self._seen.notify_all()
                    return
                whole = PRIVATE.sub(b"", held + data)
                cut = whole.rfind(b"\x1b", max(0, len(whole) - 16))
                held = whole[cut:] if cut >= 0 else b""
                self._stream.feed(whole[:cut] if cut >= 0 else whole)
                if held and not PRIVATE.match(held) and len(held) > 1:
                    self._stream.feed(held)
                    held = b""
                self._seen.notify_all()

    @property
    def text(self) -> str:
        """All that the screen shows."""
        return "\n".join(self._screen.display)

    def wait_for(self, *words: str, gone: str = "") -> str:
        """Wait until all of the words are on the screen and others are not; gives the screen."""

        def holds() -> bool:
            shown = self.text
            return all(word in shown for word in words) and not (gone and gone in shown)

        with self._seen:
            self._until(holds, f"{words} never came (or {gone!r} stayed)")
            return self.text

    def wait_focus(self, words: str) -> None:
        """Wait until a link, a button or the line of sections has the focus."""
        self._until(lambda: words in self.in_reverse, f"{words!r} never had the focus")

    def _until(self, holds: Callable[[], bool], else_words: str) -> None:
        end = monotonic() + PATIENCE
        with self._seen:
            while not holds():
                left = end - monotonic()
                if left <= 0 or not self._open:
                    raise AssertionError(f"{else_words}:\n{self.text}")
                self._seen.wait(left)

    def wait_still(self, a_while: float = STILL) -> None:
        """Wait until nothing has been drawn for a while: what is walked through stays as it is."""
        end = monotonic() + PATIENCE
        with self._seen:
            while self._seen.wait(a_while):
                assert monotonic() < end, f"It is drawn for ever:\n{self.text}"

    @property
    def in_reverse(self) -> list[str]:
        """The words in reverse, as a link or a button with the focus is."""
        found: list[str] = []
        for row in range(ROWS):
            cells = self._screen.buffer[row]
            runs = groupby(range(COLUMNS), key=lambda column: cells[column].reverse)
            found += ["".join(cells[at].data for at in run).strip() for back, run in runs if back]
        return found

    def walk_to(self, words: str, by: str = "tab") -> None:
        """Press Tab until a link or a button has the focus."""
        end = monotonic() + PATIENCE
        self.wait_still()
        while words not in self.in_reverse:
            assert monotonic() < end, f"No Tab leads to {words!r}:\n{self.text}"
            self.press_and_see(by)
            # What is left is drawn as left before what comes: for a moment nothing has the focus.
            self.wait_still(BRIEFLY if any(map(str.isalpha, "".join(self.in_reverse))) else STILL)

    def press_and_see(self, key: str) -> None:
        """Press a key, and wait until that is seen: the focus itself always is."""
        with self._seen:
            before = self._drawn()
            self.press(key)
            self._until(lambda: self._drawn() != before, f"{key} changed nothing")

    def _drawn(self) -> list[list[pyte.screens.Char]]:
        buffer = self._screen.buffer
        return [[buffer[row][column] for column in range(COLUMNS)] for row in range(ROWS)]

    def choose(self, words: str, by: str = "tab") -> None:
        """Walk to a link or a button, and choose it."""
        self.walk_to(words, by)
        self.press("enter")

    def press(self, *keys: str) -> None:
        """Press keys, named or single characters."""
        for key in keys:
            self._write(KEYS.get(key, key))

    def type(self, text: str) -> None:
        """Type a text."""
        self._write(text)

    def paste(self, text: str) -> None:
        """Paste a text as a terminal does."""
        self._write(f"\x1b[200~{text}\x1b[201~")

    def _write(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._master, data[:1024]) :]

    def hang_up(self) -> int:
        """Take the terminal away, as a line that breaks does; gives the program's exit code."""
        self._hung_up = True
        self._reader.join()
        os.close(self._master)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """Kill the program without warning."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.close()

    def close(self) -> int:
        """Wait for the program's end, or end it; gives its exit code."""
        if self.process.poll() is None:
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)
        self._reader.join(10)
        os.close(self._master)
        return self.process.returncode
