import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from benchmarks import load_results
from benchmarks.http_client import Connection, Request
from benchmarks.load import is_failure
from benchmarks.load_results import CONNECTION_LOST, NO_RESPONSE, LoadResults, percentile, send

GET = Request("GET", "/", "a-token")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
BUSY_FOR_A_MINUTE = BUSY.replace(b": 0\r\n", b": 60\r\n", 1)
UNAVAILABLE = b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"
STALE = b"HTTP/1.1 412 Stale\r\nContent-Length: 0\r\n\r\n"
TRUNCATED = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok"


class ScriptedServer:
    """Server that sends scripted responses and records the requests."""

    def __init__(self, responses: list[bytes]) -> None:
        self.responses = responses
        self.requests: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while self.responses:
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self.requests.append(head + await reader.readexactly(int(length or 0)))
            response = self.responses.pop(0)
            writer.write(response)
            if response in (CLOSING, TRUNCATED):
                break
            if not response:
                await reader.read()
        writer.close()


@asynccontextmanager
async def serving(*responses: bytes) -> AsyncIterator[tuple[Connection, ScriptedServer]]:
    server = ScriptedServer(list(responses))
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listener:
        connection = Connection("127.0.0.1", listener.sockets[0].getsockname()[1])
        yield connection, server
        connection.close()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_results, "PAUSE_AFTER_ERROR", 0)


@pytest.mark.parametrize(
    ("values", "fraction", "expected"),
    [
        ([], 0.99, 0.0),
        ([7.0], 0.99, 7.0),
        ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.99, 99.0),
        ([float(n) for n in range(1, 102)], 0.99, 100.0),
        ([float(n) for n in range(1, 101)], 1.0, 100.0),
    ],
)
def test_percentile_is_the_nearest_rank(
    values: list[float], fraction: float, expected: float
) -> None:
    assert percentile(values, fraction) == expected


async def test_connection_is_reused_and_sends_complete_requests() -> None:
    async with serving(OK, CHUNKED) as (connection, server):
        put = Request("PUT", "/a?b=c", "a-token", b"body", {"If-Match": '"3"'})
        first, second = await connection.send(put), await connection.send(GET)
    assert (first.status, first.body) == (second.status, second.body) == (200, b"ok")
    assert server.connections == 1
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nAuthorization: Bearer a-token\r\n" in head
    assert b'\r\nIf-Match: "3"' in head
    assert body == b"body"


async def test_closed_connection_is_reopened() -> None:
    async with serving(CLOSING, OK) as (connection, server):
        results = LoadResults()
        assert await send(connection, GET, results)
        assert await send(connection, GET, results)
    assert (results.served, server.connections) == (2, 2)
    assert not results.errors


async def test_refusal_is_retried_and_is_not_an_error() -> None:
    async with serving(BUSY, BUSY, OK) as (connection, _):
        results = LoadResults()
        assert await send(connection, GET, results)
    assert (results.served, results.refusals, len(results.latencies)) == (1, 2, 1)
    assert not results.errors


async def test_refusal_is_not_retried_after_end_of_run() -> None:
    async with serving(BUSY_FOR_A_MINUTE) as (connection, _):
        results = LoadResults()
        assert await send(connection, GET, results, since=0.0, until=0.0) is None
    assert (results.served, results.refusals) == (0, 1)
    assert len(results.latencies) == 1, "the latency of a refused request is recorded"
    assert not results.errors


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (UNAVAILABLE, "HTTP 503"),
        (STALE, "HTTP 412"),
        (TRUNCATED, CONNECTION_LOST),
        (b"nonsense\r\n\r\n", CONNECTION_LOST),
    ],
    ids=["503 without Retry-After", "412", "cut", "not HTTP"],
)
async def test_other_failures_are_errors(response: bytes, error: str) -> None:
    async with serving(response) as (connection, _):
        results = LoadResults()
        assert await send(connection, GET, results) is None
    assert results.errors == {error: 1}
    assert (results.served, results.refusals) == (0, 0)


async def test_unreachable_server_is_an_error() -> None:
    async with serving(OK) as (connection, _):
        pass
    results = LoadResults()
    assert await send(connection, GET, results) is None
    assert results.errors == {CONNECTION_LOST: 1}


async def test_timeout_is_an_error_with_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_results, "TIMEOUT_SECONDS", 0.05)
    async with serving(b"", OK) as (connection, server):
        results = LoadResults()
        assert await send(connection, GET, results) is None
        assert results.errors == {NO_RESPONSE: 1}
        assert results.max_latency >= 0.05
        assert await send(connection, GET, results), "a new connection is opened"
    assert server.connections == 2


async def test_latency_is_measured_from_the_due_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(OK) as (connection, _):
        results = LoadResults()
        monkeypatch.setattr(load_results, "perf_counter", lambda: 103.0)
        await send(connection, GET, results, since=100.0)
    assert results.latencies == [3.0]


def test_add_combines_results() -> None:
    total = LoadResults([1.0], served=1, refusals=2, seconds=2.0)
    other = LoadResults([3.0, 2.0], served=1, seconds=2.0)
    other.errors["HTTP 500"] = 1
    total.add(other)
    assert (total.rate, total.p50, total.p99, total.max_latency) == (1.0, 2.0, 3.0, 3.0)
    assert (total.refusals, total.errors.total()) == (2, 1)


def test_row_fails_on_error_or_high_latency_at_64_clients() -> None:
    slow, with_error = LoadResults([2.1]), LoadResults([0.1])
    with_error.errors["HTTP 500"] = 1
    assert is_failure(64, slow)
    assert not is_failure(200, slow)
    assert is_failure(1, with_error)
    assert not is_failure(64, LoadResults([1.9], refusals=3))


async def test_503_on_connect_is_a_refusal() -> None:
    responses = [BUSY_FOR_A_MINUTE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), b""]

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(responses.pop(0))
        writer.close()

    listener = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with listener:
        host, port = listener.sockets[0].getsockname()
        results = LoadResults()
        for refusals, errors in ((1, 0), (1, 1)):
            assert await send(Connection(host, port), GET, results, until=0) is None
            assert (results.refusals, results.errors.total()) == (refusals, errors)
