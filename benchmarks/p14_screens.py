"""P14: opening screens, compared with the portal of 27 November 2026, before it became faster.

The former portal is taken from the history of the repository, and runs on the same libraries.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.demo_client import OFFICER, PROFESSIONAL, open_screen, open_signed_in, run_demo
from benchmarks.row import Row, measure_in_turn
from benchmarks.terminal import ROOT, Response, Terminal

FORMER_COMMIT = "6dab0f9c"
GOAL = 0.6
BACK = "\x1b"


class Opening(NamedTuple):
    """A screen, the keys that open it, and a text of it.

    `ways` has the keys and texts of the screens from Home to the one before: first those of the
    portal, then those of the former one.
    """

    label: str
    email: str
    ways: tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]
    keys: tuple[str, str]
    text: str


LISTS = (("gs", "records found"),), (("\r", "records found"),)
DOWN = "\x1b[B"
CHILD = ("\r", "No request yet")
"""A child with a draft, the tenth or ninth of the list."""
MESSAGES_BUTTON = (("\t" * 4, "▸ [ Messages"),), (("\t", "Messages"),)
OPENINGS = (
    Opening("child's progress", PROFESSIONAL, LISTS, ("\r", "\r"), "What happens now?"),
    Opening("child's details", PROFESSIONAL, LISTS, ("e", "e"), "First name"),
    Opening(
        "form",
        PROFESSIONAL,
        (
            (*LISTS[0], (DOWN * 9, "Quayle"), CHILD),
            (*LISTS[1], (DOWN * 8, "Quayle"), CHILD),
        ),
        ("\r", "\r"),
        "Attainment and rate of progress",
    ),
    Opening("Messages", PROFESSIONAL, MESSAGES_BUTTON, ("\r", "\r"), "Subject"),
    Opening(
        "case",
        OFFICER,
        ((("gc", "records found"),), LISTS[1]),
        ("\r", "\r"),
        "History",
    ),
)


def measure_rows() -> Iterator[Row]:
    """Compare the seconds and CPU seconds from a key until its screen is at rest."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        former = Path(folder) / "former"
        extract_commit(FORMER_COMMIT, former)
        trees = (ROOT, former)
        urls = [
            stack.enter_context(run_demo(build_command("server", "demo"), Path(folder), tree))
            for tree in trees
        ]
        for opening in OPENINGS:
            with ExitStack() as terminals:
                measures = {}
                for tree, url, way, keys in zip(
                    trees, urls, opening.ways, opening.keys, strict=True
                ):
                    terminal = terminals.enter_context(
                        open_signed_in(build_command("tui"), Path(folder), tree, url, opening.email)
                    )
                    for way_keys, text in way:
                        open_screen(terminal, way_keys, text)
                    measures[tree.name] = partial(open_and_leave, terminal, keys, opening.text)
                results = measure_in_turn(measures)
            for field, label in (("seconds", "time"), ("cpu_seconds", "CPU")):
                ours, baseline = (
                    median(getattr(response, field) for response in results[tree.name]) * 1000
                    for tree in trees
                )
                yield Row("P14", f"{opening.label}, {label} vs former", ours, baseline, GOAL, "ms")


def open_and_leave(terminal: Terminal, keys: str, text: str) -> Response:
    """Open a screen, and return how long it took once it's closed again."""
    response = terminal.time_response(keys, text)
    terminal.press(BACK)
    terminal.wait_until_idle()
    return response


def extract_commit(commit: str, folder: Path) -> None:
    """Write the files of a commit to a folder."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)


def build_command(package: str, *arguments: str) -> list[str]:
    """Build the command that runs the command line of a package in the working directory."""
    run = f"import sys; from {package}.cli import main; sys.exit(main())"
    return [sys.executable, "-c", run, *arguments]
