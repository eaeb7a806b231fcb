"""What the clients of a load run do: save an answer, read a page, upload, sign in."""

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
"""Sends a request over a connection and counts it; None where it was not served."""
Job = Callable[[Professional, Send], Awaitable[None]]

JSON = {"Content-Type": "application/json"}
ANSWER = prose(1024)
APP_SECONDS = 30
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 800 + b"\n%%EOF\n"
"""About 200 kB; the server looks at how it begins."""


async def save(who: Professional, send: Send) -> None:
    """Save one long-text answer of a kilobyte under a new id, as the draft's editor does."""
    who.pending_save = who.pending_save or uuid4()
    body = {"save": str(who.pending_save), "changes": {LONG_TEXT: ANSWER}}
    request = Request(
        "PATCH",
        f"/v1/submissions/{who.submission}/answers",
        who.token,
        json.dumps(body).encode(),
        {**JSON, "If-Match": f'"{who.version}"'},
    )
    if reply := await send(request):
        who.version = json.loads(reply.body)["version"]
        who.pending_save = None


async def read(who: Professional, send: Send) -> None:
    """Read the first page of Select Person."""
    await send(Request("GET", f"/v1/people?limit={PEOPLE_EACH}", who.token))


async def read_portal(who: Professional, send: Send) -> None:
    """Read what the client asks for first: the portal's words."""
    await send(Request("GET", "/v1/portal"))


async def upload(who: Professional, send: Send) -> None:
    """Upload a new document of a person."""
    target = f"/v1/people/{who.person}/documents/{uuid4()}?name=report.pdf"
    await send(Request("PUT", target, who.token, PDF))


async def sign_in(who: Professional, send: Send) -> None:
    """Sign in with password and code; what follows uses the new session."""
    half = await give_password(who, send)
    if half is None:
        return
    # The server takes each step's code once, and that of the step to come already.
    who.app_step = max(int(time()) // APP_SECONDS, who.app_step + 1)
    code = pyotp.TOTP(who.app_secret).generate_otp(who.app_step)
    body = json.dumps({"code": code}).encode()
    if reply := await send(Request("POST", "/v1/session/code", half, body, JSON)):
        who.token = json.loads(reply.body)["token"]


async def give_password(who: Professional, send: Send) -> str | None:
    """Take the first step of signing in; returns the token of the half session."""
    body = json.dumps({"email": who.email, "password": PASSWORD}).encode()
    reply = await send(Request("POST", "/v1/sessions", body=body, headers=JSON))
    return str(json.loads(reply.body)["token"]) if reply else None


def connect(url: str) -> Connection:
    """Make a client of the server at an address."""
    parts = urlsplit(url)
    return Connection(parts.hostname or "", parts.port or 80)


def run_nonstop(url: str, clients: Iterable[tuple[Professional, Job]], seconds: float) -> Tally:
    """Let each client do its job again and again for so many seconds."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_nonstop(url, clients, seconds))


async def _nonstop(url: str, clients: Iterable[tuple[Professional, Job]], seconds: float) -> Tally:
    tally, started = Tally(), perf_counter()
    until = started + seconds
    async with asyncio.TaskGroup() as group:
        for who, job in clients:
            group.create_task(_repeat(connect(url), who, job, tally, until))
    tally.seconds = perf_counter() - started
    return tally


async def _repeat(
    connection: Connection, who: Professional, job: Job, tally: Tally, until: float
) -> None:
    async def sending(request: Request) -> Reply | None:
        return await send(connection, request, tally, until=until)

    while perf_counter() < until:
        await job(who, sending)
    connection.close()
