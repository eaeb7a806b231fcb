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
TIMEOUT_SECONDS = 30.0
QUIET_SECONDS = 0.03
"""Seconds without output after which a response is complete."""
REST_SECONDS = 0.3
"""Seconds without output after which a program is at rest, less than a cursor blink."""
LETTERS = "the quick brown fox jumps over a lazy dog "
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class KeyResponse:
    """Response to one key: milliseconds until its last byte, and bytes written."""

    milliseconds: float
    bytes_written: int


@dataclass(frozen=True)
class Response:
    """Response to keys: seconds until its last byte, and CPU seconds."""

    seconds: float
    cpu_seconds: float


class Screen(pyte.Screen):
    """A screen that ignores private attributes, which pyte cannot handle."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        """Set the attributes of the text that follows."""
        if not private:
            super().select_graphic_rendition(*attributes)


class Terminal:
    """A program running in an 80x24 pseudo-terminal."""

    def __init__(self, command: Sequence[str], home: Path, cwd: Path = ROOT) -> None:
        self._screen = Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._started_at = perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env=build_environment(home),
            start_new_session=True,
        )
        os.close(slave)

    def _read(self, timeout: float) -> bytes:
        if not select.select([self._master], [], [], timeout)[0]:
            return b""
        try:
            return os.read(self._master, 1 << 16)
        except OSError as error:
            raise SystemExit(f"The program ended.\n{self.text}") from error

    @property
    def text(self) -> str:
        """The text on the screen."""
        return "\n".join(self._screen.display)

    def seconds_until(self, *texts: str) -> float:
        """Return the seconds from program start until all texts are on the screen."""
        while perf_counter() - self._started_at < TIMEOUT_SECONDS:
            data = self._read(1)
            now = perf_counter()
            self._stream.feed(data)
            screen = self.text
            if all(text in screen for text in texts):
                return now - self._started_at
        raise SystemExit(f"{texts} did not appear on the screen:\n{self.text}")

    def wait_until_idle(self, quiet: float = REST_SECONDS) -> None:
        """Read until there is no output for `quiet` seconds."""
        end = perf_counter() + TIMEOUT_SECONDS
        while data := self._read(quiet):
            self._stream.feed(data)
            if perf_counter() > end:
                raise SystemExit(f"The program did not become idle.\n{self.text}")

    def wait_for_output(self) -> None:
        """Wait for the first output, and then until the program is idle."""
        if not self._read(TIMEOUT_SECONDS):
            raise SystemExit("The program wrote nothing.")
        self.wait_until_idle()

    @property
    def pid(self) -> int:
        """The process id of the program."""
        return self._process.pid

    def press(self, keys: str) -> None:
        """Send keys to the program."""
        os.write(self._master, keys.encode())

    def wait_for(self, *texts: str) -> None:
        """Wait until all texts are on the screen."""
        end = perf_counter() + TIMEOUT_SECONDS
        while not all(text in self.text for text in texts):
            if perf_counter() > end:
                raise SystemExit(f"{texts} did not appear on the screen:\n{self.text}")
            self._stream.feed(self._read(1))

    def time_response(self, keys: str, text: str) -> Response:
        """Press keys that bring a text to the screen, and measure until the last output."""
        cpu_before, sent_at = read_cpu_seconds(self.pid), perf_counter()
        last_output_at = sent_at
        self.press(keys)
        while text not in self.text or perf_counter() - last_output_at < REST_SECONDS:
            if perf_counter() - sent_at > TIMEOUT_SECONDS:
                raise SystemExit(f"{text!r} did not appear on the screen:\n{self.text}")
            if data := self._read(REST_SECONDS):
                last_output_at = perf_counter()
                self._stream.feed(data)
        return Response(last_output_at - sent_at, read_cpu_seconds(self.pid) - cpu_before)

    def type_letters(self, count: int) -> list[KeyResponse]:
        """Type letters one by one, waiting for each response to complete."""
        return [self._type_key(LETTERS[index % len(LETTERS)]) for index in range(count)]

    def _type_key(self, letter: str) -> KeyResponse:
        sent_at = perf_counter()
        os.write(self._master, letter.encode())
        last_output_at, bytes_written = sent_at, 0
        while perf_counter() - sent_at < TIMEOUT_SECONDS:
            data = self._read(QUIET_SECONDS if bytes_written else 1)
            if not data:
                break
            last_output_at, bytes_written = perf_counter(), bytes_written + len(data)
        return KeyResponse((last_output_at - sent_at) * 1000, bytes_written)

    def close(self) -> None:
        """Kill the program."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)


def read_cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of the threads of a process."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text().split()[0]) for file in threads) / 1e9


def build_environment(home: Path) -> dict[str, str]:
    """Build the environment of a measured program, with its own home and no keychain."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


@contextmanager
def open_terminal(command: Sequence[str], home: Path, cwd: Path = ROOT) -> Iterator[Terminal]:
    """Start a program in a terminal, yield the terminal, and kill the program afterwards."""
    terminal = Terminal(command, home, cwd)
    try:
        yield terminal
    finally:
        terminal.close()


def python_command(module: str, *arguments: object) -> list[str]:
    """Build the command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *map(str, arguments)]
