"""The client's calls against a server that answers as it is told to."""

from pathlib import Path

import httpx
import pytest

from shared.problems import MEDIA_TYPE, Problem, ProblemCode
from tui.core.client import MAX_BUSY_RETRIES, Client
from tui.core.errors import Refused


def busy() -> httpx.Response:
    problem = Problem(
        title="Service Unavailable",
        status=503,
        code=ProblemCode.BUSY,
        detail="The portal is busy.",
        retry_after=1,
    )
    headers = {"Content-Type": MEDIA_TYPE}
    return httpx.Response(503, content=problem.model_dump_json(), headers=headers)


class Replies(httpx.AsyncBaseTransport):
    """Gives replies in turn, and holds the bodies that were sent."""

    def __init__(self, *replies: httpx.Response) -> None:
        self._replies = list(replies)
        self.bodies: list[bytes] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(await request.aread())
        return self._replies.pop(0)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(_: float) -> None:
        return

    monkeypatch.setattr("tui.core.client.asyncio.sleep", sleep)


async def test_a_call_is_repeated_while_the_portal_is_busy_and_says_so_once() -> None:
    said: list[str] = []
    transport = Replies(busy(), busy(), httpx.Response(200, json="done"))
    client = Client("http://portal.example", transport=transport)
    client.on_busy = lambda: said.append("busy")
    assert await client.ask("POST", "/v1/x", str) == "done"
    assert said == ["busy"]


async def test_an_upload_is_sent_whole_again_after_the_portal_was_busy(tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(b"%PDF-1.7" * 20_000)
    transport = Replies(busy(), httpx.Response(201, json="stored"))
    client = Client("http://portal.example", transport=transport)
    answer = await client.upload("/v1/d", file, str, name=file.name, progress=lambda _: None)
    assert answer == "stored"
    assert transport.bodies == [file.read_bytes()] * 2


async def test_a_portal_that_stays_busy_is_told_in_the_end() -> None:
    transport = Replies(*(busy() for _ in range(MAX_BUSY_RETRIES + 1)))
    client = Client("http://portal.example", transport=transport)
    with pytest.raises(Refused, match="busy"):
        await client.tell("PUT", "/v1/x")
