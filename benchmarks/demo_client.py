"""Run the demo's server, and sign in to it in a terminal."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from benchmarks.terminal import TIMEOUT_SECONDS, Terminal, build_environment, open_terminal

PROFESSIONAL = "senco@osierbeck.example"
OFFICER = "officer@leicester.example"
PASSWORD = "seven wrens over a hollow"


@contextmanager
def run_demo(command: Sequence[str], home: Path, cwd: Path) -> Iterator[str]:
    """Run a command that serves the demo, and yield its URL."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=cwd,
        env=build_environment(home),
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[1]
        finally:
            server.stdin.close()


@contextmanager
def open_signed_in(
    command: Sequence[str], home: Path, cwd: Path, url: str, email: str, server: str = ""
) -> Iterator[Terminal]:
    """Start a client, sign in, and yield its terminal at Home.

    The client uses `server`, by default the demo at `url`.
    """
    with open_terminal([*command, "--server", server or url], home, cwd) as terminal:
        terminal.seconds_until("Email address", "[ Sign in ]", "Maud Tillotson")
        terminal.wait_until_idle()
        terminal.press(f"{email}\t{PASSWORD}\r")
        terminal.wait_for("verification code")
        terminal.wait_until_idle()
        terminal.press(f"{read_code(terminal)}\r")
        terminal.wait_for("Welcome to the Professional Portal")
        terminal.wait_until_idle()
        yield terminal


def read_code(terminal: Terminal) -> str:
    """Return the newest verification code in the demo's mailbox."""
    terminal.press("\x1bOS")  # F4
    terminal.wait_for("The demo's mailbox")
    end = perf_counter() + TIMEOUT_SECONDS
    while not (code := re.search(r"\b\d{6}\b", terminal.text)):
        if perf_counter() > end:
            raise SystemExit(f"The demo's mailbox has no code.\n{terminal.text}")
        terminal.wait_until_idle()
    terminal.press("\x1b")
    terminal.wait_for("verification code")
    terminal.wait_until_idle()
    return code[0]


def open_screen(terminal: Terminal, keys: str, text: str) -> None:
    """Press keys that open a screen, and wait until it's complete and shows a text."""
    if keys.startswith("g"):
        terminal.press("g")
        terminal.wait_for("Go to:")
        keys = keys[1:]
    terminal.press(keys)
    terminal.wait_for(text)
    terminal.wait_until_idle()
