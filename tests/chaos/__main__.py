"""Type over bad connections and kill clients while they type: `python -m tests.chaos`.

The first seed is printed; pass it as `--seed` to repeat the run.
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

from tests.chaos.typists import OTHER_FIELD, Result, run_pair
from tests.faults.client_kills import kill_client
from tests.faults.members import ADD_ORGANISATION, register
from tests.faults.relay import run_relay
from tests.running import ServerProcess, find_free_port

PLACES = (("end", "start"), ("end", OTHER_FIELD))
"""Where each typist types: at opposite ends of one answer, or in two answers."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the typists and the kills and return 1 if a character was lost or duplicated."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="the first seed")
    parser.add_argument("--seeds", type=int, default=100, help="number of seeds (100)")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="seconds of typing per seed (60)"
    )
    parser.add_argument("--at-once", type=int, default=4, help="concurrent pairs of clients (4)")
    parser.add_argument("--kills", type=int, default=100, help="kills of the client (100)")
    options = parser.parse_args(arguments)
    first = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    print(f"seed {first}: --seed {first} repeats the connection faults", flush=True)
    ok = True
    if options.seeds:
        ok &= _run_typists(range(first, first + options.seeds), options.seconds, options.at_once)
    if options.kills:
        ok &= _run_kills(first, options.kills)
    return 0 if ok else 1


def _report(message: str) -> None:
    print(f"  {message}", flush=True)


def _run_typists(seeds: range, seconds: float, at_once: int) -> bool:
    lock = Lock()
    with TemporaryDirectory() as name, run_relay(find_free_port()) as relay:
        folder = Path(name)
        server = ServerProcess(folder, mail_port=relay.port)
        server.run(*ADD_ORGANISATION)

        def run(worker: int) -> Result:
            with lock:
                a, b = (
                    register(server.url, relay, f"{letter}-{worker}@osierbeck.example")
                    for letter in "ab"
                )
            worker_seeds = range(seeds[worker], seeds.stop, at_once)
            places = PLACES[worker % len(PLACES)]
            return run_pair(
                folder / f"{worker}", server, (a, b), places, worker_seeds, seconds, _report
            )

        try:
            with ThreadPoolExecutor(at_once) as pool:
                results = list(pool.map(run, range(min(at_once, len(seeds)))))
        finally:
            server.kill()
    for finding in (finding for result in results for finding in result.findings):
        print(f"  ✗ {finding}")
    typed_count = sum(result.typed_count for result in results)
    print(f"seeds {sum(result.seed_count for result in results)}, characters {typed_count}")
    print(f"connection modes: {dict(sum((result.modes for result in results), Counter()))}")
    return not any(result.findings for result in results)


def _run_kills(seed: int, kills: int) -> bool:
    with TemporaryDirectory() as name:
        result = kill_client(Path(name), seed, kills, _report, bad_connection=True)
    for finding in result.findings:
        print(f"  ✗ {finding}")
    max_loss = max(result.missing_seconds, default=0.0)
    print(f"kills {result.kill_count}, characters {result.typed_count}, max loss {max_loss:.2f} s")
    return not result.findings


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
