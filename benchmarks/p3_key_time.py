"""P3: response time to a key in a paragraph of 29,000 characters."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.keys import FULL, textual, type_keys, vim
from benchmarks.row import Row, measure_medians

GOAL_TO_EMPTY, GOAL_TO_BARE, GOAL_TO_VIM = 1.3, 0.12, 1.0


def rows() -> Iterator[Row]:
    """Compare our long text to an empty one, to Textual's own text area, and to vim."""
    with TemporaryDirectory() as folder:
        home = Path(folder)

        def time_of(command: list[str]) -> Callable[[], float]:
            return lambda: median(answer.milliseconds for answer in type_keys(command, home))

        measures = {
            "ours": time_of(textual("benchmarks.long_text", FULL, "end")),
            "empty": time_of(textual("benchmarks.long_text", 0, "end")),
            "bare": time_of(textual("benchmarks.bare_text_area", FULL, "end")),
        }
        editor = vim(home)
        if editor:
            measures["vim"] = time_of(editor)
        medians = measure_medians(measures)
    ours, empty = medians["ours"], medians["empty"]
    yield Row("P3", "key at 29,000 characters, to when empty", ours, empty, GOAL_TO_EMPTY, "ms")
    yield Row("P3", "the same, to Textual's text area", ours, medians["bare"], GOAL_TO_BARE, "ms")
    if editor:
        yield Row("P3", "the same, to vim", ours, medians["vim"], GOAL_TO_VIM, "ms")
