"""The command `portal`: start the client, the demo with its own server, or check a receipt."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

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
    _add_commands(parser)
    options = parser.parse_args(arguments)
    if options.what == "demo":
        return _demo()
    if options.what == "receipt":
        return _verify(options)
    return _run(options.server)


def _add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="what")
    commands.add_parser("demo", help="try it with a server of its own")
    receipt = commands.add_parser("receipt", help="check the receipt of a saved copy")
    does = receipt.add_subparsers(dest="do", required=True)
    verify = does.add_parser("verify", help="say whether a copy is as the portal made it")
    verify.add_argument("file", type=Path, help="the copy, a PDF or plain text")
    verify.add_argument(
        "--key", type=Path, help="a file with the portal's key, from its address /v1/receipts/key"
    )


def _verify(options: argparse.Namespace) -> int:
    try:
        server = load_settings(options.server).server
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    from tui.forms.receipts import verify

    return verify(options.file, options.key, server)


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
