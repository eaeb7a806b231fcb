"""The command `portal`: start the client, or the demo with a server of its own."""

from __future__ import annotations

import argparse
import sys

from tui.core.settings import BadSettings, load_settings


class Version(argparse.Action):
    """Prints the version; what reads it is slow to import, so only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and leave."""
        from importlib.metadata import version

        print(version("professional-portal"))
        parser.exit()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="portal", description="The Professional Portal, in the terminal."
    )
    parser.add_argument("--version", action=Version, nargs=0, help="say the version and leave")
    parser.add_argument("--server", help="the portal's address, as https://portal.example")
    parser.add_argument(
        "what", nargs="?", choices=["demo"], help="demo: try it with a server of its own"
    )
    options = parser.parse_args(arguments)
    if options.what == "demo":
        return _demo()
    return _run(options.server)


def _run(server: str | None) -> int:
    try:
        settings = load_settings(server)
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    from tui.app import PortalApp

    app = PortalApp(settings)
    app.run()
    return app.return_code or 0


def _demo() -> int:
    """Start `portal-server demo` beside the client; it ends when its input closes."""
    import subprocess
    import tempfile
    from pathlib import Path

    command = Path(sys.argv[0]).with_name("portal-server")
    # What the server logs must not be written across the screen.
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(  # noqa: S603 - the program installed beside this one
            [str(command), "demo"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # a terminal that hangs up must not end it before it tidies up
        ) as server,
    ):
        assert server.stdin is not None  # noqa: S101 - pipes were asked for
        assert server.stdout is not None  # noqa: S101
        ready = server.stdout.readline().split()
        if ready[:1] == ["READY"]:
            try:
                return _run(ready[1])
            finally:
                server.stdin.close()
        log.seek(0)
        print(log.read(), "The demo's server did not start.", sep="\n", file=sys.stderr)
        return 1
