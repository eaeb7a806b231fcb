"""The terminal driver keeps working after its terminal has closed."""

import os
import pty
import signal
import sys
from threading import Thread

import pytest
from textual.app import App
from textual.drivers._writer_thread import WriterThread

from tui.core.driver import create_driver_class

TIMEOUT = 10
WRITES_BEYOND_QUEUE_SIZE = 100


async def test_writing_to_closed_terminal_does_not_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver_class = create_driver_class()
    assert driver_class is not None
    controller, terminal = pty.openpty()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    with monkeypatch.context() as patch:
        patch.setattr(sys, "__stderr__", os.fdopen(terminal, "w"))
        driver = driver_class(App())
    for number, handler in handlers.items():
        signal.signal(number, handler)
    os.close(controller)
    writer = WriterThread(driver._file)  # type: ignore[attr-defined] # the file that Textual passes
    writer.start()

    def fill_queue() -> None:
        for _ in range(WRITES_BEYOND_QUEUE_SIZE):
            writer.write("a key\n")
        writer.stop()

    thread = Thread(target=fill_queue, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    assert not thread.is_alive()
