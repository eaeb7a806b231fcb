"""Ending the program on signals or a lost terminal, and forcing it to end in time."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

KILL_SECONDS = 10
"""Seconds after which the program is killed if it has not ended."""
STANDARD_INPUT, STANDARD_OUTPUT, STANDARD_ERROR = range(3)


def on_termination(end: Callable[[], None]) -> None:
    """Call `end` once when the program is interrupted, terminated or loses its terminal.

    Does nothing on Windows, which lacks these signals.
    """
    if sys.platform == "win32":
        return
    import signal

    loop = asyncio.get_running_loop()
    has_ended = False

    def handle(received: signal.Signals) -> None:
        nonlocal has_ended
        if has_ended:
            return
        has_ended = True
        exit_soon()
        if received is signal.SIGHUP:
            _detach_terminal()
        end()

    def watch_terminal() -> None:
        # The parent process, such as make or a shell, may not pass the signal on. The thread ends
        # the program even if the event loop is blocked.
        if has_hung_up(STANDARD_INPUT, wait=True):
            exit_soon()
            _detach_terminal()
            with suppress(RuntimeError):  # the loop has been closed already
                loop.call_soon_threadsafe(handle, signal.SIGHUP)

    for signal_number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, handle, signal_number)
    if os.isatty(STANDARD_INPUT):
        Thread(target=watch_terminal, name="terminal-watch", daemon=True).start()


def has_terminal() -> bool:
    """Return whether input and output are a terminal."""
    return all(map(os.isatty, (STANDARD_INPUT, STANDARD_OUTPUT, STANDARD_ERROR)))


def has_hung_up(terminal: int, *, wait: bool = False) -> bool:
    """Return whether the terminal behind a file descriptor is gone, or wait until it is."""
    poll = select.poll()
    poll.register(terminal, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(None if wait else 0))


def exit_soon() -> None:
    """Schedule a hard exit, in case something such as a hung disk blocks the normal one."""
    if sys.platform != "win32":
        import signal

        signal.alarm(KILL_SECONDS)


def _detach_terminal() -> None:
    """Replace a lost terminal: output is discarded, and no input ever arrives.

    A lost terminal and the null device are both always ready to be read, so that the driver would
    read them without pause.
    """
    silent_input, _ = os.pipe()
    os.set_blocking(silent_input, False)  # the driver may be just about to read
    os.dup2(silent_input, STANDARD_INPUT)
    null_device = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (STANDARD_OUTPUT, STANDARD_ERROR):
        os.dup2(null_device, descriptor)
