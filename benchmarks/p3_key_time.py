"""P3: a key in a long answer at 29,000 characters in one paragraph."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.keys import FULL, textual, typed, vim
from benchmarks.row import Row, alternate

TO_EMPTY, TO_BARE, TO_VIM = 1.3, 0.12, 1.0


def rows() -> Iterator[Row]:
    """Measure our long text against itself when empty, Textual's own, and vim."""
    with TemporaryDirectory() as folder:
        home = Path(folder)

        def time_of(command: list[str]) -> Callable[[], float]:
            return lambda: median(answer.milliseconds for answer in typed(command, home))

        measures = {
            "ours": time_of(textual("benchmarks.long_text", FULL, "end")),
            "empty": time_of(textual("benchmarks.long_text", 0, "end")),
            "bare": time_of(textual("benchmarks.bare_text_area", FULL, "end")),
        }
        editor = vim(home)
        if editor:
            measures["vim"] = time_of(editor)
        found = alternate(measures)
    ours = found["ours"]
    yield Row("P3", "key at 29,000 characters, to when empty", ours, found["empty"], TO_EMPTY, "ms")
    yield Row("P3", "the same, to Textual's text area", ours, found["bare"], TO_BARE, "ms")
    if editor:
        yield Row("P3", "the same, to vim", ours, found["vim"], TO_VIM, "ms")
