"""P4: bytes written to the terminal per key in 29,000 characters of text."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.keys import FULL, textual, type_keys
from benchmarks.row import Row, measure_medians

GOALS = {"end": 150, "middle": 400}


def rows() -> Iterator[Row]:
    """Compare our long text to Textual's own text area, at the end and in the middle."""
    with TemporaryDirectory() as folder:
        home = Path(folder)

        def bytes_of(module: str, place: str) -> Callable[[], float]:
            command = textual(module, FULL, place)
            return lambda: median(answer.written for answer in type_keys(command, home))

        for place, goal in GOALS.items():
            medians = measure_medians(
                {
                    "ours": bytes_of("benchmarks.long_text", place),
                    "bare": bytes_of("benchmarks.bare_text_area", place),
                }
            )
            label = f"bytes a key at the {place}, to Textual's text area"
            yield Row("P4", label, medians["ours"], medians["bare"], goal, "B", absolute=True)
