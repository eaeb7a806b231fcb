"""The jobs of a load test's clients: save an answer, read a page, upload, sign in."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter, time
from urllib.parse import urlsplit
from uuid import uuid4

import pyotp
import uvloop

from benchmarks.http_client import Connection, Reply, Request
from benchmarks.prose import prose
from benchmarks.seeding import LONG_TEXT, PASSWORD, PEOPLE_EACH, Professional
from benchmarks.tally import Tally, send

Send = Callable[[Request], Awaitable[Reply | None]]
"""Sends a request over a connection and counts it; returns None if it was not served."""
Job = Callable[[Professional, Send], Awaitable[None]]

JSON = {"Content-Type": "application/json"}
ANSWER = prose(1024)
TOTP_PERIOD = 30
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 800 + b"\n%%EOF\n"
"""About 200 kB; the server checks the first bytes."""


async def save(user: Professional, send: Send) -> None:
    """Save one long-text answer of a kilobyte under a new id, as the form editor does."""
    user.pending_save = user.pending_save or uuid4()
    body = {"save": str(user.pending_save), "changes": {LONG_TEXT: ANSWER}}
    request = Request(
        "PATCH",
        f"/v1/submissions/{user.submission}/answers",
        user.token,
        json.dumps(body).encode(),
        {**JSON, "If-Match": f'"{user.version}"'},
    )
    if reply := await send(request):
        user.version = json.loads(reply.body)["version"]
        user.pending_save = None


async def read(user: Professional, send: Send) -> None:
    """Read the first page of Select Person."""
    await send(Request("GET", f"/v1/people?limit={PEOPLE_EACH}", user.token))


async def read_portal(user: Professional, send: Send) -> None:
    """Read the portal's texts, the client's first request."""
    await send(Request("GET", "/v1/portal"))


async def upload(user: Professional, send: Send) -> None:
    """Upload a new document about a person."""
    target = f"/v1/people/{user.person}/documents/{uuid4()}?name=report.pdf"
    await send(Request("PUT", target, user.token, PDF))


async def sign_in(user: Professional, send: Send) -> None:
    """Sign in with password and code; later requests use the new session."""
    token = await send_password(user, send)
    if token is None:
        return
    # The server accepts each time step's code once, and the next step's code early.
    user.totp_step = max(int(time()) // TOTP_PERIOD, user.totp_step + 1)
    code = pyotp.TOTP(user.app_secret).generate_otp(user.totp_step)
    body = json.dumps({"code": code}).encode()
    if reply := await send(Request("POST", "/v1/session/code", token, body, JSON)):
        user.token = json.loads(reply.body)["token"]


async def send_password(user: Professional, send: Send) -> str | None:
    """Take the first step of signing in; returns the token for the second step."""
    body = json.dumps({"email": user.email, "password": PASSWORD}).encode()
    reply = await send(Request("POST", "/v1/sessions", body=body, headers=JSON))
    return str(json.loads(reply.body)["token"]) if reply else None


def connect(url: str) -> Connection:
    """Create a client for the server at a URL."""
    parts = urlsplit(url)
    return Connection(parts.hostname or "", parts.port or 80)


def run_for(url: str, clients: Iterable[tuple[Professional, Job]], seconds: float) -> Tally:
    """Run each client's job repeatedly for a number of seconds."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run_for(url, clients, seconds))


async def _run_for(url: str, clients: Iterable[tuple[Professional, Job]], seconds: float) -> Tally:
    tally, started = Tally(), perf_counter()
    until = started + seconds
    async with asyncio.TaskGroup() as group:
        for user, job in clients:
            group.create_task(_repeat(connect(url), user, job, tally, until))
    tally.seconds = perf_counter() - started
    return tally


async def _repeat(
    connection: Connection, user: Professional, job: Job, tally: Tally, until: float
) -> None:
    async def send_counted(request: Request) -> Reply | None:
        return await send(connection, request, tally, until=until)

    while perf_counter() < until:
        await job(user, send_counted)
    connection.close()
