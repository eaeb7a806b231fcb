"""A slow store delays only requests for documents, over HTTP."""

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
from tests.pdfs import PDF
from tests.server.documents.test_readers import upload_document
from tests.server.steps import add_child, ok, upload

TIMEOUT_SECONDS = 10.0
CORES = 2


class BlockedStore:
    """Store that blocks until released."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.waiting, self.released = Semaphore(0), Event()

    def _wait(self) -> None:
        self.waiting.release()
        self.released.wait(TIMEOUT_SECONDS)

    def get(self, key: str) -> object:
        self._wait()
        return self._store.get(key)

    def put(self, key: str, file: BinaryIO, **options: Any) -> None:
        self._wait()
        self._store.put(key, file, **options)


@pytest.fixture
def two_cores(loop: BlockingPortal) -> Iterator[None]:
    """Limit the threads for database work to those of a server with two cores."""

    async def set_threads(count: float) -> float:
        limiter = anyio.to_thread.current_default_thread_limiter()
        previous_count, limiter.total_tokens = limiter.total_tokens, count
        return previous_count

    previous_count = loop.call(set_threads, CORES)
    yield
    loop.call(set_threads, previous_count)


@pytest.mark.both_databases
def test_slow_documents_do_not_delay_other_requests(
    me: Someone, app: FastAPI, services: Services, two_cores: None
) -> None:
    person = add_child(me)
    document = upload_document(me, person)
    blocked = BlockedStore(services.store)
    app.state.services = replace(services, store=cast("ObjectStore", blocked))
    replies: list[Response] = []
    calls = [lambda: me.get(f"/v1/documents/{document}/content"), lambda: upload(me, person)]
    threads = [
        Thread(target=lambda call=call: replies.append(call()))
        for call in calls
        for _ in range(CORES)
    ]
    for thread in threads:
        thread.start()
    all_waiting = [blocked.waiting.acquire(timeout=TIMEOUT_SECONDS / 2) for _ in threads]
    reply = me.put(f"/v1/people/{person}/hidden")
    answered_first = not blocked.released.is_set() and not replies
    blocked.released.set()
    for thread in threads:
        thread.join()
    assert all(all_waiting)
    assert ok(reply)
    assert answered_first
    assert sorted(reply.status_code for reply in replies) == [200, 200, 201, 201]
    assert all(reply.content == PDF for reply in replies if reply.status_code == 200)
