import sys
from importlib import import_module

import httpx
import pytest
from fastapi import FastAPI

from benchmarks.http_client import Reply, Request
from benchmarks.jobs import Job, Send, read, read_portal, save, sign_in, upload
from benchmarks.seeding import Professional, Seeder
from server.app import open_services
from server.core.settings import Settings


@pytest.fixture
def professional(app: FastAPI, settings: Settings) -> Professional:
    """Professional seeded by the real clock, as in a load test."""
    app.state.services = open_services(settings)
    return Seeder(app.state.services).take(2)[1]


def sender(app: FastAPI, replies: list[Reply]) -> Send:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver")

    async def send(request: Request) -> Reply:
        headers = {"Authorization": f"Bearer {request.token}", **request.headers}
        answer = await client.request(
            request.method, request.target, headers=headers, content=request.body
        )
        replies.append(Reply(answer.status_code, dict(answer.headers), answer.content))
        assert answer.is_success, answer.text
        return replies[-1]

    return send


@pytest.fixture
def replies() -> list[Reply]:
    return []


@pytest.mark.parametrize("job", [save, read, read_portal, upload, sign_in])
async def test_seeded_professional_can_do_each_job_twice(
    job: Job, professional: Professional, app: FastAPI, replies: list[Reply]
) -> None:
    send = sender(app, replies)
    await job(professional, send)
    await job(professional, send)
    await read(professional, send)
    assert replies[-1].body.count(b'"first_name"') == 20


async def test_save_without_a_reply_is_repeated_with_the_same_id(
    professional: Professional,
) -> None:
    bodies: list[bytes] = []

    async def lost(request: Request) -> Reply | None:
        bodies.append(request.body)
        return None if len(bodies) == 1 else Reply(200, {}, b'{"version": 2}')

    for _ in range(3):
        await save(professional, lost)
    assert bodies[0] == bodies[1] != bodies[2]
    assert professional.version == 2


async def test_tutorial_app_gives_the_same_replies(
    professional: Professional,
    app: FastAPI,
    settings: Settings,
    replies: list[Reply],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", settings.secret_key.get_secret_value())
    monkeypatch.setenv("TUTORIAL_DATABASE", settings.database)
    monkeypatch.delitem(sys.modules, "benchmarks.tutorial_app", raising=False)
    tutorial = import_module("benchmarks.tutorial_app")
    ours = sender(app, replies)
    theirs = sender(tutorial.app, replies)
    for job in (read, save, save):
        await job(professional, ours)
        await job(professional, theirs)
    tutorial.engine.dispose()
    assert replies[0].body == replies[1].body
    assert professional.version == 5
    assert replies[-1].headers["etag"] == '"5"'
    assert replies[-1].body.startswith(b'{"version":5')
