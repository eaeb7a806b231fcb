"""Two at once: something is done in a transaction, and asked for before it is committed."""

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

PATIENCE = 10.0

Asks = Callable[[], Response]


def actor_of(tx: Transaction, officer: Someone) -> Actor:
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


def wait_for_a_waiter(services: Services) -> None:
    """Wait until somebody waits for a lock; SQLite lets only one write at all."""
    url = services.settings.database
    if url.startswith("sqlite"):
        return
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    end = monotonic() + PATIENCE
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(waiting).fetchone() == (0,):
            assert monotonic() < end, "Nobody waits."


@contextmanager
def meanwhile(services: Services, ask: Asks, replies: list[Response]) -> Iterator[Transaction]:
    """Do something in a transaction, and ask before it is committed."""
    thread = Thread(target=lambda: replies.append(ask()))
    with services.transaction() as tx:
        yield tx
        tx.session.flush()
        thread.start()
        wait_for_a_waiter(services)
    thread.join()
