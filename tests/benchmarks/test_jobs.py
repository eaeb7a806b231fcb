import sys
from importlib import import_module

import httpx
import pytest
from fastapi import FastAPI

from benchmarks.http_client import Request, Response
from benchmarks.jobs import Job, Send, read, read_portal, save, sign_in, upload
from benchmarks.seeding import Professional, Seeder
from server.app import open_services
from server.core.settings import Settings


@pytest.fixture
def professional(app: FastAPI, settings: Settings) -> Professional:
    """Professional seeded by the real clock, as in a load test."""
    app.state.services = open_services(settings)
    return Seeder(app.state.services).get_professionals(2)[1]


def make_sender(app: FastAPI, responses: list[Response]) -> Send:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver")

    async def send(request: Request) -> Response:
        headers = {"Authorization": f"Bearer {request.token}", **request.headers}
        httpx_response = await client.request(
            request.method, request.target, headers=headers, content=request.body
        )
        responses.append(
            Response(
                httpx_response.status_code, dict(httpx_response.headers), httpx_response.content
            )
        )
        assert httpx_response.is_success, httpx_response.text
        return responses[-1]

    return send


@pytest.fixture
def responses() -> list[Response]:
    return []


@pytest.mark.parametrize("job", [save, read, read_portal, upload, sign_in])
async def test_each_job_can_be_repeated(
    job: Job, professional: Professional, app: FastAPI, responses: list[Response]
) -> None:
    send = make_sender(app, responses)
    await job(professional, send)
    await job(professional, send)
    await read(professional, send)
    assert responses[-1].body.count(b'"first_name"') == 20


async def test_unacknowledged_save_is_retried_with_same_id(
    professional: Professional,
) -> None:
    bodies: list[bytes] = []

    async def lose_first_response(request: Request) -> Response | None:
        bodies.append(request.body)
        return None if len(bodies) == 1 else Response(200, {}, b'{"version": 2}')

    for _ in range(3):
        await save(professional, lose_first_response)
    assert bodies[0] == bodies[1] != bodies[2]
    assert professional.version == 2


async def test_tutorial_app_returns_same_responses(
    professional: Professional,
    app: FastAPI,
    settings: Settings,
    responses: list[Response],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", settings.secret_key.get_secret_value())
    monkeypatch.setenv("TUTORIAL_DATABASE", settings.database)
    monkeypatch.delitem(sys.modules, "benchmarks.tutorial_app", raising=False)
    tutorial = import_module("benchmarks.tutorial_app")
    ours = make_sender(app, responses)
    theirs = make_sender(tutorial.app, responses)
    for job in (read, save, save):
        await job(professional, ours)
        await job(professional, theirs)
    tutorial.engine.dispose()
    assert responses[0].body == responses[1].body
    assert professional.version == 5
    assert responses[-1].headers["etag"] == '"5"'
    assert responses[-1].body.startswith(b'{"version":5')
