"""Units of work: each runs in one worker thread, from the begin of its transaction to its commit.

Whoever has to wait waits in a queue, in the order of coming, and holds nothing: no thread, no
connection, no lock. SQLite takes one writer at a time, so those who wait share one commit.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from server.core.cores import AVAILABLE
from server.core.problems import busy

SQLITE_READERS = 2
POSTGRESQL_READERS = POSTGRESQL_WRITERS = 4
THREADS = POSTGRESQL_READERS + POSTGRESQL_WRITERS
"""The most threads that keep a connection each."""
BATCH = 32
"""Writes that share one commit on SQLite: more make the first of them wait for longer."""
QUEUE_MOST = 512
QUEUE_SECONDS = 10
"""Who has waited longer is told to come again: the database is held by somebody else."""
BUSY_SECONDS = 1
TRIES = 3
CLOSE_SECONDS = 5
REPEATED = {"40001", "40P01", "23505"}
"""PostgreSQL's codes of a serialization failure, a deadlock, and a row that another has just added.

The same again goes well: it sees what the other did.
"""

Result = TypeVar("Result")


@dataclass(repr=False)  # the result may be a child's: it must not reach a log
class _Job(Generic[Result]):
    """Work that waits for a thread, and the future that takes its result or error."""

    work: Callable[[Session], Result]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Result]
    since: float = field(default_factory=monotonic)
    result: Result | None = None
    error: BaseException | None = None

    def run(self, session: Session) -> None:
        """Do the work and hold its result; its errors are the caller's."""
        self.error = None
        self.result = self.work(session)

    def deliver(self) -> None:
        """Hand the result or error over, in the event loop of whoever waits."""
        if self.future.done():  # who waited is gone
            return
        if isinstance(self.error, StopIteration):  # a future takes none, and nobody would wake
            self.error = RuntimeError("The work raised StopIteration.")
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(cast("Result", self.result))


class _Line:
    """The connection that one thread keeps, and gives back after an error of the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def open(self) -> Connection:
        """Return the connection, which no transaction is open on: a session would join it."""
        if self._connection is not None and self._connection.in_transaction():
            self.drop()
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def drop(self) -> None:
        """Give the connection back: the next may be another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class Crew:
    """Threads that run units of one kind, in the order in which they came."""

    def __init__(self, engine: Engine, name: str, threads: int, *, writes: bool) -> None:
        self._engine = engine.execution_options(writes=writes)
        self._batch = BATCH if writes and engine.name == "sqlite" else 1
        self._queue: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._names = [f"portal-{name}-{number}" for number in range(threads)]
        self._threads: list[Thread] = []
        self._starting = Lock()

    async def run(self, work: Callable[[Session], Result]) -> Result:
        """Run work in a transaction of its own, and return what it returned once it is committed.

        Raises BUSY where too many wait, and whatever the work raises, rolled back.
        """
        if self._queue.qsize() >= QUEUE_MOST:
            raise busy(BUSY_SECONDS)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._start()
        self._queue.put(_Job(work, loop, future))
        return await future

    def close(self) -> None:
        """Do what somebody still waits for, then end the threads, within a limited time."""
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
                    Thread(target=self._serve, name=name, daemon=True) for name in self._names
                ]
                for thread in self._threads:
                    thread.start()

    def _serve(self) -> None:
        line = _Line(self._engine)
        while jobs := self._next():
            jobs = [job for job in jobs if not job.future.cancelled()]
            in_time = []
            for job in jobs:
                if monotonic() - job.since <= QUEUE_SECONDS:
                    in_time.append(job)
                else:
                    job.error = busy(BUSY_SECONDS)
            if len(in_time) == 1:
                self._alone(line, in_time[0])
            elif in_time:
                self._together(line, in_time)
            for job in jobs:
                with suppress(RuntimeError):  # the loop is closed: nobody waits
                    job.loop.call_soon_threadsafe(job.deliver)
        line.drop()

    def _next(self) -> list[_Job[Any]]:
        """Wait for jobs: one, and as many as share its commit; none where the crew is to end."""
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
            self._queue.put(None)  # to be met again, once these are done
        return jobs

    def _alone(self, line: _Line, job: _Job[Any]) -> None:
        for tries_left in reversed(range(TRIES)):
            worked = False
            try:
                with Session(line.open(), expire_on_commit=False) as session, session.begin():
                    job.run(session)
                    worked = True
            except DBAPIError as error:
                line.drop()
                job.error = error
                if tries_left and _can_repeat(error, worked=worked):
                    continue
            except BaseException as error:  # noqa: BLE001 - carried over to who waits for it
                job.error = error
            return

    def _together(self, line: _Line, jobs: list[_Job[Any]]) -> None:
        """Run jobs with a savepoint each and one commit; where that fails, each by itself."""
        begun = False
        try:
            connection = line.open()
            with connection.begin():
                begun = True
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
                        # A full disk takes the whole transaction away, not the savepoint alone.
                        driver: Any = connection.connection.dbapi_connection
                        if not driver.in_transaction:
                            raise
                    except BaseException as error:  # noqa: BLE001 - carried over to who waits
                        job.error = error
        except Exception as error:  # noqa: BLE001 - each is done by itself, or told why not
            line.drop()
            for job in jobs:
                if begun:
                    self._alone(line, job)
                else:  # somebody else has the database: to wait again for each would take long
                    job.error = error


def _can_repeat(error: DBAPIError, *, worked: bool) -> bool:
    """Whether the same work may go well now: nothing of it can have been committed."""
    lost_before_commit = error.connection_invalidated and not worked
    return lost_before_commit or getattr(error.orig, "sqlstate", None) in REPEATED


class Units:
    """The crews of one server: readers, and writers (one thread on SQLite)."""

    def __init__(self, engine: Engine) -> None:
        sqlite = engine.name == "sqlite"
        readers = min(SQLITE_READERS, len(AVAILABLE)) if sqlite else POSTGRESQL_READERS
        self._readers = Crew(engine, "reader", readers, writes=False)
        self._writers = Crew(engine, "writer", 1 if sqlite else POSTGRESQL_WRITERS, writes=True)

    async def read(self, work: Callable[[Session], Result]) -> Result:
        """Run work that only reads; raises BUSY."""
        return await self._readers.run(work)

    async def write(self, work: Callable[[Session], Result]) -> Result:
        """Run work that writes; raises BUSY."""
        return await self._writers.run(work)

    def close(self) -> None:
        """Do what waits, then end the threads."""
        self._readers.close()
        self._writers.close()
