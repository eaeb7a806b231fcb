"""Short fuzz run, and a check that faults are detected and shrunk."""

import pytest

from tests.fuzz.__main__ import find_failure, fuzz, shrink
from tests.fuzz.operations import Operation
from tui.widgets.long_text import LongText

SEED = 11


def test_long_text_matches_its_model() -> None:
    steps, differences = fuzz(SEED, 20)
    assert steps > 200
    assert differences == 0


def test_stale_cell_is_detected_and_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LongText, "_refresh_rows", lambda self, start, end: None)
    operations: list[Operation] = [
        ("load", "a"),
        ("key", "right"),
        ("key", "left"),
        ("blink", None),
    ]
    assert "shows" in find_failure(operations)
    assert len(shrink(operations)) < len(operations)
