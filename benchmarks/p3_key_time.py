"""P3: key-press response time in a paragraph of 29,000 characters."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.keys import FULL_LENGTH, textual_command, type_keys, vim_command
from benchmarks.row import Row, measure_medians

GOAL_VS_EMPTY, GOAL_VS_BARE, GOAL_VS_VIM = 1.3, 0.12, 1.0


def measure_rows() -> Iterator[Row]:
    """Compare a full `LongText` with an empty one, Textual's `TextArea` and vim."""
    with TemporaryDirectory() as folder:
        home = Path(folder)

        def key_timer(command: list[str]) -> Callable[[], float]:
            return lambda: median(response.milliseconds for response in type_keys(command, home))

        measures = {
            "ours": key_timer(textual_command("benchmarks.long_text", FULL_LENGTH, "end")),
            "empty": key_timer(textual_command("benchmarks.long_text", 0, "end")),
            "bare": key_timer(textual_command("benchmarks.bare_text_area", FULL_LENGTH, "end")),
        }
        vim_arguments = vim_command(home)
        if vim_arguments:
            measures["vim"] = key_timer(vim_arguments)
        medians = measure_medians(measures)
    ours, empty = medians["ours"], medians["empty"]
    yield Row("P3", "key at 29,000 characters, vs empty", ours, empty, GOAL_VS_EMPTY, "ms")
    yield Row("P3", "the same, vs Textual's text area", ours, medians["bare"], GOAL_VS_BARE, "ms")
    if vim_arguments:
        yield Row("P3", "the same, vs vim", ours, medians["vim"], GOAL_VS_VIM, "ms")
