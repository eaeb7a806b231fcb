"""Many concurrent clients of the real server all get replies, and other clients do not wait.

`pytest -m slow tests/server/many` simulates a school morning; other runs use fewer clients.
"""

import asyncio
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from signal import SIGTERM
from threading import Event, Thread
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from server.core.database import Services
from server.core.turns import MAX_WAITING
from server.documents.tables import Document
from shared.problems import ProblemCode
from tests.parts import PASSWORD, Factory, Someone
from tests.pdfs import PDF
from tests.running import TIMEOUT_SECONDS, ServerProcess
from tests.server.accounts.steps import registration
from tests.server.steps import FORM, add_child, ok, rows, start

pytestmark = pytest.mark.both_databases

SAVES_PER_CLIENT = 3
BUSY_RETRIES = 20
REQUESTS_OF_ONE = MAX_WAITING + 32


@dataclass(frozen=True)
class Crowd:
    """Numbers of concurrent clients, and the maximum latency in seconds for another client."""

    savers: int
    readers: int
    openers: int
    uploads: int
    sign_ins: int
    registrations: int
    max_latency: float


SMALL_CROWD = Crowd(8, 16, 4, 4, 2, 2, max_latency=10.0)  # other tests run on the same cores
FULL_CROWD = Crowd(24, 64, 8, 8, 16, 16, max_latency=1.0)


