"""Ending the program on a signal or a lost terminal, with a time limit."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

KILL_SECONDS = 10
"""Seconds until a program that is ending is killed."""
STANDARD_INPUT, STANDARD_OUTPUT, STANDARD_ERROR = range(3)


def on_termination(end: Callable[[], None]) -> None:
    """Call `end` once if the program is interrupted, terminated or loses its terminal.

    Does nothing on Windows, which lacks the signals.
    """
    if sys.platform == "win32":
        return
    import signal

    loop = asyncio.get_running_loop()
    has_ended = False

    def handle(signal_number: signal.Signals) -> None:
        nonlocal has_ended
        if has_ended:
            return
        has_ended = True
        schedule_kill()
        if signal_number is signal.SIGHUP:
            _detach_terminal()
        end()

    def watch_terminal() -> None:
        # A parent process such as make may not forward the signal. A thread ends the program even
        # if the event loop is blocked.
        if has_hung_up(STANDARD_INPUT, wait=True):
            schedule_kill()
            _detach_terminal()
            with suppress(RuntimeError):  # the loop is already closed
                loop.call_soon_threadsafe(handle, signal.SIGHUP)

    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, handle, number)
    if os.isatty(STANDARD_INPUT):
        Thread(target=watch_terminal, name="terminal-watch", daemon=True).start()


def has_terminal() -> bool:
    """Return whether the standard streams are a terminal."""
    return all(map(os.isatty, (STANDARD_INPUT, STANDARD_OUTPUT, STANDARD_ERROR)))


def has_hung_up(terminal: int, *, wait: bool = False) -> bool:
    """Return whether a file descriptor's terminal is gone; with `wait`, wait until it is."""
    poll = select.poll()
    poll.register(terminal, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(None if wait else 0))


def schedule_kill() -> None:
    """Schedule a kill, in case a normal exit is blocked, for example by a hung disk."""
    if sys.platform != "win32":
        import signal

        signal.alarm(KILL_SECONDS)


def _detach_terminal() -> None:
    """Replace a lost terminal with a silent pipe for input and the null device for output.

    A lost terminal and the null device are always readable, so the driver would read them in a
    busy loop.
    """
    silent_input, _ = os.pipe()
    os.set_blocking(silent_input, False)  # the driver may be about to read
    os.dup2(silent_input, STANDARD_INPUT)
    null_device = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (STANDARD_OUTPUT, STANDARD_ERROR):
        os.dup2(null_device, descriptor)
