"""Security headers of pages, data and problems."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from fastapi import FastAPI
from httpx import Client

from server.core.database import Services
from server.core.headers import SECURITY_HEADERS

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
PATHS = ["/receipt", "/reset/x", "/v1/portal", "/v1/people", "/no/such/place", "/openapi.json"]


@pytest.mark.parametrize("path", PATHS)
def test_every_reply_has_the_security_headers(http: Client, path: str) -> None:
    headers = http.get(path).headers
    assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/receipt", "/reset/x", "/activate/x"])
def test_policy_of_a_page_allows_its_own_style_only(http: Client, path: str) -> None:
    page = http.get(path)
    [style] = re.findall("<style>(.*?)</style>", page.text, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in page.headers["Content-Security-Policy"]
    assert "style=" not in page.text


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_browsers_are_told_to_use_https_if_the_portal_does(
    http: Client, app: FastAPI, services: Services, scheme: str
) -> None:
    url = f"{scheme}://portal.example"
    settings = services.settings.model_copy(update={"public_url": url})
    app.state.services = replace(services, settings=settings)
    for path in PATHS:
        assert ("Strict-Transport-Security" in http.get(path).headers) is (scheme == "https")
