"""HTTPS servers whose certificate is from an authority that the system does not trust."""

import json
from pathlib import Path

import pytest

from shared.accounts import PortalInfo
from tests.tui.accounts.test_start import INFO, WELCOME
from tests.tui.core.authorities import Authority, https_server
from tests.tui.steps import screen_text, until
from tui.app import PortalApp
from tui.core.client import Client
from tui.core.errors import InvalidCaFile, Untrusted
from tui.core.settings import Settings, settings_path

BODY = json.dumps(INFO)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def fetch(server: str, ca_file: Path | None) -> PortalInfo:
    client = Client(server, ca_file=ca_file)
    try:
        return await client.request("GET", "/v1/portal", PortalInfo)
    finally:
        await client.close()


async def test_untrusted_authority_error_names_the_setting(authority: Authority) -> None:
    requests: list[str] = []
    with https_server(authority.certify("localhost"), BODY, requests) as server:
        with pytest.raises(Untrusted) as caught:
            await fetch(server, None)
        assert "certificate is not trusted" in str(caught.value)
        assert f'{settings_path()}, as in ca_file = "/path/to/ca.pem"' in str(caught.value)
        assert not requests
        assert (await fetch(server, authority.file)).portal_name == "Osierbeck"


async def test_certificate_for_another_host_is_rejected_despite_ca_file(
    authority: Authority,
) -> None:
    with https_server(authority.certify("portal.example"), BODY, []) as server:
        with pytest.raises(Untrusted, match="not valid for 'localhost'") as caught:
            await fetch(server, authority.file)
        assert "ca_file" not in str(caught.value)


async def test_expired_certificate_is_rejected_despite_ca_file(authority: Authority) -> None:
    with https_server(authority.certify("localhost", days=-1), BODY, []) as server:
        with pytest.raises(Untrusted, match="has expired") as caught:
            await fetch(server, authority.file)
        assert "ca_file" not in str(caught.value)


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_unusable_ca_file_is_reported(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "wrong.pem"
    if content:
        file.write_text(content)
    with pytest.raises(InvalidCaFile, match=r"wrong\.pem, the ca_file of your settings"):
        await fetch("https://localhost:1", file)


async def test_sign_in_form_reports_untrusted_certificate(
    authority: Authority, tmp_path: Path
) -> None:
    with https_server(authority.certify("localhost"), BODY, []) as server:
        app = PortalApp(Settings(server=server, state=tmp_path / "state"))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "certificate is not trusted" in screen_text(app.screen))
        settings = Settings(server=server, ca_file=authority.file, state=tmp_path / "state")
        app = PortalApp(settings)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: WELCOME in screen_text(app.screen))
