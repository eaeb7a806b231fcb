"""How the program ends: from outside too, as where the terminal is gone; and always."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from collections.abc import Callable

AT_LAST = 10
"""Seconds after which the program is ended, whatever still holds it up."""
LOOK_SECONDS = 1
STANDARD_INPUT = 0


def when_ended(end: Callable[[], None]) -> None:
    """Have `end` called, once, when the program is ended from outside.

    Windows knows no signals of this kind.
    """
    if sys.platform == "win32":
        return
    import signal

    loop = asyncio.get_running_loop()
    has_ended = False

    def ended(by: signal.Signals) -> None:
        nonlocal has_ended
        if has_ended:
            return
        has_ended = True
        end_at_last()
        if by is signal.SIGHUP:
            _let_go_of_the_terminal()
        end()

    def look() -> None:
        # Whoever started the program, as make or a shell, may keep the signal to itself.
        if hung_up(STANDARD_INPUT):
            ended(signal.SIGHUP)
        else:
            loop.call_later(LOOK_SECONDS, look)

    for one in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(one, ended, one)
    if os.isatty(STANDARD_INPUT):
        loop.call_later(LOOK_SECONDS, look)


def hung_up(terminal: int) -> bool:
    """Whether the terminal behind a file descriptor is gone."""
    poll = select.poll()
    poll.register(terminal, 0)
    return any(what & select.POLLHUP for _, what in poll.poll(0))


def end_at_last() -> None:
    """End the program soon, whatever holds it up: a disk that hangs would do so for ever."""
    if sys.platform != "win32":
        import signal

        signal.alarm(AT_LAST)


def _let_go_of_the_terminal() -> None:
    """Read from nowhere and write to nowhere: a terminal that is gone fails every write."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
