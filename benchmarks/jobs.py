"""Jobs that load-test clients run: save an answer, read a page, upload, sign in."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter, time
from urllib.parse import urlsplit
from uuid import uuid4

import pyotp
import uvloop

from benchmarks.http_client import Connection, Request, Response
from benchmarks.load_results import LoadResults, send
from benchmarks.pdf import make_pdf
from benchmarks.prose import prose
from benchmarks.seeding import LONG_TEXT, PASSWORD, PEOPLE_PER_PROFESSIONAL, Professional

Send = Callable[[Request], Awaitable[Response | None]]
"""Sends a request and records it; returns None if it was not served."""
Job = Callable[[Professional, Send], Awaitable[None]]

JSON = {"Content-Type": "application/json"}
ANSWER = prose(1024)
TOTP_PERIOD = 30
PDF = make_pdf(bytes(range(256)) * 800)
"""About 200 kB; the server checks the first bytes."""


async def save(user: Professional, send: Send) -> None:
    """Save a one-kilobyte long-text answer, as the form editor does."""
    user.pending_save = user.pending_save or uuid4()
    body = {"save": str(user.pending_save), "changes": {LONG_TEXT: ANSWER}}
    request = Request(
        "PATCH",
        f"/v1/submissions/{user.submission}/answers",
        user.token,
        json.dumps(body).encode(),
        {**JSON, "If-Match": f'"{user.version}"'},
    )
    if response := await send(request):
        user.version = json.loads(response.body)["version"]
        user.pending_save = None


async def read(user: Professional, send: Send) -> None:
    """Read the first page of Select Person."""
    await send(Request("GET", f"/v1/people?limit={PEOPLE_PER_PROFESSIONAL}", user.token))


async def read_portal(user: Professional, send: Send) -> None:
    """Read the portal info, which is a client's first request."""
    await send(Request("GET", "/v1/portal"))


async def upload(user: Professional, send: Send) -> None:
    """Upload a new document for a child."""
    target = f"/v1/people/{user.person}/documents/{uuid4()}?name=report.pdf"
    await send(Request("PUT", target, user.token, PDF))


async def sign_in(user: Professional, send: Send) -> None:
    """Sign in with password and code, and use the new session from then on."""
    token = await send_password(user, send)
    if token is None:
        return
    # The server accepts each code once, but also accepts the next code early.
    user.totp_step = max(int(time()) // TOTP_PERIOD, user.totp_step + 1)
    code = pyotp.TOTP(user.app_secret).generate_otp(user.totp_step)
    body = json.dumps({"code": code}).encode()
    if response := await send(Request("POST", "/v1/session/code", token, body, JSON)):
        user.token = json.loads(response.body)["token"]


async def send_password(user: Professional, send: Send) -> str | None:
    """Sign in with the password and return the token for the second step."""
    body = json.dumps({"email": user.email, "password": PASSWORD}).encode()
    response = await send(Request("POST", "/v1/sessions", body=body, headers=JSON))
    return str(json.loads(response.body)["token"]) if response else None


def connect(url: str) -> Connection:
    """Create a client for the server at a URL."""
    parts = urlsplit(url)
    return Connection(parts.hostname or "", parts.port or 80)


def run_for(url: str, clients: Iterable[tuple[Professional, Job]], seconds: float) -> LoadResults:
    """Run each client's job repeatedly for a number of seconds."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run_for(url, clients, seconds))


async def _run_for(
    url: str, clients: Iterable[tuple[Professional, Job]], seconds: float
) -> LoadResults:
    results, started_at = LoadResults(), perf_counter()
    until = started_at + seconds
    async with asyncio.TaskGroup() as group:
        for user, job in clients:
            group.create_task(_repeat(connect(url), user, job, results, until))
    results.seconds = perf_counter() - started_at
    return results


async def _repeat(
    connection: Connection, user: Professional, job: Job, results: LoadResults, until: float
) -> None:
    async def send_and_record(request: Request) -> Response | None:
        return await send(connection, request, results, until=until)

    while perf_counter() < until:
        await job(user, send_and_record)
    connection.close()
