"""Worker pools: each unit of work runs in one thread, from BEGIN to COMMIT.

Waiting work stays in a first-in, first-out queue and holds no thread, connection or lock. SQLite
allows one writer at a time, so queued writes share a commit.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from server.core.cores import AVAILABLE_CORES
from server.core.metrics import QUEUE_WAIT
from server.core.problems import busy
from server.core.turns import Turns

SQLITE_READERS = 2
POSTGRESQL_READERS = POSTGRESQL_WRITERS = 4
THREADS = POSTGRESQL_READERS + POSTGRESQL_WRITERS
"""Maximum number of threads, each with its own connection."""
MAX_BATCH = 32
"""Maximum writes that share a commit on SQLite; a larger batch delays its first write."""
MAX_QUEUED = 512
QUEUE_SECONDS = 10
"""Work that has waited longer is rejected as BUSY, as another process is locking the database."""
BUSY_SECONDS = 1
MAX_ATTEMPTS = 3
CLOSE_SECONDS = 5
RETRYABLE = {"40001", "40P01", "23505"}
"""PostgreSQL's codes for a serialization failure, a deadlock and a unique violation.

A retry succeeds, because it sees the changes of the other transaction.
"""

Result = TypeVar("Result")


@dataclass(repr=False)  # the result may be a child's data, which must not be logged
class _Job(Generic[Result]):
    """Queued work, and the future for its result or error."""

    work: Callable[[Session], Result]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Result]
    queued_at: float = field(default_factory=monotonic)
    context: Context = field(default_factory=copy_context)
    """That of the caller, so that the work's log lines name the request."""
    result: Result | None = None
    error: BaseException | None = None

    def run(self, session: Session) -> None:
        """Run the work and store its result; errors propagate."""
        self.error = None
        self.result = self.context.run(self.work, session)

    def deliver(self) -> None:
        """Set the result or error of the future; runs in its event loop."""
        if self.future.done():  # the caller was cancelled
            return
        if isinstance(self.error, StopIteration):  # a future cannot hold it; the caller would hang
            self.error = RuntimeError("The work raised StopIteration.")
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(cast("Result", self.result))


