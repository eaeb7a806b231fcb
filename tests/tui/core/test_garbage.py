"""Garbage collection in the client."""

import subprocess
import sys

import pytest
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


CLOSING_SCRIPT = """
import asyncio, gc, sys
from weakref import ref
from textual.app import App
from textual.screen import Screen
from textual.widgets import Static
from tui.core import garbage

idle_seconds, garbage.REST_SECONDS = float(sys.argv[1]), 0.1
garbage.MAX_CLOSED_WIDGETS = int(sys.argv[2])

class Full(Screen):
    def compose(self):
        for number in range(garbage.CLOSED_WIDGETS):
            yield Static(str(number))

async def main():
    garbage.collect_closed_widgets(lambda: idle_seconds)
    app = App()
    async with app.run_test() as pilot:
        await app.push_screen(Full())
        closed = ref(app.screen)
        gc.collect()
        gc.disable()
        await app.pop_screen()
        for _ in range(int(sys.argv[3])):
            if closed() is None:
                break
            await pilot.pause(0.05)
    print(closed() is None)

asyncio.run(main())
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


@pytest.mark.parametrize(
    ("idle_seconds", "max_closed", "pauses", "is_collected"),
    [(1.0, 300, 100, True), (0.0, 300, 8, False), (0.0, 20, 100, True)],
    ids=["user rests", "user works", "too many"],
)
def test_closed_widgets_are_collected_when_the_user_rests_or_they_are_too_many(
    idle_seconds: float, max_closed: int, pauses: int, *, is_collected: bool
) -> None:
    arguments = map(str, (idle_seconds, max_closed, pauses))
    result = subprocess.run(
        [sys.executable, "-c", CLOSING_SCRIPT, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout == f"{is_collected}\n"
