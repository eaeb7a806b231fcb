"""Limits on the size and duration of request heads and bodies."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from time import monotonic
from uuid import uuid4

import httpx
import pytest
import uvicorn
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI

from server.core import bodies, protocol
from server.core.bodies import BODY_BYTES, UNAUTHENTICATED_BYTES
from server.core.database import Services
from server.core.protocol import GuardedProtocol
from shared.documents import MAX_BYTES
from tests.parts import Someone
from tests.server.routes import TABLE
from tests.server.steps import add_child

TIMEOUT_SECONDS = 10.0
STALL_SECONDS = 0.3

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
def port(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Port of a real server with short timeouts."""
    monkeypatch.setattr(bodies, "STALL_SECONDS", STALL_SECONDS)
    monkeypatch.setattr(protocol, "STALL_SECONDS", STALL_SECONDS)
    monkeypatch.setattr(protocol, "MAX_CONNECTIONS", 20)
    config = uvicorn.Config(app, http=GuardedProtocol, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(TIMEOUT_SECONDS)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)


def read_all(connection: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    data = b""
    with suppress(ConnectionResetError):
        while chunk := connection.recv(65_536):
            data += chunk
    return data


def send_raw(port: int, head: str, body: bytes = b"") -> bytes:
    data = f"{head}\r\nHost: portal\r\nConnection: close\r\n\r\n".encode() + body
    with connect(port) as connection:
        # The server may reject the request before it is complete.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        return read_all(connection)


def status_of(reply: bytes) -> int:
    return int(reply.split(b" ", 2)[1])


@pytest.mark.parametrize(
    "head",
    ["", "\r\n", "GET /v1/portal HTTP/1.1\r\nHost: por"],
    ids=["nothing", "empty line", "incomplete head"],
)
def test_connection_without_a_head_is_closed(port: int, head: str) -> None:
    start = monotonic()
    with connect(port) as connection:
        connection.sendall(head.encode())
        assert status_of(read_all(connection)) == 408
    assert STALL_SECONDS <= monotonic() - start < TIMEOUT_SECONDS


def test_slow_head_is_cut_off(port: int) -> None:
    with connect(port) as connection:
        stop = threading.Event()

        def send_slowly() -> None:
            try:
                while not stop.wait(STALL_SECONDS / 10):
                    connection.sendall(b"GET"[:1])
            except OSError:
                return

        thread = threading.Thread(target=send_slowly)
        thread.start()
        reply = read_all(connection)
        stop.set()
        thread.join()
    assert status_of(reply) in {400, 408}


@pytest.mark.parametrize("size", [40_000, 2_000_000], ids=["slightly", "far"])
def test_oversized_head_is_refused(port: int, size: int) -> None:
    reply = send_raw(port, f"GET /v1/portal HTTP/1.1\r\nX-Long: {'x' * size}")
    assert reply == b"" or status_of(reply) == 431


def test_head_of_30_kilobytes_is_accepted(port: int) -> None:
    reply = send_raw(port, f"GET /v1/portal HTTP/1.1\r\nX-Long: {'x' * 30_000}")
    assert status_of(reply) == 200


def test_excess_connections_are_refused(port: int) -> None:
    idle = [connect(port) for _ in range(20)]
    with connect(port) as late:
        assert status_of(read_all(late)) == 503
    for connection in idle:
        connection.close()


def post(port: int, path: str, size: int, *lines: str) -> bytes:
    length = f"Content-Length: {size}"
    head = "\r\n".join((f"POST {path} HTTP/1.1", "Content-Type: application/json", length, *lines))
    return send_raw(port, head, b"[" + b" " * (size - 2) + b"]")


def test_longest_idle_connection_is_closed_at_the_limit(port: int) -> None:
    request = b"GET /v1/portal HTTP/1.1\r\nHost: portal\r\n\r\n"
    with ExitStack() as stack:
        idle = [stack.enter_context(connect(port)) for _ in range(20)]
        for connection in idle:
            connection.sendall(request)
            assert status_of(connection.recv(65_536)) == 200
        assert status_of(send_raw(port, "GET /v1/portal HTTP/1.1")) == 200
        assert read_all(idle[0]) == b""
        idle[1].sendall(request)
        assert status_of(idle[1].recv(65_536)) == 200


def test_client_that_never_reads_is_disconnected(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "UNREAD_SECONDS", STALL_SECONDS)
    with connect(port) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(TIMEOUT_SECONDS)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while True:
                connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: portal\r\n\r\n" * 20)


def test_anonymous_body_is_limited_to_16_kilobytes(port: int) -> None:
    assert status_of(post(port, "/v1/sessions", UNAUTHENTICATED_BYTES)) == 422
    assert status_of(post(port, "/v1/sessions", UNAUTHENTICATED_BYTES + 1)) == 413


def test_large_body_is_accepted_from_a_signed_in_client(port: int, me: Someone) -> None:
    assert status_of(post(port, "/v1/people", 100_000)) == 401
    header = f"Authorization: Bearer {me.token}"
    assert status_of(post(port, "/v1/people", 100_000, header)) == 422
    assert status_of(post(port, "/v1/people", BODY_BYTES + 1, header)) == 413


def send_chunks(port: int, route: str, size: int, *lines: str) -> int:
    """Send a body of unknown length to a route and return the status of the reply."""
    head = "\r\n".join((f"{route} HTTP/1.1", "Transfer-Encoding: chunked", *lines))
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    return status_of(send_raw(port, head, chunk * (size // 4096 + 1) + b"0\r\n\r\n"))


PUBLIC_BODIES = ("registrations", "activations", "password/forgotten", "password/reset", "sessions")


@pytest.mark.parametrize(
    "path", [*(f"/v1/{name}" for name in PUBLIC_BODIES), "/reset/x", "/receipt"]
)
def test_anonymous_body_of_unknown_length_is_limited(port: int, path: str) -> None:
    assert send_chunks(port, f"POST {path}", UNAUTHENTICATED_BYTES) == 413


def test_body_of_unknown_length_is_limited_on_every_route(port: int, me: Someone) -> None:
    header = f"Authorization: Bearer {me.token}"
    json_type = "Content-Type: application/json"
    taking, refused = [], {}
    for route, row in TABLE.items():
        if not row.body or route.startswith("PUT /v1/people/{person}/documents"):
            continue
        path = re.sub(r"{\w+}", str(uuid4()), route)
        taking.append(route)
        lines = (header, json_type, 'If-Match: "1"')
        status = send_chunks(port, path, BODY_BYTES, *lines)
        if status not in {403, 413}:
            refused[route] = status
    assert not refused
    assert len(taking) > 25


def test_upload_of_unknown_length_is_limited(port: int, me: Someone) -> None:
    route = f"PUT /v1/people/{add_child(me)}/documents/{uuid4()}?name=a.pdf"
    assert send_chunks(port, route, MAX_BYTES) == 401
    assert send_chunks(port, route, MAX_BYTES, f"Authorization: Bearer {me.token}") == 413


def test_stalled_body_is_cut_off(port: int) -> None:
    head = "POST /v1/sessions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 100"
    assert status_of(send_raw(port, head, b'{"email":')) == 408


def test_save_with_many_invalid_answers_is_rejected_quickly(port: int, me: Someone) -> None:
    changes = ",".join(f'"f{number}":[[]]' for number in range(200_000))
    body = f'{{"save":"{uuid4()}","changes":{{{changes}}}}}'.encode()
    head = (
        f'PATCH /v1/submissions/{uuid4()}/answers HTTP/1.1\r\nIf-Match: "1"\r\n'
        f"Authorization: Bearer {me.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}"
    )
    reply = send_raw(port, head, body)
    assert status_of(reply) == 422
    assert len(reply) < 2_000


def test_early_refusal_can_be_read_after_a_large_body(port: int) -> None:
    content = b"%PDF-1.7" * 1_000_000
    path = f"http://127.0.0.1:{port}/v1/people/{uuid4()}/documents/{uuid4()}?name=report.pdf"
    with httpx.Client(trust_env=False) as client:
        statuses = [client.put(path, content=content).status_code for _ in range(3)]
    assert statuses == [401] * 3


def test_pipelined_head_is_limited(port: int, services: Services, loop: BlockingPortal) -> None:
    release = threading.Event()
    blocked = [
        loop.start_task_soon(services.read, lambda _: release.wait(TIMEOUT_SECONDS)) for _ in "ab"
    ]
    with connect(port) as connection:
        head = b"GET /activate/x HTTP/1.1\r\nHost: portal\r\n"
        connection.sendall(head + b"\r\n" + head + b"X-Long: ")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(1_000):
                connection.sendall(b"x" * 65_536)
    release.set()
    assert all(work.result(TIMEOUT_SECONDS) for work in blocked)
