"""Type over bad lines, and kill the client while typing: `python -m tests.chaos`.

The first seed is printed; `--seed` gives the same lines again.
"""

import argparse
import secrets
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from tests.chaos.typists import OTHER, Result, run_pair
from tests.faults.client_kills import kill_client
from tests.faults.members import register
from tests.faults.relay import listening
from tests.running import ServerProcess, free_port

PLACES = (("end", "start"), ("end", OTHER))
"""What the two write into: the same answer, each at an end of it, or two answers."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both parts; the exit code is 1 where a character was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="the first seed")
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds (100)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of typing for each seed (60)")
    parser.add_argument("--at-once", type=int, default=4, help="pairs of clients at once (4)")
    parser.add_argument("--kills", type=int, default=100, help="kills of the client (100)")
    options = parser.parse_args(arguments)
    first = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    print(f"seed {first}: --seed {first} gives the same lines", flush=True)
    right = True
    if options.seeds:
        right &= _typists(range(first, first + options.seeds), options.seconds, options.at_once)
    if options.kills:
        right &= _kills(first, options.kills)
    return 0 if right else 1


def _report(words: str) -> None:
    print(f"  {words}", flush=True)


def _typists(seeds: range, seconds: float, at_once: int) -> bool:
    lock = Lock()
    with TemporaryDirectory() as name, listening(free_port()) as relay:
        folder = Path(name)
        server = ServerProcess(folder, mail_port=relay.port)

        def run(number: int) -> Result:
            with lock:
                a, b = (
                    register(server.url, relay, f"{letter}-{number}@osierbeck.example")
                    for letter in "ab"
                )
            part = range(seeds[number], seeds.stop, at_once)
            where = PLACES[number % len(PLACES)]
            return run_pair(folder / f"{number}", server, (a, b), where, part, seconds, _report)

        try:
            with ThreadPoolExecutor(at_once) as pool:
                results = list(pool.map(run, range(min(at_once, len(seeds)))))
        finally:
            server.kill()
    for finding in (one for result in results for one in result.findings):
        print(f"  ✗ {finding}")
    print(f"seeds {sum(r.seeds for r in results)}, characters {sum(r.typed for r in results)}")
    print(f"lines: {dict(sum((r.modes for r in results), Counter()))}")
    return not any(result.findings for result in results)


def _kills(seed: int, kills: int) -> bool:
    with TemporaryDirectory() as name:
        result = kill_client(Path(name), seed, kills, _report, bad_connection=True)
    for finding in result.findings:
        print(f"  ✗ {finding}")
    worst = max(result.missing, default=0.0)
    print(f"kills {result.kills}, characters {result.typed}, at most {worst:.2f} s missing")
    return not result.findings


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
