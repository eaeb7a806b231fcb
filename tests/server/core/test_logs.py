"""The server's log."""

import json
import sys

import pytest
import structlog

from server.core.logs import configure_logging


class UnbufferedFile:
    """A file that records each write, as to a pipe with PYTHONUNBUFFERED."""

    def __init__(self) -> None:
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is buffered."""


def test_each_event_is_one_write_so_that_lines_of_processes_stay_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = UnbufferedFile()
    monkeypatch.setattr(sys, "stderr", file)
    before = structlog.get_config()
    try:
        configure_logging("INFO")
        structlog.get_logger().info("first")
        structlog.get_logger().info("second")
    finally:
        structlog.configure(**before)
    assert [json.loads(line)["event"] for line in file.writes] == ["first", "second"]
    assert all(line.endswith("\n") for line in file.writes)
