"""P1: time from starting `portal` until the sign-in form is painted."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.row import Row, measure_in_turn
from benchmarks.server import BIN, run_default_server
from benchmarks.terminal import open_terminal, python_command, read_cpu_seconds

GOAL = 1.1


def measure_rows() -> Iterator[Row]:
    """Compare the client with a bare app with a header, an input and a footer."""
    with TemporaryDirectory() as folder, run_default_server(Path(folder)) as url:
        home = Path(folder)

        def start(command: list[str], *texts: str) -> tuple[float, float]:
            with open_terminal(command, home) as terminal:
                return terminal.seconds_until(*texts), read_cpu_seconds(terminal.pid)

        portal = [str(BIN / "portal"), "--server", url]
        results = measure_in_turn(
            {
                "bare": lambda: start(
                    python_command("benchmarks.bare_app"), "Write here", "save it"
                ),
                "ours": lambda: start(
                    portal, "Email address", "Password", "[ Sign in ]", "everything else"
                ),
            }
        )
    for index, name in enumerate(("time", "CPU time")):
        ours, bare = (median(result[index] for result in results[key]) for key in ("ours", "bare"))
        yield Row("P1", f"{name} to the sign-in form, vs a bare app", ours, bare, GOAL, "s")
