"""The `portal` command: starts the client, a demo with its own server, or check a receipt."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tui.core.ending import has_terminal
from tui.core.settings import SettingsError, load_settings

NO_TERMINAL = "The portal needs a terminal; over SSH, use ssh -t."


class VersionAction(argparse.Action):
    """Prints the version, importing the slow metadata module only when needed."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print the version and exit."""
        from importlib.metadata import version

        print(version("professional-portal"))
        parser.exit()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="portal", description="The Professional Portal, in the terminal."
    )
    parser.add_argument(
        "--version", action=VersionAction, nargs=0, help="say the version and leave"
    )
    parser.add_argument("--server", help="the portal's address, as https://portal.example")
    _add_commands(parser)
    options = parser.parse_args(arguments)
    if options.what == "receipt":
        return _verify(options)
    if not has_terminal():
        print(NO_TERMINAL, file=sys.stderr)
        return 2
    if options.what == "demo":
        return _demo()
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
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    from tui.forms.receipts import verify

    return verify(options.file, options.key, server)


def _run(server: str | None) -> int:
    try:
        settings = load_settings(server)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    from tui.app import PortalApp

    app = PortalApp(settings)
    app.run()
    return app.return_code or 0


def _demo() -> int:
    """Run the client against `portal-server demo`, which stops when its stdin is closed."""
    import subprocess
    import tempfile

    command = Path(sys.argv[0]).with_name("portal-server")
    # The server's log goes to a file, because it would overwrite the screen.
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(  # noqa: S603 - installed next to this program
            [str(command), "demo"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # it must clean up even if the terminal hangs up
        ) as server,
    ):
        assert server.stdin is not None  # noqa: S101 - opened with PIPE
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
