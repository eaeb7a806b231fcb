"""Units of work: one thread each, in turn, committed or told why not."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from anyio.from_thread import BlockingPortal
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from server.core import units
from server.core.audit import Action, AuditEvent, record
from server.core.database import Services, Transaction
from server.core.problems import PortalProblem, not_found
from shared.problems import ProblemCode
from tests.server.steps import rows

on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("settings", ["postgresql"], indirect=True)

Work = Callable[[Transaction], object]
WAIT = 10


def note(tx: Transaction) -> None:
    record(tx, Action.SIGNED_OUT, subject=uuid4())


class Held:
    """Work that takes its thread until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, tx: Transaction) -> None:
        tx.session.execute(text("SELECT 1"))
        self.begun.set()
        assert self.go.wait(WAIT)


def behind(loop: BlockingPortal, services: Services, works: list[Work]) -> list["Future[Any]"]:
    """Queue works behind one that holds the only writer, so that they share a commit."""
    held = Held()
    first = loop.start_task_soon(services.write, held)
    assert held.begun.wait(WAIT)
    queued = [loop.start_task_soon(services.write, work) for work in works]
    loop.call(asyncio.sleep, 0)
    held.go.set()
    first.result(WAIT)
    return queued


def test_a_transaction_that_goes_to_another_thread_fails(services: Services) -> None:
    with ExitStack() as stack, pytest.raises(AssertionError, match="another thread"):
        tx = stack.enter_context(services.transaction())
        tx.session.execute(text("SELECT 1"))
        failed: list[BaseException] = []

        def use() -> None:
            try:
                tx.session.execute(text("SELECT 1"))
            except AssertionError as error:
                failed.append(error)

        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        raise failed[0]


def test_a_database_call_in_the_event_loop_fails(services: Services, loop: BlockingPortal) -> None:
    def use() -> None:
        with services.transaction() as tx:
            tx.session.execute(text("SELECT 1"))

    with pytest.raises(AssertionError, match="event loop"):
        loop.call(use)


@on_sqlite
def test_writes_that_wait_share_one_commit(services: Services, loop: BlockingPortal) -> None:
    commits: list[int] = []
    from sqlalchemy import event

    event.listen(services.engine, "commit", lambda _: commits.append(1))
    for queued in behind(loop, services, [note] * 5):
        queued.result(WAIT)
    assert len(commits) == 2
    assert len(rows(services, AuditEvent)) == 5


@on_sqlite
def test_a_refusal_takes_nothing_of_the_others_with_it(
    services: Services, loop: BlockingPortal
) -> None:
    def refused(tx: Transaction) -> None:
        note(tx)
        tx.session.flush()
        raise not_found()

    before, between, after = behind(loop, services, [note, refused, note])
    before.result(WAIT)
    after.result(WAIT)
    with pytest.raises(PortalProblem):
        between.result(WAIT)
    assert len(rows(services, AuditEvent)) == 2


@on_sqlite
def test_a_shared_commit_that_fails_is_made_good_one_by_one(
    services: Services, loop: BlockingPortal
) -> None:
    def lose_all(tx: Transaction) -> None:
        if tx.session.connection().in_nested_transaction():
            tx.session.execute(text("ROLLBACK"))  # as SQLite does by itself on a full disk
            raise OperationalError("COMMIT", {}, Exception("disk full"))
        note(tx)

    for queued in behind(loop, services, [note, lose_all, note]):
        queued.result(WAIT)
    assert len(rows(services, AuditEvent)) == 3


def test_who_comes_when_too_many_wait_is_told_to_come_again(
    services: Services, loop: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "MAX_QUEUED", 0)
    with pytest.raises(PortalProblem) as refused:
        loop.call(services.write, note)
    problem = refused.value.problem
    assert (problem.code, problem.status, problem.retry_after) == (ProblemCode.BUSY, 503, 1)


def test_who_waited_too_long_is_told_to_come_again(
    services: Services, loop: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "QUEUE_SECONDS", -1)
    with pytest.raises(PortalProblem, match="busy"):
        loop.call(services.write, note)
    assert rows(services, AuditEvent) == []
    monkeypatch.undo()
    loop.call(services.write, note)
    assert len(rows(services, AuditEvent)) == 1


@on_postgresql
def test_what_fails_as_a_deadlock_is_done_again(services: Services, loop: BlockingPortal) -> None:
    ids = []
    with services.transaction() as tx:
        for _ in range(2):
            note(tx)
        tx.session.flush()
        ids = [row.id for row in tx.session.query(AuditEvent).order_by(col(AuditEvent.id))]
    both = threading.Barrier(2)
    tries: list[int] = []

    def lock(first: int | None, then: int | None) -> Work:
        met: list[int] = []

        def work(tx: Transaction) -> None:
            tries.append(1)
            statement = text("UPDATE audit_event SET address = 'x' WHERE id = :id")
            tx.session.execute(statement, {"id": first})
            if not met:
                met.append(1)
                both.wait(WAIT)
            tx.session.execute(statement, {"id": then})

        return work

    works = [lock(*ids), lock(*reversed(ids))]
    for running in [loop.start_task_soon(services.write, work) for work in works]:
        running.result(WAIT)
    assert len(tries) > 2
    assert [row.address for row in rows(services, AuditEvent)] == ["x", "x"]


def test_closing_finishes_what_waits(services: Services, loop: BlockingPortal) -> None:
    queued = [loop.start_task_soon(services.write, note) for _ in range(20)]
    loop.call(asyncio.sleep, 0)
    services.units.close()
    for one in queued:
        one.result(WAIT)
    assert len(rows(services, AuditEvent)) == 20


def test_a_connection_used_after_its_unit_takes_no_later_write_with_it(
    services: Services, loop: BlockingPortal
) -> None:
    used: list[Connection] = []

    def keep(tx: Transaction) -> None:
        note(tx)
        used.append(tx.connection)

    loop.call(services.write, keep)
    used[0].execute(text("SELECT 1"))
    for _ in range(units.POSTGRESQL_WRITERS):
        loop.call(services.write, note)
    assert len(rows(services, AuditEvent)) == 1 + units.POSTGRESQL_WRITERS
