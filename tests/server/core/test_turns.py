"""Turns: one account's many requests leave room for others', by counts and not by time."""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack

import httpx
import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI

from server.core import turns
from server.core.database import Services
from server.core.problems import PortalProblem
from server.core.turns import IN_PROGRESS, MAX_WAITING, requester
from server.figures import files
from server.letters import making
from tests.letters import LETTERS
from tests.parts import Factory, Someone
from tests.server.core.test_units import TIMEOUT_SECONDS, Blocker, on_sqlite
from tests.server.desk.steps import create_case, record_event, record_parent
from tests.server.letters.steps import KIND, REASON, make
from tests.server.steps import ok

MANY = 100


class Crowd:
    """Requests that write at the same time, behind a blocked writer."""

    def __init__(self, services: Services, loop: BlockingPortal) -> None:
        self._services, self._loop = services, loop
        self.done: list[str] = []

    async def write(self, name: str) -> None:
        """Do a unit of work of a requester."""
        requester.set(name)
        await self._services.write(lambda _: self.done.append(name))

    def run(self, names: Iterable[str]) -> list[BaseException]:
        """Start all in this order before any of them can run, and return the errors."""
        blocker = Blocker()
        first = self._loop.start_task_soon(self._services.write, blocker)
        assert blocker.started.wait(TIMEOUT_SECONDS)

        async def gather(work: list[Coroutine[object, object, None]]) -> list[BaseException]:
            tasks = [asyncio.create_task(item) for item in work]
            await asyncio.sleep(0)  # each waits for its turn, or is queued
            blocker.released.set()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            return [result for result in results if isinstance(result, BaseException)]

        errors = self._loop.call(gather, [self.write(name) for name in names])
        first.result(TIMEOUT_SECONDS)
        return errors


@on_sqlite
def test_another_request_waits_only_for_those_in_progress(
    services: Services, loop: BlockingPortal
) -> None:
    crowd = Crowd(services, loop)
    assert crowd.run(["busy"] * MANY + ["other"]) == []
    assert crowd.done.index("other") == IN_PROGRESS
    assert len(crowd.done) == MANY + 1


@on_sqlite
def test_another_accounts_request_over_http_waits_only_for_those_in_progress(
    me: Someone, someone: Factory, services: Services, app: FastAPI, loop: BlockingPortal
) -> None:
    other = someone("head@osierbeck.example")
    for account in (me, other):
        ok(account.get("/v1/account"))  # from now on the server knows whose token it is
    pools, done, blocker = services.worker_pools, list[Someone](), Blocker()
    first = loop.start_task_soon(services.write, blocker)
    assert blocker.started.wait(TIMEOUT_SECONDS)

    async def save(http: httpx.AsyncClient, account: Someone) -> None:
        headers = {"Authorization": f"Bearer {account.token}"}
        path = f"/v1/phrases/{account.id}"
        ok(await http.put(path, json={"text": "Reads with help."}, headers=headers))
        done.append(account)

    async def send_all() -> None:
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http,
            asyncio.TaskGroup() as group,
        ):
            for account in [me] * MANY + [other]:
                group.create_task(save(http, account))
            while pools._writers._queue.qsize() + pools.turns._waiting.total() <= MANY:  # noqa: ASYNC110 - neither has an event
                await asyncio.sleep(0)  # until each waits for its turn or is queued
            blocker.released.set()

    loop.call(send_all)
    first.result(TIMEOUT_SECONDS)
    assert done.index(other) <= IN_PROGRESS
    assert len(done) == MANY + 1


@on_sqlite
def test_too_many_requests_of_one_account_are_refused_as_busy(
    services: Services, loop: BlockingPortal
) -> None:
    crowd = Crowd(services, loop)
    errors = crowd.run(["busy"] * (IN_PROGRESS + MAX_WAITING + 5) + ["other"] + [""])
    problems = [error.problem for error in errors if isinstance(error, PortalProblem)]
    assert [(item.status, item.retry_after) for item in problems] == [(503, 1)] * 5
    assert {"other", ""} < set(crowd.done)
    assert crowd.run(["busy"]) == []  # nothing is left behind


@on_sqlite
def test_wait_for_a_turn_ends(
    services: Services, loop: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0)
    errors = Crowd(services, loop).run(["busy"] * (IN_PROGRESS + 1))
    assert [str(error) for error in errors if "busy" in str(error)] == [str(errors[0])]


@on_sqlite
def test_sessions_of_an_account_share_its_turns_and_strangers_those_of_their_address(
    someone: Factory, me: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    ok(me.get("/v1/account"))
    named = services.worker_pools.turns.name_requester
    assert named(me.token, "192.0.2.1") == str(me.id)
    assert [named("unknown", "192.0.2.1"), named("", "192.0.2.1")] == ["192.0.2.1"] * 2
    monkeypatch.setattr(turns, "MAX_TOKENS", 1)
    other = someone("head@osierbeck.example")
    ok(other.get("/v1/account"))
    assert named(me.token, "192.0.2.1") == "192.0.2.1"
    assert named(other.token, "192.0.2.1") == str(other.id)


@on_sqlite
def test_letter_and_figures_are_made_in_a_turn(
    me: Someone, officer: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.settings.letters = LETTERS
    case = create_case(me, services)
    record_parent(officer, case, "Ada Larkspur")
    ok(record_event(officer, case, KIND, reason=REASON))
    ok(officer.post("/v1/figures/computations"))
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0)

    async def take_all_turns(*_job: object) -> bytes:
        """Do as many other things at once as an account may, which is one too many here."""
        async with AsyncExitStack() as stack:
            for _ in range(IN_PROGRESS):
                await stack.enter_async_context(services.worker_pools.turns.turn())
        return b"%PDF-"

    monkeypatch.setattr(making, "make_pdf", take_all_turns)
    monkeypatch.setattr(files, "make_pdf", take_all_turns)
    assert make(officer, case).status_code == 503
    assert officer.get("/v1/figures/file").status_code == 503
