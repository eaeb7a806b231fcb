"""The client's calls to a server with scripted replies."""

from pathlib import Path

import httpx
import pytest

from shared.accounts import SecondStep, SessionOut, SessionState, SignInIn
from shared.problems import MEDIA_TYPE, Problem, ProblemCode, quoted
from tests.parts import PASSWORD, TODAY
from tui.accounts import api
from tui.core.client import MAX_BUSY_RETRIES, Client
from tui.core.errors import Refused


def busy_response() -> httpx.Response:
    problem = Problem(
        title="Service Unavailable",
        status=503,
        code=ProblemCode.BUSY,
        detail="The portal is busy.",
        retry_after=1,
    )
    headers = {"Content-Type": MEDIA_TYPE}
    return httpx.Response(503, content=problem.model_dump_json(), headers=headers)


class ScriptedReplies(httpx.AsyncBaseTransport):
    """Returns the given replies in turn, and records the request bodies."""

    def __init__(self, *replies: httpx.Response) -> None:
        self._replies = list(replies)
        self.bodies: list[bytes] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(await request.aread())
        return self._replies.pop(0)


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(_: float) -> None:
        return

    monkeypatch.setattr("tui.core.client.asyncio.sleep", sleep)


async def test_call_is_retried_while_busy_and_notifies_once() -> None:
    notices: list[str] = []
    transport = ScriptedReplies(busy_response(), busy_response(), httpx.Response(200, json="done"))
    client = Client("http://portal.example", transport=transport)
    client.on_busy = lambda: notices.append("busy")
    assert await client.request("POST", "/v1/x", str) == "done"
    assert notices == ["busy"]


async def test_sign_in_is_repeated_with_its_id_when_its_reply_is_lost() -> None:
    session = SessionOut(
        token="token",
        state=SessionState.CODE_REQUIRED,
        second_step=SecondStep.APP,
        idle_minutes=30,
        ends_at=TODAY,
    )
    body = session.model_dump_json()
    transport = ScriptedReplies(httpx.Response(502), httpx.Response(201, content=body))
    client = Client("http://portal.example", transport=transport)
    assert await api.sign_in(client, "senco@osierbeck.example", PASSWORD, "") == session
    first, second = transport.bodies
    assert first == second
    assert SignInIn.model_validate_json(first).id


async def test_upload_is_resent_in_full_after_busy(tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(b"%PDF-1.7" * 20_000)
    transport = ScriptedReplies(busy_response(), httpx.Response(201, json="stored"))
    client = Client("http://portal.example", transport=transport)
    reply = await client.upload("/v1/d", file, str, name=file.name, progress=lambda _: None)
    assert reply == "stored"
    assert transport.bodies == [file.read_bytes()] * 2


async def test_call_fails_when_portal_stays_busy() -> None:
    transport = ScriptedReplies(*(busy_response() for _ in range(MAX_BUSY_RETRIES + 1)))
    client = Client("http://portal.example", transport=transport)
    with pytest.raises(Refused, match="busy"):
        await client.send("PUT", "/v1/x")


@pytest.mark.parametrize(
    ("code", "request_id", "expected"),
    [
        (ProblemCode.INTERNAL, "5f0c9a3b", "A mistake. If you report this, quote {}."),
        (ProblemCode.STORAGE, "5f0c9a3b", "A mistake. If you report this, quote {}."),
        (ProblemCode.NOT_FOUND, "5f0c9a3b", "A mistake."),
        (ProblemCode.INTERNAL, None, "A mistake."),
    ],
)
async def test_fault_of_the_server_says_what_to_quote(
    code: ProblemCode, request_id: str | None, expected: str
) -> None:
    problem = Problem(title="x", status=500, code=code, detail="A mistake.", request_id=request_id)
    reply = httpx.Response(500, content=problem.model_dump_json())
    client = Client("http://portal.example", transport=ScriptedReplies(reply))
    with pytest.raises(Refused) as refusal:
        await client.request("POST", "/v1/x", str)
    assert str(refusal.value) == expected.format(quoted("5f0c9a3b"))
