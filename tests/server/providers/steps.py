"""Helpers for signing in by a provider over HTTP."""

from typing import Any
from uuid import UUID, uuid4

from httpx import Client, Response

from server.core.audit import AuditEvent
from server.core.database import Services
from tests.oidc import NAME, SUBJECT, Browser
from tests.server.steps import ok, rows

SCHOOLS = "schools"


def start(http: Client, provider: str = NAME) -> tuple[UUID, str]:
    """Start a sign-in and return its id and URL."""
    sign_in_id = uuid4()
    body = {"id": str(sign_in_id), "provider": provider, "device": "office-7"}
    return sign_in_id, ok(http.post("/v1/provider-sign-ins", json=body)).json()["url"]


def finish(http: Client, sign_in_id: UUID, number: str) -> Response:
    """Type the number in the terminal."""
    reply: Response = http.post(
        f"/v1/provider-sign-ins/{sign_in_id}/session", json={"number": number}
    )
    return reply


def progress(http: Client, sign_in_id: UUID) -> dict[str, Any]:
    """Return how far the sign-in has come, as the terminal sees it."""
    content: dict[str, Any] = ok(http.get(f"/v1/provider-sign-ins/{sign_in_id}")).json()
    return content


def complete(http: Client, browser: Browser, subject: str = SUBJECT) -> dict[str, Any]:
    """Sign in and return the session."""
    sign_in_id, url = start(http)
    reply = finish(http, sign_in_id, browser.number(url, subject))
    assert reply.status_code == 201, reply.text
    session: dict[str, Any] = reply.json()
    return session


def actions(services: Services) -> list[str]:
    return [event.action for event in rows(services, AuditEvent)]
