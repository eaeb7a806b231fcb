"""Ending the program on signals or a lost terminal, and forcing it to end in time."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from collections.abc import Callable

KILL_SECONDS = 10
"""Seconds after which the program is killed if it has not ended."""
POLL_SECONDS = 1
STANDARD_INPUT = 0


def on_termination(end: Callable[[], None]) -> None:
    """Call `end` once when the program is told to terminate or loses its terminal.

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

    def poll_terminal() -> None:
        # The parent process, such as make or a shell, may not pass the signal on.
        if has_hung_up(STANDARD_INPUT):
            handle(signal.SIGHUP)
        else:
            loop.call_later(POLL_SECONDS, poll_terminal)

    for signal_number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(signal_number, handle, signal_number)
    if os.isatty(STANDARD_INPUT):
        loop.call_later(POLL_SECONDS, poll_terminal)


def has_hung_up(terminal: int) -> bool:
    """Return whether the terminal behind a file descriptor is gone."""
    poll = select.poll()
    poll.register(terminal, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))


def exit_soon() -> None:
    """Schedule a hard exit, in case something such as a hung disk blocks the normal one."""
    if sys.platform != "win32":
        import signal

        signal.alarm(KILL_SECONDS)


def _detach_terminal() -> None:
    """Redirect the standard streams to the null device, as writes to a lost terminal fail."""
    null_device = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null_device, descriptor)
