"""Garbage collection in the client."""

import subprocess
import sys

from textual.widget import Widget

from tui.core.garbage import release_drawn_lines

SCRIPT = """
import gc
from weakref import ref
from tui.core.garbage import tune_collector

class Screen:
    pass

tune_collector()
screen = Screen()
screen.itself, closed = screen, ref(screen)
gc.collect(1)  # the screen is old when it closes
del screen
for opened in range(40):
    for _ in range(10_000):
        cycle = []
        cycle.append(cycle)
print(closed() is None)
"""


def test_closed_screen_is_freed_before_forty_others_have_opened() -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout == "True\n"


def test_widget_frees_its_lines_once_for_any_number_of_apps() -> None:
    release_drawn_lines()
    first = Widget._on_unmount
    release_drawn_lines()
    assert Widget._on_unmount is first
