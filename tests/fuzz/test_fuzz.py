"""A short run, and that a run sees a fault and shows it in few operations."""

import pytest

from tests.fuzz.__main__ import failure, fuzz, shortened
from tests.fuzz.operations import Operation
from tui.widgets.long_text import LongText

SEED = 11


def test_the_long_text_is_as_its_model_whatever_is_done() -> None:
    steps, differences = fuzz(SEED, 40)
    assert steps > 400
    assert differences == 0


def test_a_stale_cell_is_seen_and_shown_in_few_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LongText, "_refresh_rows", lambda self, start, end: None)
    operations: list[Operation] = [
        ("load", "a"),
        ("key", "right"),
        ("key", "left"),
        ("blink", None),
    ]
    assert "shows" in failure(operations)
    assert len(shortened(operations)) < len(operations)
