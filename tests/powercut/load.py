"""Recorded process: starts the real server, runs the load, and kills the server.

`python -m tests.powercut.load` reads a plan from stdin, and the server's settings from the
environment.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import monotonic

import httpx

from tests.powercut import clients
from tests.powercut.plan import Plan

PATIENCE = 60.0
BETWEEN_TRIES = 0.1
SERVER = [str(Path(sys.executable).parent / "portal-server"), "serve"]


def main() -> None:
    """Run the plan; exits with an error if a request is refused."""
    plan = Plan.model_validate_json(sys.stdin.read())
    for kills_left in range(plan.kills, -1, -1):
        server = subprocess.Popen(SERVER)
        try:
            work(plan, server)
            if not kills_left:
                server.terminate()
                server.wait(PATIENCE)
        finally:
            server.kill()
            server.wait()


def work(plan: Plan, server: subprocess.Popen[bytes]) -> None:
    """Run the rounds of all workers concurrently."""
    wait_for(plan.url, server)
    with ThreadPoolExecutor(len(plan.workers)) as pool:
        rounds = [
            pool.submit(clients.work, plan, worker, number)
            for number, worker in enumerate(plan.workers)
        ]
    for each in rounds:
        each.result()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        with suppress(httpx.TransportError):
            httpx.get(f"{url}/v1/health").raise_for_status()
            return
        with suppress(subprocess.TimeoutExpired):
            raise SystemExit(f"The server ended: {server.wait(BETWEEN_TRIES)}")
    raise SystemExit("The server never answered.")


if __name__ == "__main__":
    main()
