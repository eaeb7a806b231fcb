"""P11: from Select Person to a form on screen, over a slow link, and the round trips it takes."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.demo_client import PROFESSIONAL, open_screen, open_signed_in, run_demo
from benchmarks.row import Row, measure_in_turn
from benchmarks.server import BIN
from benchmarks.slow_link import SlowLink, open_slow_link
from benchmarks.terminal import ROOT

ROUND_TRIP_SECONDS = 0.3
BYTES_PER_SECOND = 1_000_000 / 8
GOAL_SECONDS = 1.2
ROUND_TRIPS_GOAL = 1
LIST_KEYS = (("gs", "records found"), ("/quayle", " 1 "), ("\r", "▸ Quayle"))
SCREENS = (("\r", "▸ Continue"), ("\r", "Attainment and rate of progress"))
"""Keys and texts of the screens from Select Person to the form."""


def measure_rows() -> Iterator[Row]:
    """Measure the first form of a session over a slow link, compared with none."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        with (
            run_demo([str(BIN / "portal-server"), "demo"], home, ROOT) as url,
            open_slow_link(url, ROUND_TRIP_SECONDS / 2, BYTES_PER_SECOND) as slow,
            open_slow_link(url, 0, 1e9) as fast,
        ):
            results = measure_in_turn(
                {
                    "slow": lambda: open_form(home, url, slow),
                    "fast": lambda: open_form(home, url, fast),
                }
            )
    label = "Select Person to a form, 300 ms and 1 Mbit/s"
    for index, name, goal, unit in (
        (0, label, GOAL_SECONDS, "s"),
        (1, "round trips a screen", ROUND_TRIPS_GOAL, ""),
    ):
        ours, baseline = (median(result[index] for result in results[key]) for key in results)
        yield Row("P11", name, ours, baseline, goal, unit, absolute=True)


def open_form(home: Path, url: str, link: SlowLink) -> tuple[float, float]:
    """Sign in and open a form, and return its seconds and round trips a screen."""
    with open_signed_in([str(BIN / "portal")], home, ROOT, url, PROFESSIONAL, link.url) as terminal:
        for keys, text in LIST_KEYS:
            open_screen(terminal, keys, text)
        round_trips, started_at = link.round_trips, perf_counter()
        for key, text in SCREENS:
            terminal.press(key)
            terminal.wait_for(text)
        seconds = perf_counter() - started_at
        return seconds, (link.round_trips - round_trips) / len(SCREENS)
