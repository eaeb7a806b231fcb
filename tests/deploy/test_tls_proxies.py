"""The configurations of Caddy and nginx pass large documents and the client's address on."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from deploy.deb import DEPLOY, ROOT
from server.core.audit import AuditEvent
from server.core.database import Services
from server.core.settings import Settings
from shared.documents import MAX_BYTES
from shared.values.days import utc_now
from tests.deploy.tls_proxy import PROXIES, run_proxy
from tests.parts import Someone
from tests.running import ServerProcess
from tests.server.accounts.steps import code_of
from tests.server.steps import add_child, rows


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """The real time, by which the server process checks sessions."""
    return utc_now


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerProcess]:
    """Server that believes the proxies of this machine."""
    monkeypatch.setenv("PORTAL_PROXIES", "127.0.0.1")
    process = ServerProcess(settings.data, migrate=False)
    yield process
    process.kill()


@pytest.mark.parametrize("name", PROXIES)
def test_documents_and_addresses_pass_through_the_proxy(
    name: str, server: ServerProcess, me: Someone, services: Services, tmp_path: Path
) -> None:
    folder = f"/v1/people/{add_child(me)}/documents"
    with run_proxy(name, tmp_path, server.port) as client:

        def upload(size: int) -> httpx.Response:
            content = b"%PDF-1.4\n" + bytes(size - 9)
            return client.put(
                f"{folder}/{uuid4()}",
                params={"name": "report.bmp"},
                content=content,
                headers=me.http.headers,
            )

        # The server reads the largest document to its end, and finds that it is no picture.
        assert code_of(upload(MAX_BYTES)) == "wrong_type"
        assert code_of(upload(MAX_BYTES + 1)) == "too_large"
        forged = {"X-Forwarded-For": "198.51.100.7"}
        body = {"email": "nobody@osierbeck.example", "password": "wrong"}
        assert client.post("/v1/sessions", json=body, headers=forged).status_code == 401
        entries = [row for row in rows(services, AuditEvent) if row.action == "sign_in_refused"]
        assert [entry.address for entry in entries] == ["127.0.0.2"]
        # The server believes the ids of its proxy, which must be the proxy's own.
        forged = {"X-Request-ID": "forged-by-a-client"}
        ids = [client.get("/v1/portal", headers=forged).headers["X-Request-ID"] for _ in "ab"]
        assert forged["X-Request-ID"] not in ids
        assert len(set(ids)) == 2


def test_page_shows_the_configuration_of_caddy() -> None:
    text = (DEPLOY / "caddy/Caddyfile").read_text()
    lines = [line for line in text.splitlines() if not line.strip().startswith("#")]
    page = (ROOT / "docs/running.md").read_text()
    assert "```caddyfile\n" + "\n".join(lines) + "\n```\n" in page
