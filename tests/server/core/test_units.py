"""Units of work: threads, queueing, shared commits and retries."""

import asyncio
import gc
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from contextvars import ContextVar
from typing import Any
from uuid import uuid4
from weakref import ref

import pytest
from anyio.from_thread import BlockingPortal
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from server.core import units
from server.core.audit import Action, AuditEvent, record
from server.core.database import Services, Transaction
from server.core.problems import PortalProblem, not_found
from server.core.throttle import Tries
from shared.problems import ProblemCode
from tests.server.steps import rows

pytestmark = pytest.mark.both_databases

on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("settings", ["postgresql"], indirect=True)

Work = Callable[[Transaction], object]
TIMEOUT_SECONDS = 10


def record_event(tx: Transaction) -> None:
    record(tx, Action.SIGNED_OUT, subject=uuid4())


class Blocker:
    """Work that blocks its thread until released."""

    def __init__(self) -> None:
        self.started, self.released = threading.Event(), threading.Event()

    def __call__(self, tx: Transaction) -> None:
        tx.session.execute(text("SELECT 1"))
        self.started.set()
        assert self.released.wait(TIMEOUT_SECONDS)


def queue_behind_blocker(
    loop: BlockingPortal, services: Services, queue: list[Work]
) -> list["Future[Any]"]:
    """Queue work behind a blocked writer, so that it shares a commit."""
    blocker = Blocker()
    first = loop.start_task_soon(services.write, blocker)
    assert blocker.started.wait(TIMEOUT_SECONDS)
    queued = [loop.start_task_soon(services.write, work) for work in queue]
    loop.call(asyncio.sleep, 0)
    blocker.released.set()
    first.result(TIMEOUT_SECONDS)
    return queued


def test_transaction_used_in_another_thread_fails(services: Services) -> None:
    with ExitStack() as stack, pytest.raises(AssertionError, match="another thread"):
        tx = stack.enter_context(services.transaction())
        tx.session.execute(text("SELECT 1"))
        errors: list[BaseException] = []

        def use_transaction() -> None:
            try:
                tx.session.execute(text("SELECT 1"))
            except AssertionError as error:
                errors.append(error)

        thread = threading.Thread(target=use_transaction)
        thread.start()
        thread.join()
        raise errors[0]


def test_database_call_in_the_event_loop_fails(services: Services, loop: BlockingPortal) -> None:
    def use_transaction() -> None:
        with services.transaction() as tx:
            tx.session.execute(text("SELECT 1"))

    with pytest.raises(AssertionError, match="event loop"):
        loop.call(use_transaction)


@on_sqlite
def test_queued_writes_share_one_commit(services: Services, loop: BlockingPortal) -> None:
    commits: list[int] = []
    from sqlalchemy import event

    event.listen(services.engine, "commit", lambda _: commits.append(1))
    for queued in queue_behind_blocker(loop, services, [record_event] * 5):
        queued.result(TIMEOUT_SECONDS)
    assert len(commits) == 2
    assert len(rows(services, AuditEvent)) == 5


@on_sqlite
def test_refused_write_does_not_affect_others_in_the_commit(
    services: Services, loop: BlockingPortal
) -> None:
    def refuse(tx: Transaction) -> None:
        record_event(tx)
        tx.session.flush()
        raise not_found()

    before, between, after = queue_behind_blocker(
        loop, services, [record_event, refuse, record_event]
    )
    before.result(TIMEOUT_SECONDS)
    after.result(TIMEOUT_SECONDS)
    with pytest.raises(PortalProblem):
        between.result(TIMEOUT_SECONDS)
    assert len(rows(services, AuditEvent)) == 2


@on_sqlite
def test_failed_shared_commit_is_retried_one_by_one(
    services: Services, loop: BlockingPortal
) -> None:
    def roll_back_all(tx: Transaction) -> None:
        if tx.session.connection().in_nested_transaction():
            tx.session.execute(text("ROLLBACK"))  # as SQLite does on a full disk
            raise OperationalError("COMMIT", {}, Exception("disk full"))
        record_event(tx)

    for queued in queue_behind_blocker(loop, services, [record_event, roll_back_all, record_event]):
        queued.result(TIMEOUT_SECONDS)
    assert len(rows(services, AuditEvent)) == 3


def test_full_queue_is_reported_as_busy(
    services: Services, loop: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "MAX_QUEUED", 0)
    with pytest.raises(PortalProblem) as error_info:
        loop.call(services.write, record_event)
    problem = error_info.value.problem
    assert (problem.code, problem.status, problem.retry_after) == (ProblemCode.BUSY, 503, 1)


def test_expired_wait_is_reported_as_busy(
    services: Services, loop: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "QUEUE_SECONDS", -1)
    with pytest.raises(PortalProblem, match="busy"):
        loop.call(services.write, record_event)
    assert rows(services, AuditEvent) == []
    monkeypatch.undo()
    loop.call(services.write, record_event)
    assert len(rows(services, AuditEvent)) == 1


@on_postgresql
def test_deadlocked_work_is_retried(services: Services, loop: BlockingPortal) -> None:
    keys = ["first", "second"]
    with services.transaction() as tx:
        tx.session.add_all(Tries(digest=key, failures=0, last_at=tx.now) for key in keys)
    barrier = threading.Barrier(2)
    attempts: list[int] = []

    def lock(first: str, second: str) -> Work:
        past_barrier: list[int] = []

        def work(tx: Transaction) -> None:
            attempts.append(1)
            statement = text("UPDATE tries SET failures = 1 WHERE digest = :key")
            tx.session.execute(statement, {"key": first})
            if not past_barrier:
                past_barrier.append(1)
                barrier.wait(TIMEOUT_SECONDS)
            tx.session.execute(statement, {"key": second})

        return work

    jobs = [lock(*keys), lock(*reversed(keys))]
    for future in [loop.start_task_soon(services.write, work) for work in jobs]:
        future.result(TIMEOUT_SECONDS)
    assert len(attempts) > 2
    assert [row.failures for row in rows(services, Tries)] == [1, 1]


def test_close_finishes_queued_work(services: Services, loop: BlockingPortal) -> None:
    queued = [loop.start_task_soon(services.write, record_event) for _ in range(20)]
    loop.call(asyncio.sleep, 0)
    services.worker_pools.close()
    for work in queued:
        work.result(TIMEOUT_SECONDS)
    assert len(rows(services, AuditEvent)) == 20


def test_connection_used_after_its_unit_does_not_lose_later_writes(
    services: Services, loop: BlockingPortal
) -> None:
    connections: list[Connection] = []

    def keep_connection(tx: Transaction) -> None:
        record_event(tx)
        connections.append(tx.connection)

    loop.call(services.write, keep_connection)
    connections[0].execute(text("SELECT 1"))
    for _ in range(units.POSTGRESQL_WRITERS):
        loop.call(services.write, record_event)
    assert len(rows(services, AuditEvent)) == 1 + units.POSTGRESQL_WRITERS


@pytest.mark.usefixtures("small_heap")
@pytest.mark.parametrize("writes", [False, True])
def test_idle_thread_keeps_no_request_in_memory(
    services: Services, loop: BlockingPortal, writes: bool
) -> None:
    request_of: ContextVar[Blocker] = ContextVar("request_of")

    async def serve() -> "ref[Blocker]":
        request = Blocker()
        request_of.set(request)
        await (services.write if writes else services.read)(lambda tx: None)
        return ref(request)

    request = loop.call(serve)
    waiting = threading.Event()
    for _ in range(200):
        gc.collect()
        if request() is None or waiting.wait(0.01):
            break
    assert request() is None
