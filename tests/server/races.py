"""Helpers for races: a request that arrives while another transaction is open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic
from uuid import uuid4

import psycopg
from httpx import Response

from server.accounts.actor import Actor
from server.core.database import Services, Transaction
from shared.accounts import SecondStep, SessionState, Staff
from tests.parts import Someone

TIMEOUT_SECONDS = 10.0

SendRequest = Callable[[], Response]


def make_actor(tx: Transaction, officer: Someone) -> Actor:
    return Actor(
        account_id=officer.id,
        session_id=uuid4(),
        name="Ada Officer",
        state=SessionState.SIGNED_IN,
        second_step=SecondStep.APP,
        proved_at=tx.now,
        address="",
        staff=Staff.OFFICER,
    )


def wait_for_lock_contention(services: Services) -> None:
    """Wait until a connection waits for a lock; return at once on SQLite, which has one writer."""
    url = services.settings.database
    if url.startswith("sqlite"):
        return
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    deadline = monotonic() + TIMEOUT_SECONDS
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(query).fetchone() == (0,):
            assert monotonic() < deadline, "No connection waits for a lock."


@contextmanager
def during_transaction(
    services: Services, send: SendRequest, replies: list[Response]
) -> Iterator[Transaction]:
    """Yield a transaction and send a request before it is committed."""
    thread = Thread(target=lambda: replies.append(send()))
    with services.transaction() as tx:
        yield tx
        tx.session.flush()
        thread.start()
        wait_for_lock_contention(services)
    thread.join()
