"""P2: memory of the client with a form open, and how it grows over 200 screens."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.demo_client import PROFESSIONAL, open_screen, open_signed_in, run_demo
from benchmarks.row import Row, measure_in_turn
from benchmarks.server import BIN
from benchmarks.terminal import ROOT, open_terminal, python_command

GOAL = 2.2
GROWTH_GOAL = 1.1
SCREENS = 200
FORM_KEYS, FORM_TEXT = "c", "Date started at the setting"
ROUND = (
    ("\x1b", "Continue where you left off"),
    ("gs", "records found"),
    ("\r", "What happens now?"),
    ("gm", "Subject"),
    ("\r", "n next"),
    ("ga", "[ Save ]"),
    ("gh", "Continue where you left off"),
    (FORM_KEYS, FORM_TEXT),
)
"""Keys and a text of each screen of a round, which starts and ends in the form."""


class Memory(NamedTuple):
    """Memory of a process in MB: resident, proportional and unique."""

    rss: float
    pss: float
    uss: float


def measure_rows() -> Iterator[Row]:
    """Compare the client with a bare app, and itself after 200 screens with itself before."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        with run_demo([str(BIN / "portal-server"), "demo"], home, ROOT) as url:
            results = measure_in_turn(
                {"bare": lambda: measure_bare(home), "form": lambda: measure_form(home, url)}
            )
            first, last = measure_screens(home, url)
    for name in Memory._fields:
        ours, bare = (
            median(getattr(memory, name) for memory in results[key]) for key in ("form", "bare")
        )
        goal = GOAL if name == "rss" else None
        yield Row("P2", f"{name.upper()} with a form open, vs a bare app", ours, bare, goal, "MB")
    yield Row(
        "P2",
        f"RSS after {SCREENS} screens, vs the first {len(ROUND)}",
        last,
        first,
        GROWTH_GOAL,
        "MB",
    )


def measure_bare(home: Path) -> Memory:
    """Return the memory of the bare app."""
    with open_terminal(python_command("benchmarks.bare_app"), home) as terminal:
        terminal.seconds_until("Write here", "save it")
        terminal.wait_until_idle()
        return read_memory(terminal.pid)


def measure_form(home: Path, url: str) -> Memory:
    """Return the memory of the client with a form open."""
    with open_signed_in([str(BIN / "portal")], home, ROOT, url, PROFESSIONAL) as terminal:
        open_screen(terminal, FORM_KEYS, FORM_TEXT)
        return read_memory(terminal.pid)


def measure_screens(home: Path, url: str) -> tuple[float, float]:
    """Return the RSS of the client after a round of its screens, and after 200 screens.

    Each screen is left after a third of a second. Whoever rests for a second has less in memory,
    because closed screens are collected then.
    """
    with open_signed_in([str(BIN / "portal")], home, ROOT, url, PROFESSIONAL) as terminal:
        open_screen(terminal, FORM_KEYS, FORM_TEXT)
        first = 0.0
        for _ in range(SCREENS // len(ROUND)):
            for keys, text in ROUND:
                open_screen(terminal, keys, text)
            first = first or read_memory(terminal.pid).rss
        return first, read_memory(terminal.pid).rss


def read_memory(pid: int) -> Memory:
    """Read the memory of a process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {name: int(value.split()[0]) for name, value in (line.split(":") for line in lines)}
    unique = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return Memory(*(size / 1024 for size in (kilobytes["Rss"], kilobytes["Pss"], unique)))
