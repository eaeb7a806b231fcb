"""The terminal's driver goes on when its terminal is gone."""

import os
import pty
import signal
import sys
from threading import Thread

import pytest
from textual.app import App
from textual.drivers._writer_thread import WriterThread

from tui.core.driver import outliving_driver

SOON = 10
MORE_THAN_IT_QUEUES = 100


async def test_writing_to_a_closed_terminal_does_not_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver_class = outliving_driver()
    assert driver_class is not None
    other, terminal = pty.openpty()
    before = {one: signal.getsignal(one) for one in (signal.SIGTSTP, signal.SIGCONT)}
    with monkeypatch.context() as patch:
        patch.setattr(sys, "__stderr__", os.fdopen(terminal, "w"))
        driver = driver_class(App())
    for one, handler in before.items():
        signal.signal(one, handler)
    os.close(other)
    writer = WriterThread(driver._file)  # type: ignore[attr-defined] # what Textual hands it
    writer.start()

    def write_much() -> None:
        for _ in range(MORE_THAN_IT_QUEUES):
            writer.write("a key\n")
        writer.stop()

    writes = Thread(target=write_much, daemon=True)
    writes.start()
    writes.join(SOON)
    assert not writes.is_alive()
