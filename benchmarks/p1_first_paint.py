"""P1: time from starting `portal` until the sign-in form is painted."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.row import Row, measure_medians
from benchmarks.server import BIN, run_default_server
from benchmarks.terminal import open_terminal, python_command

GOAL = 1.25


def measure_rows() -> Iterator[Row]:
    """Compare the client with a bare app with a header, an input and a footer."""
    with TemporaryDirectory() as folder, run_default_server(Path(folder)) as url:
        home = Path(folder)

        def time_start(command: list[str], *texts: str) -> float:
            with open_terminal(command, home) as terminal:
                return terminal.seconds_until(*texts)

        portal = [str(BIN / "portal"), "--server", url]
        medians = measure_medians(
            {
                "bare": lambda: time_start(
                    python_command("benchmarks.bare_app"), "Write here", "save it"
                ),
                "ours": lambda: time_start(
                    portal, "Email address", "Password", "[ Sign in ]", "everything else"
                ),
            }
        )
    yield Row(
        "P1",
        "start to the sign-in form, vs a bare app",
        medians["ours"],
        medians["bare"],
        GOAL,
        "s",
    )
