"""Register and sign in the professionals who generate the load, over HTTP."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from tests.emails import link_in
from tests.faults.relay import Relay
from tests.parts import PASSWORD
from tests.server.accounts.steps import auth_header, registration, sign_in

TIMEOUT_SECONDS = 30.0
ADD_ORGANISATION = ("organisations", "add", "Osierbeck Academy", "--domain", "osierbeck.example")
"""Command of the server that confirms the members as colleagues when they activate."""


@dataclass(frozen=True)
class Member:
    """Account with two step verification by email, a session and work details."""

    id: UUID
    email: str
    token: str
    work: UUID


def register_all(url: str, relay: Relay, count: int) -> list[Member]:
    """Register `count` professionals at one organisation."""
    return [register(url, relay, f"client-{n}@osierbeck.example") for n in range(count)]


def register(url: str, relay: Relay, email: str) -> Member:
    """Register a professional, activate the account and sign in."""
    with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        _require_success(http.post("/v1/registrations", json=registration(email)))
        mail = relay.wait_for_email(email, "Activate", set(), TIMEOUT_SECONDS)
        assert mail, "No activation email arrived."
        _require_success(http.post("/v1/activations", json={"token": link_in(mail.body)}))
        headers = auth_header(_require_success(sign_in(http, email))["token"])
        method = {"method": "email"}
        _require_success(http.put("/v1/account/second-step", json=method, headers=headers))
        token = sign_in_by_code(http, relay, email, set())
        account = _require_success(http.get("/v1/account", headers=auth_header(token)))
    return Member(UUID(account["id"]), email, token, UUID(account["work_details"][0]["id"]))


def sign_in_by_code(http: httpx.Client, relay: Relay, email: str, known_ids: set[str]) -> str:
    """Sign in with password and emailed code and return the session's token."""
    headers = auth_header(_require_success(sign_in(http, email, PASSWORD))["token"])
    code = relay.wait_for_code(email, known_ids, TIMEOUT_SECONDS)
    assert code, "No verification code arrived."
    return str(
        _require_success(http.post("/v1/session/code", json={"code": code}, headers=headers))[
            "token"
        ]
    )


def _require_success(reply: httpx.Response) -> dict[str, Any]:
    assert reply.is_success, reply.text
    body: dict[str, Any] = reply.json() if reply.content else {}
    return body