class _ThreadConnection:
    """The connection of one thread, released after a database error."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def open(self) -> Connection:
        """Return the connection, without an open transaction that a session would join."""
        if self._connection is not None and self._connection.in_transaction():
            self.release()
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def release(self) -> None:
        """Return the connection to the pool; `open` may return a different one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class WorkerPool:
    """Threads that run readers or writers in order of arrival."""

    def __init__(self, engine: Engine, name: str, threads: int, *, writes: bool) -> None:
        self._engine = engine.execution_options(writes=writes)
        self._batch = MAX_BATCH if writes and engine.name == "sqlite" else 1
        self._queue: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._waits = QUEUE_WAIT.labels(name)
        self._names = [f"portal-{name}-{number}" for number in range(threads)]
        self._threads: list[Thread] = []
        self._starting = Lock()

    async def run(self, work: Callable[[Session], Result]) -> Result:
        """Run work in its own transaction and return its result once committed.

        Raises BUSY if the queue is full. Errors of the work roll it back and propagate.
        """
        if self._queue.qsize() >= MAX_QUEUED:
            raise busy(BUSY_SECONDS)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._start()
        self._queue.put(_Job(work, loop, future))
        return await future

    def close(self) -> None:
        """Finish queued work, then stop the threads, within CLOSE_SECONDS."""
        for _ in self._threads:
            self._queue.put(None)
        deadline = monotonic() + CLOSE_SECONDS
        for thread in self._threads:
            thread.join(max(0, deadline - monotonic()))
        self._threads.clear()

    def _start(self) -> None:
        with self._starting:
            if not self._threads:
                self._threads = [
                    Thread(target=self._run_jobs, name=name, daemon=True) for name in self._names
                ]
                for thread in self._threads:
                    thread.start()

    def _run_jobs(self) -> None:
        thread_connection = _ThreadConnection(self._engine)
        while jobs := self._next_batch():
            self._run_in_time(thread_connection, jobs)
            jobs.clear()  # a thread that waits keeps neither a request nor its reply in memory
        thread_connection.release()

    def _run_in_time(self, thread_connection: _ThreadConnection, jobs: list[_Job[Any]]) -> None:
        """Run the jobs that have not waited for too long, and deliver all results."""
        jobs = [job for job in jobs if not job.future.cancelled()]
        in_time = []
        for job in jobs:
            waited = monotonic() - job.queued_at
            self._waits.observe(waited)
            if waited <= QUEUE_SECONDS:
                in_time.append(job)
            else:
                job.error = busy(BUSY_SECONDS)
        if len(in_time) == 1:
            self._run_single(thread_connection, in_time[0])
        elif in_time:
            self._run_batch(thread_connection, in_time)
        for job in jobs:
            with suppress(RuntimeError):  # the event loop is closed
                job.loop.call_soon_threadsafe(job.deliver)

    def _next_batch(self) -> list[_Job[Any]]:
        """Wait for the jobs of one commit; an empty list stops the thread."""
        jobs: list[_Job[Any]] = []
        job = self._queue.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == self._batch:
                return jobs
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs
        if jobs:
            self._queue.put(None)  # stop after this batch
        return jobs

    def _run_single(self, thread_connection: _ThreadConnection, job: _Job[Any]) -> None:
        for attempts_left in reversed(range(MAX_ATTEMPTS)):
            completed = False
            try:
                with (
                    Session(thread_connection.open(), expire_on_commit=False) as session,
                    session.begin(),
                ):
                    job.run(session)
                    completed = True
            except DBAPIError as error:
                thread_connection.release()
                job.error = error
                if attempts_left and _can_retry(error, completed=completed):
                    continue
            except BaseException as error:  # noqa: BLE001 - passed on to the caller
                job.error = error
            return

    def _run_batch(self, thread_connection: _ThreadConnection, jobs: list[_Job[Any]]) -> None:
        """Run jobs in savepoints with one commit; if that fails, run each on its own."""
        has_begun = False
        try:
            connection = thread_connection.open()
            with connection.begin():
                has_begun = True
                for job in jobs:
                    try:
                        with (
                            Session(
                                connection,
                                expire_on_commit=False,
                                join_transaction_mode="create_savepoint",
                            ) as session,
                            session.begin(),
                        ):
                            job.run(session)
                    except DBAPIError as error:
                        job.error = error
                        # A full disk rolls back the whole transaction, not only the savepoint.
                        driver: Any = connection.connection.dbapi_connection
                        if not driver.in_transaction:
                            raise
                    except BaseException as error:  # noqa: BLE001 - passed on to the caller
                        job.error = error
        except Exception as error:  # noqa: BLE001 - each job is retried or gets the error
            thread_connection.release()
            for job in jobs:
                if has_begun:
                    self._run_single(thread_connection, job)
                else:  # the database is locked; waiting again for each job would take too long
                    job.error = error


def _can_retry(error: DBAPIError, *, completed: bool) -> bool:
    """Whether a retry may succeed and the work cannot have been committed."""
    lost_before_commit = error.connection_invalidated and not completed
    return lost_before_commit or getattr(error.orig, "sqlstate", None) in RETRYABLE


class WorkerPools:
    """The worker pools of a server: readers, and writers (one thread on SQLite)."""

    def __init__(self, engine: Engine) -> None:
        self.turns = Turns()
        is_sqlite = engine.name == "sqlite"
        readers = min(SQLITE_READERS, len(AVAILABLE_CORES)) if is_sqlite else POSTGRESQL_READERS
        self._readers = WorkerPool(engine, "reader", readers, writes=False)
        self._writers = WorkerPool(
            engine, "writer", 1 if is_sqlite else POSTGRESQL_WRITERS, writes=True
        )

    async def read(self, work: Callable[[Session], Result]) -> Result:
        """Run work that only reads; raises BUSY."""
        async with self.turns.turn():
            return await self._readers.run(work)

    async def write(self, work: Callable[[Session], Result]) -> Result:
        """Run work that writes; raises BUSY."""
        async with self.turns.turn():
            return await self._writers.run(work)

    def close(self) -> None:
        """Finish queued work, then stop the threads."""
        self._readers.close()
        self._writers.close()
