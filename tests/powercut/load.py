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

TIMEOUT_SECONDS = 60.0
RETRY_SECONDS = 0.1
SERVER = [str(Path(sys.executable).parent / "portal-server"), "serve"]


def main() -> None:
    """Run the plan and exit with an error if a request is refused."""
    plan = Plan.model_validate_json(sys.stdin.read())
    for kills_left in range(plan.kills, -1, -1):
        server = subprocess.Popen(SERVER)
        try:
            run_workers(plan, server)
            if not kills_left:
                server.terminate()
                server.wait(TIMEOUT_SECONDS)
        finally:
            server.kill()
            server.wait()


def run_workers(plan: Plan, server: subprocess.Popen[bytes]) -> None:
    """Run the rounds of all workers concurrently."""
    wait_for_server(plan.url, server)
    with ThreadPoolExecutor(len(plan.workers)) as pool:
        futures = [
            pool.submit(clients.run_client, plan, worker, number)
            for number, worker in enumerate(plan.workers)
        ]
    for future in futures:
        future.result()


def wait_for_server(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    deadline = monotonic() + TIMEOUT_SECONDS
    while monotonic() < deadline:
        with suppress(httpx.TransportError):
            httpx.get(f"{url}/v1/health").raise_for_status()
            return
        with suppress(subprocess.TimeoutExpired):
            raise SystemExit(f"The server exited: {server.wait(RETRY_SECONDS)}")
    raise SystemExit("The server did not answer.")


if __name__ == "__main__":
    main()
