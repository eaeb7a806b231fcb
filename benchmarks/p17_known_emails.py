"""P17: time of sign-in, registration and reset for known emails, compared with unknown ones."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

import httpx

from benchmarks.row import ROUNDS, Row
from benchmarks.seeding import SECRET
from benchmarks.server import run_portal_server
from benchmarks.tutorial import seed_database

EMAILS = 40
"""Known and as many unknown emails for each request, each tried once a round."""
GOAL = 1.1

Send = Callable[[httpx.Client, str], httpx.Response]


def sign_in(client: httpx.Client, email: str) -> httpx.Response:
    """Sign in with a wrong password."""
    return client.post("/v1/sessions", json={"email": email, "password": "wrong"})


def register(client: httpx.Client, email: str) -> httpx.Response:
    """Register with an email."""
    work = {
        "role": "senco",
        "organisation": "Osierbeck Academy",
        "address": "1 Osier Way, Leicester",
        "postcode": "LE1 1FZ",
        "work_phone": "0116 496 0102",
    }
    body = {
        "id": str(uuid4()),
        "email": email,
        "password": "four herons by a kiln",
        "about": {"first_name": "Ivy", "last_name": "Teasel", "phone": "0116 496 0199"},
        "work": work,
        "notice_accepted": True,
    }
    return client.post("/v1/registrations", json=body)


def request_reset(client: httpx.Client, email: str) -> httpx.Response:
    """Request a reset link."""
    return client.post("/v1/password/forgotten", json={"email": email})


REQUESTS: dict[str, tuple[Send, int, int]] = {
    "sign-in": (sign_in, 401, 1),
    "registration": (register, 201, 1),
    "reset": (request_reset, 204, ROUNDS),
}
"""Each request, the status of its reply, and its rounds: more for what takes milliseconds."""


def measure_rows() -> Iterator[Row]:
    """Compare the median times; the slower of the two is reported against the faster."""
    with TemporaryDirectory() as folder:
        known = [user.email for user in seed_database(Path(folder), EMAILS)]
        unknown = [f"nobody{number}@osierbeck.example" for number in range(EMAILS)]
        # A relay that never answers, so that sending emails takes no time of the server.
        with (
            socket.create_server(("127.0.0.1", 0)) as relay,
            run_portal_server(
                Path(folder),
                SECRET,
                workers=1,
                proxies="127.0.0.1",
                mail_port=relay.getsockname()[1],
            ) as server,
        ):
            for name, (send, status, rounds) in REQUESTS.items():
                times = _time_in_turn(server.url, send, status, known * rounds, unknown * rounds)
                faster, slower = sorted(median(values) * 1000 for values in times)
                yield Row("P17", f"{name}: known or unknown email", slower, faster, GOAL, "ms")


def _time_in_turn(
    url: str, send: Send, status: int, known: list[str], unknown: list[str]
) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = ([], [])
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        send(client, "warm@osierbeck.example")
        for number, emails in enumerate(zip(known, unknown, strict=True)):
            # Each pair comes from an address of its own, so that none is throttled.
            client.headers["X-Forwarded-For"] = f"192.0.2.{number}"
            for kind in (0, 1) if number % 2 else (1, 0):
                started_at = perf_counter()
                reply = send(client, emails[kind])
                times[kind].append(perf_counter() - started_at)
                assert reply.status_code == status, reply.text
    return times
