"""Kill one of several servers at a time, and print what was lost: `python -m tests.many`.

The seed is printed first; `--seed` repeats each client's operations and the moments of the kills.
The histories and logs of a run are kept if anything acknowledged was lost or done twice.
"""

import argparse
import secrets
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from tests.faults.history import Kind
from tests.many.balancers import run_caddy, run_small_balancer
from tests.many.run import Result, kill_one_at_a_time

MAX_SHOWN = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the servers and return 1 if there are findings."""
    options = _build_parser().parse_args(arguments)
    seed = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    has_caddy = shutil.which("caddy") is not None
    balancer_name = "caddy" if has_caddy else "the tests' own balancer"
    folder = Path(mkdtemp(prefix="many-"))
    place = f"behind {balancer_name}, in {folder}"
    print(f"seed {seed}: --seed {seed} repeats this run, {place}", flush=True)
    result = kill_one_at_a_time(
        folder,
        seed,
        servers=options.servers,
        kills=options.kills,
        clients=options.clients,
        balancer=run_caddy if has_caddy else run_small_balancer,
        report=lambda message: print(f"  {message}", flush=True),
        cold=options.cold,
    )
    print_table(result, options.servers, options.kills)
    for finding in result.findings[:MAX_SHOWN]:
        print(f"  {finding.fault}: {finding.message}")
    if result.findings:
        return 1
    shutil.rmtree(folder)
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.many", description=__doc__)
    parser.add_argument("--seed", type=int, help="repeat the run of a seed")
    parser.add_argument("--servers", type=int, default=3, help="number of servers (3)")
    parser.add_argument("--kills", type=int, default=20, help="kills, of each server in turn (20)")
    parser.add_argument("--clients", type=int, default=8, help="concurrent clients (8)")
    cold = "start the server command each time instead of forking a preloaded process"
    parser.add_argument("--cold", action="store_true", help=cold)
    return parser


def print_table(result: Result, servers: int, kills: int) -> None:
    """Print the results of a run."""
    acknowledged = Counter(op.kind for op in result.operations if op.acknowledged)
    print(f"\n{servers} servers: {kills} kills in {result.seconds:.0f} s")
    rows = [(f"acknowledged: {kind}", acknowledged[kind]) for kind in Kind]
    rows += [
        ("replies lost, and repeated by the clients", _count_lost_replies(result)),
        ("mails", result.emails),
        ("mails resent after a kill during delivery", result.resent_emails),
        ("reminders", result.reminders),
        ("documents scanned", result.scans),
        ("scans repeated after a kill during a scan", result.repeated_scans),
        ("lost, wrong or done twice", len(result.findings)),
    ]
    for name, value in rows:
        print(f"  {name:<52}{value:>8}", flush=True)


def _count_lost_replies(result: Result) -> int:
    return sum(operation.lost_replies for operation in result.operations)


if __name__ == "__main__":
    sys.exit(main())
