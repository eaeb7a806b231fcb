"""The `portal` command: starts the client or a demo, verifies a receipt or checks for updates."""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui.core.ending import has_terminal
from tui.core.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from tui.core.handover import Handover

NO_TERMINAL = "The portal needs a terminal; over SSH, use ssh -t."


class VersionAction(argparse.Action):
    """Prints the version; imports the slow metadata module only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print the version and exit."""
        from importlib.metadata import version

        print(version("professional-portal"))
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="portal", description="The Professional Portal, in the terminal."
    )
    parser.add_argument(
        "--version", action=VersionAction, nargs=0, help="print the version and exit"
    )
    parser.add_argument("--server", help="address of the server, such as https://portal.example")
    parser.add_argument(
        "--restricted", action="store_true", help="confine the client to one folder of the machine"
    )
    parser.add_argument("--folder", type=Path, help="that folder (default: portal, in your home)")
    parser.add_argument("--handover", type=int, help=argparse.SUPPRESS)
    _add_commands(parser)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.restricted and options.command:
        parser.error("--restricted starts the client, and no other command.")
    if options.folder and not options.restricted:
        parser.error("--folder is the folder of --restricted, which is missing.")
    if options.command == "receipt":
        return _verify_receipt(options)
    if options.command == "update-check":
        return _check_for_update(options)
    if not has_terminal():
        print(NO_TERMINAL, file=sys.stderr)
        return 2
    if options.command == "demo":
        return _run_demo()
    if options.restricted:
        return _run_restricted(options)
    return _run_client(options.server)


def _add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("demo", help="start the client with a local demo server")
    commands.add_parser("update-check", help="ask the server which version it recommends")
    receipt = commands.add_parser("receipt", help="verify the receipt of a saved copy")
    actions = receipt.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="check that a copy is unchanged")
    verify.add_argument("file", type=Path, help="the copy, as PDF or plain text")
    verify.add_argument(
        "--key", type=Path, help="file with the server's public key, from /v1/receipts/key"
    )


def _verify_receipt(options: argparse.Namespace) -> int:
    try:
        settings = load_settings(options.server)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    from tui.forms.receipts import verify

    return verify(options.file, options.key, settings)


def _check_for_update(options: argparse.Namespace) -> int:
    try:
        settings = load_settings(options.server)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    from tui.accounts.updates import check

    return check(settings)


def _run_client(server: str | None) -> int:
    try:
        settings = load_settings(server)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    return _run_app(settings)


def _run_restricted(options: argparse.Namespace) -> int:
    from tui.core.handover import read_handover
    from tui.core.restriction import restrict

    handover = None if options.handover is None else read_handover(options.handover)
    try:
        settings = load_settings(options.server, restricted=True)
        limits = (handover.note, handover.quota) if handover else ()
        restrict(options.folder, settings.ca_file, *limits)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    return _run_app(settings, handover)


def _run_app(settings: Settings, handover: Handover | None = None) -> int:
    gc.disable()  # until the first screen is drawn: starting creates many objects, but no garbage
    from tui.app import PortalApp

    app = PortalApp(settings)
    if handover is not None:
        from tui.session import TOKEN

        app.client.origin = handover.origin
        app.session.only_account = handover.account
        app.session.sign_in_seconds = handover.sign_in_seconds
        if handover.token:
            asyncio.run(app.keychain.set(TOKEN, handover.token))
    app.run()
    return app.return_code or 0


def _run_demo() -> int:
    """Run the client against `portal-server demo`, which stops when its stdin is closed."""
    import subprocess
    import tempfile

    command = Path(sys.argv[0]).with_name("portal-server")
    # The server logs to a file, because its output would overwrite the screen.
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(  # noqa: S603 - installed next to this program
            [str(command), "demo"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # so that it can clean up if the terminal hangs up
        ) as server,
    ):
        assert server.stdin is not None  # noqa: S101 - opened with PIPE
        assert server.stdout is not None  # noqa: S101 - likewise
        ready = server.stdout.readline().split()
        if ready[:1] == ["READY"]:
            try:
                return _run_client(ready[1])
            finally:
                server.stdin.close()
        log.seek(0)
        print(log.read().strip(), "The demo's server did not start.", sep="\n", file=sys.stderr)
        return 2