class Caller:
    """Client that retries when the server is busy."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def request(
        self, method: str, path: str, me: Someone | None = None, **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {me.token}"} if me else {}
        headers |= options.pop("headers", {})
        for _ in range(BUSY_RETRIES):
            reply = await self._http.request(method, path, headers=headers, **options)
            if reply.status_code != 503 or reply.json()["code"] != ProblemCode.BUSY:
                return reply
            await asyncio.sleep(int(reply.headers["Retry-After"]))
        raise AssertionError("The server was busy throughout.")

    async def save(self, me: Someone, form: str) -> list[httpx.Response]:
        """Send saves in sequence."""
        replies = []
        for version in range(1, SAVES_PER_CLIENT + 1):
            body = {"save": str(uuid4()), "changes": {"attainment": f"Reads well. {version}"}}
            match = {"If-Match": f'"{version}"'}
            path = f"/v1/submissions/{form}/answers"
            replies.append(await self.request("PATCH", path, me, json=body, headers=match))
        return replies

    async def upload(self, me: Someone, child: UUID, name: str) -> httpx.Response:
        path = f"/v1/people/{child}/documents/{uuid4()}"
        return await self.request("PUT", path, me, params={"name": name}, content=PDF)

    async def sign_in(self, email: str) -> httpx.Response:
        return await self.request(
            "POST", "/v1/sessions", json={"email": email, "password": PASSWORD}
        )

    async def register(self) -> httpx.Response:
        new = registration(f"new.{uuid4().hex}@osierbeck.example")
        return await self.request("POST", "/v1/registrations", json=new)


class LatencyMonitor(Thread):
    """Another client that measures the latency of a simple page.

    It runs in its own thread, so it does not wait for other clients in this process.
    """

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._stop_event = Event()
        self.max_latency = 0.0

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=3 * TIMEOUT_SECONDS) as http:
            while not self._stop_event.wait(0.05):
                start = monotonic()
                http.get("/v1/portal").raise_for_status()
                self.max_latency = max(self.max_latency, monotonic() - start)

    def stop(self) -> None:
        """Stop the thread."""
        self._stop_event.set()
        self.join()


@pytest.mark.parametrize(
    "crowd", [SMALL_CROWD, pytest.param(FULL_CROWD, marks=pytest.mark.slow)], ids=["small", "full"]
)
async def test_all_concurrent_requests_are_answered(
    crowd: Crowd, server: ServerProcess, someone: Factory, services: Services
) -> None:
    professionals = [someone(f"senco.{uuid4().hex}@osierbeck.example") for _ in range(crowd.savers)]
    children = [add_child(me) for me in professionals]
    forms = [str(start(me, child)) for me, child in zip(professionals, children, strict=True)]
    me, form, child = professionals[0], forms[0], children[0]
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(
        base_url=server.url, timeout=3 * TIMEOUT_SECONDS, limits=limits
    ) as http:
        caller, monitor = Caller(http), LatencyMonitor(server.url)
        monitor.start()
        readers, openers = cycle(professionals), range(crowd.openers)
        saves = [caller.save(me, form) for me, form in zip(professionals, forms, strict=True)]
        reads = [caller.request("GET", "/v1/people", next(readers)) for _ in range(crowd.readers)]
        opens = [caller.request("GET", f"/v1/submissions/{form}", me) for _ in openers]
        uploads = [caller.upload(me, child, f"report{n}.pdf") for n in range(crowd.uploads)]
        sign_ins = [
            caller.sign_in(professional.email) for professional in professionals[: crowd.sign_ins]
        ]
        registrations = [caller.register() for _ in range(crowd.registrations)]
        saved_replies = asyncio.gather(*saves)
        read_replies = asyncio.gather(*reads, *opens)
        created_replies = await asyncio.gather(*uploads, *sign_ins, *registrations)
        assert {reply.status_code for reply in await read_replies} == {200}
        assert {
            reply.status_code for client_replies in await saved_replies for reply in client_replies
        } == {200}
        await asyncio.to_thread(monitor.stop)
    assert {reply.status_code for reply in created_replies} == {201}
    assert 0 < monitor.max_latency < crowd.max_latency
    uploaded = [row for row in rows(services, Document) if row.person_id == child]
    assert len(uploaded) == crowd.uploads


async def test_only_the_account_with_too_many_requests_is_refused(
    server: ServerProcess, someone: Factory
) -> None:
    busy, other = (someone(f"{name}.{uuid4().hex}@osierbeck.example") for name in ("ada", "bea"))
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=server.url, timeout=3 * TIMEOUT_SECONDS, limits=limits
    ) as http:

        async def read(me: Someone) -> httpx.Response:
            return await http.get("/v1/people", headers={"Authorization": f"Bearer {me.token}"})

        ok(await read(busy))  # from now on the server knows whose token it is
        crowd = [asyncio.create_task(read(busy)) for _ in range(REQUESTS_OF_ONE)]
        assert {(await read(other)).status_code for _ in range(5)} == {200}
        replies = await asyncio.gather(*crowd)
    assert {reply.status_code for reply in replies} <= {200, 503}
    refused = [reply for reply in replies if reply.status_code == 503]
    assert len(refused) <= REQUESTS_OF_ONE - MAX_WAITING
    assert {reply.json()["code"] for reply in refused} <= {ProblemCode.BUSY}
    assert all("Retry-After" in reply.headers for reply in refused)


@pytest.mark.parametrize("loaded", [False, True], ids=["idle", "loaded"])
async def test_server_stops_in_time_on_sigterm(
    loaded: bool, tmp_path: Path, server: ServerProcess, someone: Factory
) -> None:
    me = someone(f"senco.{uuid4().hex}@osierbeck.example")
    form = str(start(me))
    if not server.is_running:
        server.start()
    async with httpx.AsyncClient(base_url=server.url, timeout=TIMEOUT_SECONDS) as http:
        savers = [asyncio.create_task(save_until_gone(http, me, form)) for _ in range(24 * loaded)]
        await asyncio.sleep(0)
        code = await asyncio.to_thread(server.terminate, 25)
        await asyncio.gather(*savers)
    assert code in {0, -SIGTERM}


async def save_until_gone(http: httpx.AsyncClient, me: Someone, form: str) -> None:
    headers = {"Authorization": f"Bearer {me.token}", "If-Match": '"1"'}
    try:
        while True:
            body = {"save": str(uuid4()), "changes": {"attainment": FORM}}
            await http.patch(f"/v1/submissions/{form}/answers", json=body, headers=headers)
    except httpx.TransportError:
        return
