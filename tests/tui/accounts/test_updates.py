"""Versions that do not work together: what the client says, and what it keeps."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from typing import Any
from uuid import UUID

import pytest
from textual.screen import Screen

from shared.accounts import PortalInfo
from shared.problems import Problem, ProblemCode
from tests.parts import Someone
from tests.running import find_free_port
from tests.tui.accounts.test_start import INFO
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import read_answers, start
from tests.tui.saving.test_bad_connections import FIELD, open_answer, shows
from tests.tui.steps import screen_text, until
from tui import cli
from tui.accounts import updates

OWN = version("professional-portal")
OTHER = "999.0.0"


def words_on(screen: Screen[Any]) -> str:
    """Return the text of a screen without line breaks."""
    return " ".join(screen_text(screen).split())


@pytest.fixture
def form(me: Someone) -> UUID:
    return start(me)


async def test_typed_text_is_kept_while_the_versions_do_not_fit(
    portal: AppFactory, me: Someone, form: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.saving.saver.SAVE_DELAY", 0.2)
    monkeypatch.setattr("tui.saving.saver.REJECTED_RETRY_DELAY", 0.3)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        area = await open_answer(pilot, form)
        app.client._http.headers["Portal-Client"] = OTHER
        await pilot.press(*"Typed.")
        problem = "server must be updated for your program"
        await until(pilot, lambda: problem in words_on(pilot.app.screen))
        assert area.text == "Typed."
        unsent = await app.journal.read(me.id, form)
        assert unsent is not None
        assert "Typed." in str(unsent)
        app.client._http.headers["Portal-Client"] = OWN
        await until(pilot, lambda: shows(pilot, "✓ Saved"))
    assert read_answers(me, form)[FIELD] == "Typed."


async def test_sign_in_form_says_which_to_update(portal: AppFactory) -> None:
    app = portal()
    app.client._http.headers["Portal-Client"] = OTHER
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "The portal's server must be updated" in screen_text(app.screen))


class PortalStub(HTTPServer):
    """HTTP server that answers each request with the same body."""

    status, body = 200, ""


class StubHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, PortalStub)
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body.encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[PortalStub]:
    server = PortalStub(("127.0.0.1", 0), StubHandler)
    monkeypatch.setenv("PORTAL_SERVER", f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ({"version": OWN}, updates.CURRENT, "is up to date"),
        ({"version": OTHER}, updates.NEWER_RECOMMENDED, f"Version {OTHER} is recommended"),
        ({"version": OTHER, "recommended_client": OWN}, updates.CURRENT, "is up to date"),
        ({"version": OWN, "recommended_client": "0.0.1"}, updates.CURRENT, "is up to date"),
    ],
)
def test_update_check_compares_with_what_the_server_recommends(
    stub: PortalStub,
    capsys: pytest.CaptureFixture[str],
    fields: dict[str, str],
    code: int,
    text: str,
) -> None:
    stub.body = PortalInfo.model_validate(INFO | fields).model_dump_json()
    assert cli.main(["update-check"]) == code
    assert text in capsys.readouterr().out


def test_update_check_says_why_it_could_not_check(
    stub: PortalStub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.status = 426
    for code, exit_code in (
        (ProblemCode.OUTDATED_CLIENT, updates.NEWER_RECOMMENDED),
        (ProblemCode.OUTDATED_SERVER, updates.NOT_CHECKED),
    ):
        problem = Problem(title="Old", status=426, code=code, detail=f"It is {code}.")
        stub.body = problem.model_dump_json()
        assert cli.main(["update-check"]) == exit_code
        assert capsys.readouterr().err == f"It is {code}.\n"
    url = f"http://127.0.0.1:{find_free_port()}"
    assert cli.main(["--server", url, "update-check"]) == updates.NOT_CHECKED
    assert capsys.readouterr().err.startswith(f"{url} did not say")
    monkeypatch.setenv("PORTAL_CLIENT_SETTINGS", "/none")
    assert cli.main(["update-check"]) == updates.NOT_CHECKED
