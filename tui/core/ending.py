"""How the program ends: from outside too, as where the terminal is gone; and always."""

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
        end_at_last()
        if by is signal.SIGHUP:
            _let_go_of_the_terminal()
        end()

    for one in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(one, ended, one)


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
