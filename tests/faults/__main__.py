"""Kill server and client at random moments, and print what was lost: `python -m tests.faults`.

The seed is printed first; `--seed` repeats each client's operations and the moments of the kills.
The data and histories of a run are kept if anything acknowledged was lost or changed.
"""

import argparse
import secrets
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.faults import client_kills, server_kills
from tests.faults.checker import Fault
from tests.faults.history import Kind
from tests.running import ColdServer, ServerProcess

CLIENTS = 8
MAX_SHOWN = 40
DATABASES = {"sqlite": ["sqlite"], "postgresql": ["postgresql"], "both": ["sqlite", "postgresql"]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server and client kills and return 1 if there are findings."""
    options = _build_parser().parse_args(arguments)
    seed = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    print(f"seed {seed}: --seed {seed} repeats this run", flush=True)
    passed = True
    for kind in DATABASES[options.database] if options.kills else []:
        passed &= _run_server_kills(kind, seed, options)
    if options.client_kills:
        passed &= _run_client_kills(seed, options.client_kills)
    return 0 if passed else 1


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, help="repeat the run of a seed")
    parser.add_argument("--kills", type=int, default=200, help="kills of the server (200)")
    parser.add_argument("--client-kills", type=int, default=50, help="kills of the client (50)")
    parser.add_argument("--database", choices=DATABASES, default="both")
    parser.add_argument(
        "--clients", type=int, default=CLIENTS, help=f"concurrent clients ({CLIENTS})"
    )
    workers = "server processes (1)"
    parser.add_argument("--workers", type=int, default=1, help=workers)
    cold = "start the server command each time instead of forking a preloaded process"
    parser.add_argument("--cold", action="store_true", help=cold)
    return parser


def _run_server_kills(kind: str, seed: int, options: argparse.Namespace) -> bool:
    with _run_folder() as (folder, findings):
        result = server_kills.kill_server(
            kind,
            folder,
            seed,
            kills=options.kills,
            clients=options.clients,
            report=_report,
            server_class=ColdServer if options.cold else ServerProcess,
            workers=options.workers,
        )
        print_server_table(result)
        findings += [f"{fault}: {text}" for fault, text in result.findings]
    return not findings


def _run_client_kills(seed: int, kills: int) -> bool:
    with _run_folder() as (folder, findings):
        result = client_kills.kill_client(folder, seed, kills, _report)
        typed = f"{result.typed_count} characters typed"
        print(f"\nclient: {kills} kills in {result.seconds:.0f} s, {typed}")
        _print_row("max typing lost, seconds", f"{max(result.missing_seconds):.2f}")
        _print_row("lost, duplicated or wrong", len(result.findings))
        findings += result.findings
    return not findings


@contextmanager
def _run_folder() -> Iterator[tuple[Path, list[str]]]:
    """Yield a run's folder and list of findings, and delete the folder if there are none."""
    folder, findings = Path(mkdtemp(prefix="faults-")), list[str]()
    print(f"  data, histories and log: {folder}", flush=True)
    yield folder, findings
    for finding in findings[:MAX_SHOWN]:
        print(f"  {finding}")
    if not findings:
        shutil.rmtree(folder)


def print_server_table(result: server_kills.Result) -> None:
    """Print the results of the server kills on one database."""
    acknowledged = Counter(
        operation.kind for operation in result.operations if operation.acknowledged
    )
    faults = Counter(finding.fault for finding in result.findings)
    print(f"\nserver on {result.database}: {result.kills} kills in {result.seconds:.0f} s")
    for kind in Kind:
        _print_row(f"acknowledged: {kind}", acknowledged[kind])
    _print_row("replies lost", sum(operation.lost_replies for operation in result.operations))
    for fault in Fault:
        _print_row(fault, faults[fault])
    _print_row("mails", result.emails)
    _print_row("mails resent after a kill during delivery", result.resent_emails)
    _print_row("errors logged by the server", result.errors.total())
    for error, count in result.errors.most_common(MAX_SHOWN):
        print(f"    {count} x {error}")


def _print_row(name: str, value: object) -> None:
    print(f"  {name:<52}{value:>8}", flush=True)


def _report(message: str) -> None:
    print(f"  {message}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
