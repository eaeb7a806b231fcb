"""A store that is slow holds up who asks it for a document, and nobody else, over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event, Semaphore, Thread
from typing import Any, BinaryIO, cast

import anyio.to_thread
import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from httpx import Response
from obstore.store import ObjectStore

from server.core.database import Services
from tests.parts import Someone
from tests.server.documents.test_readers import upload_one
from tests.server.steps import PDF, add_child, done, upload

PATIENCE = 10.0
CORES = 2


class Held:
    """A store that answers nobody until it is let go."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.asked, self.let_go = Semaphore(0), Event()

    def _wait(self) -> None:
        self.asked.release()
        self.let_go.wait(PATIENCE)

    def get(self, key: str) -> object:
        self._wait()
        return self._store.get(key)

    def put(self, key: str, file: BinaryIO, **parts: Any) -> None:
        self._wait()
        self._store.put(key, file, **parts)


@pytest.fixture
def two_cores(loop: BlockingPortal) -> Iterator[None]:
    """As many threads for all that waits for the database as a server with two cores has."""

    async def set_threads(count: float) -> float:
        limiter = anyio.to_thread.current_default_thread_limiter()
        before, limiter.total_tokens = limiter.total_tokens, count
        return before

    before = loop.call(set_threads, CORES)
    yield
    loop.call(set_threads, before)


def test_documents_that_come_and_go_slowly_hold_up_nobody_else(
    me: Someone, app: FastAPI, services: Services, two_cores: None
) -> None:
    person = add_child(me)
    document = upload_one(me, person)
    held = Held(services.store)
    app.state.services = replace(services, store=cast("ObjectStore", held))
    replies: list[Response] = []
    asks = [lambda: me.get(f"/v1/documents/{document}/content"), lambda: upload(me, person)]
    threads = [
        Thread(target=lambda ask=ask: replies.append(ask())) for ask in asks for _ in range(CORES)
    ]
    for thread in threads:
        thread.start()
    waiting = [held.asked.acquire(timeout=PATIENCE / 2) for _ in threads]
    written = me.put(f"/v1/people/{person}/hidden")
    meanwhile = not held.let_go.is_set() and not replies
    held.let_go.set()
    for thread in threads:
        thread.join()
    assert all(waiting)
    assert done(written)
    assert meanwhile
    assert sorted(reply.status_code for reply in replies) == [200, 200, 201, 201]
    assert all(reply.content == PDF for reply in replies if reply.status_code == 200)
