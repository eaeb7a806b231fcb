"""P4: bytes written to the terminal per key in 29,000 characters of text."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.keys import FULL_LENGTH, textual_command, type_keys
from benchmarks.row import Row, measure_medians

GOALS = {"end": 150, "middle": 400}


def measure_rows() -> Iterator[Row]:
    """Compare `LongText` with Textual's `TextArea`, at the end and in the middle."""
    with TemporaryDirectory() as folder:
        home = Path(folder)

        def byte_counter(module: str, position: str) -> Callable[[], float]:
            command = textual_command(module, FULL_LENGTH, position)
            return lambda: median(response.bytes_written for response in type_keys(command, home))

        for position, goal in GOALS.items():
            medians = measure_medians(
                {
                    "ours": byte_counter("benchmarks.long_text", position),
                    "bare": byte_counter("benchmarks.bare_text_area", position),
                }
            )
            label = f"bytes per key at the {position}, vs Textual's text area"
            yield Row("P4", label, medians["ours"], medians["bare"], goal, "B", absolute=True)
