"""What ends the program from outside: a terminal that is gone, or a system that shuts down."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

AT_LAST = 10
"""Seconds after which the program is ended, whatever still holds it up."""


def when_ended(end: Callable[[], None]) -> None:
    """Have `end` called, once, when the program is ended from outside.

    Windows knows no signals of this kind.
    """
    if sys.platform == "win32":
        return
    import signal

    loop = asyncio.get_running_loop()

    def ended(by: signal.Signals) -> None:
        for one in (signal.SIGHUP, signal.SIGTERM):
            loop.add_signal_handler(one, lambda: None)
        signal.alarm(AT_LAST)
        if by is signal.SIGHUP:
            _let_go_of_the_terminal()
        end()

    for one in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(one, ended, one)


def _let_go_of_the_terminal() -> None:
    """Read from nowhere and write to nowhere: a terminal that is gone fails every write."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
