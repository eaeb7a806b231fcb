"""Clients and servers one minor version apart work together; others learn which to update."""

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import Client
from pydantic import BaseModel, ValidationError

from server.core import middleware
from server.core.settings import Settings
from shared.versions import Side, find_outdated, parse_version
from tests.parts import SECRET


@pytest.fixture(autouse=True)
def server_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version with older and newer ones around it."""
    monkeypatch.setattr(middleware, "VERSION", "1.4.2")


@pytest.mark.parametrize(
    ("client", "outdated"),
    [
        ("1.4.2", None),
        ("1.4.0", None),
        ("1.3.9", None),
        ("1.5.0", None),
        ("1.5.0rc1", None),
        ("1.2.9", Side.CLIENT),
        ("0.9.0", Side.CLIENT),
        ("1.6.0", Side.SERVER),
        ("2.0.0", Side.SERVER),
    ],
)
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_other_versions_are_refused_with_the_side_to_update(
    http: Client, client: str, outdated: Side | None
) -> None:
    reply = http.get("/v1/portal", headers={"Portal-Client": client})
    assert reply.headers["Portal-Version"]
    if outdated is None:
        assert reply.status_code == 200
        return
    assert (reply.status_code, reply.json()["code"]) == (426, f"old_{outdated}")
    detail = reply.json()["detail"]
    first = {Side.CLIENT: "Update the program", Side.SERVER: "The portal's server must be updated"}
    assert detail.startswith(first[outdated])
    assert client in detail
    assert "What you typed is kept" in detail


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("client", ["", "curl", "9" * 50])
def test_what_is_not_the_program_is_served(http: Client, client: str) -> None:
    assert http.get("/v1/portal", headers={"Portal-Client": client}).status_code == 200


def test_versions_are_compared_by_number() -> None:
    ten, nine = parse_version("1.10.0"), parse_version("1.9.9")
    assert ten is not None
    assert nine is not None
    assert ten > nine
    assert find_outdated(nine, ten) is None
    assert parse_version("one") is None


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_responses_may_gain_fields(app: FastAPI) -> None:
    """The version before reads a response with fields that it does not know."""
    models = {route.response_model for route in app.routes if isinstance(route, APIRoute)}
    strict = [
        model
        for model in models
        if isinstance(model, type)
        and issubclass(model, BaseModel)
        and model.model_config.get("extra") == "forbid"
    ]
    assert len(models) > 20
    assert strict == []


def test_recommended_version_must_be_one() -> None:
    assert Settings(secret_key=SECRET, client_recommended="1.2.3").client_recommended == "1.2.3"
    with pytest.raises(ValidationError):
        Settings(secret_key=SECRET, client_recommended="newest")
