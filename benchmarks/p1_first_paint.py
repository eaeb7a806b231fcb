"""P1: time from starting `portal` until the sign-in form is painted."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.row import Row, measure_medians
from benchmarks.server import BIN, running
from benchmarks.terminal import open_terminal, python

GOAL = 1.25


def rows() -> Iterator[Row]:
    """Compare the client to a bare app with a header, an input and a footer."""
    with TemporaryDirectory() as folder, running(Path(folder)) as url:
        home = Path(folder)

        def seconds(command: list[str], *texts: str) -> float:
            with open_terminal(command, home) as terminal:
                return terminal.seconds_until(*texts)

        portal = [str(BIN / "portal"), "--server", url]
        medians = measure_medians(
            {
                "bare": lambda: seconds(python("benchmarks.bare_app"), "Write here", "save it"),
                "ours": lambda: seconds(
                    portal, "Email address", "Password", "[ Sign in ]", "everything else"
                ),
            }
        )
    yield Row(
        "P1",
        "start to the sign-in form, to a bare app",
        medians["ours"],
        medians["bare"],
        GOAL,
        "s",
    )
