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
from tests.faults.forked import ForkedServer
from tests.faults.history import Kind
from tests.running import ServerProcess

CLIENTS = 8
MOST_SHOWN = 40
DATABASES = {"sqlite": ["sqlite"], "postgresql": ["postgresql"], "both": ["sqlite", "postgresql"]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server and client kills; returns exit code 1 if there are findings."""
    options = _parser().parse_args(arguments)
    seed = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    print(f"seed {seed}: --seed {seed} repeats this run", flush=True)
    passed = True
    for kind in DATABASES[options.database] if options.kills else []:
        passed &= _server_part(kind, seed, options)
    if options.client_kills:
        passed &= _client_part(seed, options.client_kills)
    return 0 if passed else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, help="repeat the run of a seed")
    parser.add_argument("--kills", type=int, default=200, help="kills of the server (200)")
    parser.add_argument("--client-kills", type=int, default=50, help="kills of the client (50)")
    parser.add_argument("--database", choices=DATABASES, default="both")
    parser.add_argument("--clients", type=int, default=CLIENTS, help=f"clients at once ({CLIENTS})")
    workers = "processes of the server (1); more of them need --cold"
    parser.add_argument("--workers", type=int, default=1, help=workers)
    cold = "start the command each time, instead of forking servers that are loaded already"
    parser.add_argument("--cold", action="store_true", help=cold)
    return parser


def _server_part(kind: str, seed: int, options: argparse.Namespace) -> bool:
    with _run_folder() as (folder, findings):
        result = server_kills.kill_server(
            kind,
            folder,
            seed,
            kills=options.kills,
            clients=options.clients,
            report=_report,
            serve=ServerProcess if options.cold else ForkedServer,
            workers=options.workers,
        )
        print_server_table(result)
        findings += [f"{fault}: {text}" for fault, text in result.findings]
    return not findings


def _client_part(seed: int, kills: int) -> bool:
    with _run_folder() as (folder, findings):
        result = client_kills.kill_client(folder, seed, kills, _report)
        print(f"\nclient: {kills} kills in {result.seconds:.0f} s, {result.typed} characters typed")
        _row("most typing lost, seconds", f"{max(result.missing):.2f}")
        _row("lost, doubled or wrong", len(result.findings))
        findings += result.findings
    return not findings


@contextmanager
def _run_folder() -> Iterator[tuple[Path, list[str]]]:
    """Yield a run's folder and its list of findings; deletes the folder if there are none."""
    folder, findings = Path(mkdtemp(prefix="faults-")), list[str]()
    print(f"  data, histories and log: {folder}", flush=True)
    yield folder, findings
    for finding in findings[:MOST_SHOWN]:
        print(f"  {finding}")
    if not findings:
        shutil.rmtree(folder)


def print_server_table(result: server_kills.Result) -> None:
    """Print the results for one database."""
    acknowledged = Counter(
        operation.kind for operation in result.operations if operation.acknowledged
    )
    faults = Counter(finding.fault for finding in result.findings)
    print(f"\nserver on {result.database}: {result.kills} kills in {result.seconds:.0f} s")
    for kind in Kind:
        _row(f"acknowledged: {kind}", acknowledged[kind])
    _row("replies lost", sum(operation.lost_replies for operation in result.operations))
    for fault in Fault:
        _row(fault, faults[fault])
    _row("mails", result.emails)
    _row("mails sent again, in the relay's hands at a kill", result.resent_emails)
    _row("errors logged by the server", result.errors.total())
    for error, count in result.errors.most_common(MOST_SHOWN):
        print(f"    {count} x {error}")


def _row(name: str, value: object) -> None:
    print(f"  {name:<52}{value:>8}", flush=True)


def _report(message: str) -> None:
    print(f"  {message}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
