import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from benchmarks import tally
from benchmarks.http_client import Connection, Request
from benchmarks.load import failed
from benchmarks.tally import BROKEN, NO_REPLY, Tally, percentile, send

GET = Request("GET", "/", "a-token")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
FULL = b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
FULL_FOR_LONG = FULL.replace(b": 0\r\n", b": 60\r\n", 1)
DOWN = b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"
STALE = b"HTTP/1.1 412 Stale\r\nContent-Length: 0\r\n\r\n"
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok"


class Script:
    """Server that sends scripted replies and records the requests."""

    def __init__(self, replies: list[bytes]) -> None:
        self.replies = replies
        self.requests: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while self.replies:
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self.requests.append(head + await reader.readexactly(int(length or 0)))
            reply = self.replies.pop(0)
            writer.write(reply)
            if reply in (LAST, CUT):
                break
            if not reply:
                await reader.read()
        writer.close()


@asynccontextmanager
async def serving(*replies: bytes) -> AsyncIterator[tuple[Connection, Script]]:
    script = Script(list(replies))
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    async with server:
        connection = Connection("127.0.0.1", server.sockets[0].getsockname()[1])
        yield connection, script
        connection.close()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "PAUSE_AFTER_ERROR", 0)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.99, 0.0),
        ([7.0], 0.99, 7.0),
        ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.99, 99.0),
        ([float(n) for n in range(1, 102)], 0.99, 100.0),
        ([float(n) for n in range(1, 101)], 1.0, 100.0),
    ],
)
def test_percentile_is_the_nearest_rank(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


async def test_connection_is_reused_and_the_request_is_sent_whole() -> None:
    async with serving(OK, CHUNKED) as (connection, script):
        put = Request("PUT", "/a?b=c", "a-token", b"body", {"If-Match": '"3"'})
        first, second = await connection.send(put), await connection.send(GET)
    assert (first.status, first.body) == (second.status, second.body) == (200, b"ok")
    assert script.connections == 1
    head, _, body = script.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nAuthorization: Bearer a-token\r\n" in head
    assert b'\r\nIf-Match: "3"' in head
    assert body == b"body"


async def test_connection_closed_by_the_server_is_reopened() -> None:
    async with serving(LAST, OK) as (connection, script):
        counts = Tally()
        assert await send(connection, GET, counts)
        assert await send(connection, GET, counts)
    assert (counts.served, script.connections) == (2, 2)
    assert not counts.errors


async def test_refusal_is_retried_and_is_not_an_error() -> None:
    async with serving(FULL, FULL, OK) as (connection, _):
        counts = Tally()
        assert await send(connection, GET, counts)
    assert (counts.served, counts.refusals, len(counts.waits)) == (1, 2, 1)
    assert not counts.errors


async def test_refusal_past_the_end_of_the_run_is_not_retried() -> None:
    async with serving(FULL_FOR_LONG) as (connection, _):
        counts = Tally()
        assert await send(connection, GET, counts, since=0.0, until=0.0) is None
    assert (counts.served, counts.refusals) == (0, 1)
    assert len(counts.waits) == 1, "who was refused has waited since the request was due"
    assert not counts.errors


@pytest.mark.parametrize(
    ("reply", "error"),
    [(DOWN, "HTTP 503"), (STALE, "HTTP 412"), (CUT, BROKEN), (b"nonsense\r\n\r\n", BROKEN)],
    ids=["503 without Retry-After", "412", "cut", "not HTTP"],
)
async def test_any_other_failure_is_an_error(reply: bytes, error: str) -> None:
    async with serving(reply) as (connection, _):
        counts = Tally()
        assert await send(connection, GET, counts) is None
    assert counts.errors == {error: 1}
    assert (counts.served, counts.refusals) == (0, 0)


async def test_unreachable_server_is_an_error() -> None:
    async with serving(OK) as (connection, _):
        pass
    counts = Tally()
    assert await send(connection, GET, counts) is None
    assert counts.errors == {BROKEN: 1}


async def test_missing_reply_is_an_error_and_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "PATIENCE", 0.05)
    async with serving(b"", OK) as (connection, script):
        counts = Tally()
        assert await send(connection, GET, counts) is None
        assert counts.errors == {NO_REPLY: 1}
        assert counts.worst >= 0.05
        assert await send(connection, GET, counts), "the connection is not used again"
    assert script.connections == 2


async def test_wait_is_counted_from_the_due_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(OK) as (connection, _):
        counts = Tally()
        monkeypatch.setattr(tally, "perf_counter", lambda: 103.0)
        await send(connection, GET, counts, since=100.0)
    assert counts.waits == [3.0]


def test_tallies_add_up() -> None:
    total = Tally([1.0], served=1, refusals=2, seconds=2.0)
    other = Tally([3.0, 2.0], served=1, seconds=2.0)
    other.errors["HTTP 500"] = 1
    total.add(other)
    assert (total.rate, total.p50, total.p99, total.worst) == (1.0, 2.0, 3.0, 3.0)
    assert (total.refusals, total.errors.total()) == (2, 1)


def test_run_fails_on_an_error_or_a_long_wait_at_64_clients() -> None:
    slow, broken = Tally([2.1]), Tally([0.1])
    broken.errors["HTTP 500"] = 1
    assert failed(64, slow)
    assert not failed(200, slow)
    assert failed(1, broken)
    assert not failed(64, Tally([1.9], refusals=3))


async def test_503_on_connect_is_a_refusal_and_a_closed_connection_an_error() -> None:
    answers = [FULL_FOR_LONG.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), b""]

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0))
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        tally = Tally()
        for refusals, errors in ((1, 0), (1, 1)):
            assert await send(Connection(host, port), GET, tally, until=0) is None
            assert (tally.refusals, tally.errors.total()) == (refusals, errors)
