"""Reset of a forgotten password over HTTP."""

from httpx import Client

from server.core.database import Services
from shared.accounts import SecondStep
from tests.emails import emails_to, last_email, link_in
from tests.parts import Clock, Factory
from tests.server.accounts.steps import (
    NEW_EMAIL,
    OTHER_PASSWORD,
    auth_header,
    code_of,
    dump_tables,
    emailed_token,
    pointers,
    registration,
    sign_in,
)


def request_reset(http: Client, services: Services, email: str) -> str:
    """Request a reset and return the token in its email."""
    assert http.post("/v1/password/forgotten", json={"email": email}).status_code == 204
    return emailed_token(services, email)


def test_reset_request_gets_the_same_reply_for_every_email(
    http: Client, someone: Factory, services: Services
) -> None:
    owner = someone()
    replies = [
        http.post("/v1/password/forgotten", json={"email": email})
        for email in (owner.email.upper(), "nobody@osierbeck.example", "no email at all")
    ]
    assert {(reply.status_code, reply.content) for reply in replies} == {(204, b"")}
    assert len(emails_to(services, owner.email)) == 1
    assert not emails_to(services, "nobody@osierbeck.example")


def test_reset_ends_all_sessions_and_keeps_the_second_step(
    http: Client, someone: Factory, services: Services
) -> None:
    owner = someone(two_step=SecondStep.EMAIL)
    request_reset(http, services, owner.email)
    link = link_in(last_email(services, owner.email))
    assert http.get(link).status_code == 200
    assert owner.get("/v1/account").status_code == 200
    body = {"token": link, "password": OTHER_PASSWORD}
    assert http.post("/v1/password/reset", json=body).status_code == 204
    assert "was reset" in last_email(services, owner.email)
    assert code_of(owner.get("/v1/account")) == "sign_in_required"
    assert code_of(sign_in(http, owner.email)) == "wrong_credentials"
    session = sign_in(http, owner.email, OTHER_PASSWORD).json()
    assert session["state"] == "code_required"
    half = http.get("/v1/account", headers=auth_header(session["token"]))
    assert code_of(half) == "code_required"
    repeat = http.post("/v1/password/reset", json=body)
    assert (repeat.status_code, code_of(repeat)) == (410, "old_link")


def test_reset_link_is_valid_for_one_hour(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    token = request_reset(http, services, someone().email)
    clock.move(minutes=59, seconds=55)
    assert http.get(f"/reset/{token}").status_code == 200
    clock.move(seconds=5)
    assert http.get(f"/reset/{token}").status_code == 410
    late = http.post("/v1/password/reset", json={"token": token, "password": OTHER_PASSWORD})
    assert (late.status_code, code_of(late)) == (410, "old_link")


def test_rejected_password_keeps_link_and_sessions_valid(
    http: Client, someone: Factory, services: Services
) -> None:
    owner = someone()
    token = request_reset(http, services, owner.email)
    for weak in ("password1234", f"{owner.email} by a kiln"):
        reply = http.post("/v1/password/reset", json={"token": token, "password": weak})
        assert pointers(reply) == {"/password"}
    assert owner.get("/v1/account").status_code == 200
    body = {"token": token, "password": OTHER_PASSWORD}
    assert http.post("/v1/password/reset", json=body).status_code == 204


def test_only_the_newest_link_is_valid(http: Client, someone: Factory, services: Services) -> None:
    owner = someone()
    first = request_reset(http, services, owner.email)
    second = request_reset(http, services, owner.email)
    assert first != second
    body = {"token": first, "password": OTHER_PASSWORD}
    assert code_of(http.post("/v1/password/reset", json=body)) == "old_link"
    body["token"] = second
    assert http.post("/v1/password/reset", json=body).status_code == 204


def test_link_used_for_another_purpose_is_rejected_and_stays_valid(
    http: Client, someone: Factory, services: Services
) -> None:
    owner = someone()
    reset = request_reset(http, services, owner.email)
    http.post("/v1/registrations", json=registration())
    activation = emailed_token(services, NEW_EMAIL)
    for reply in (
        http.post("/v1/activations", json={"token": reset}),
        http.post("/v1/password/reset", json={"token": activation, "password": OTHER_PASSWORD}),
    ):
        assert code_of(reply) == "old_link"
    pages = {http.post(f"/activate/{reset}"), http.post(f"/reset/{activation}")}
    assert not any(page.is_success for page in pages)
    body = {"token": reset, "password": OTHER_PASSWORD}
    assert http.post("/v1/password/reset", json=body).status_code == 204
    assert http.post("/v1/activations", json={"token": activation}).status_code == 204


def test_links_are_not_stored_in_plain_text(
    http: Client, someone: Factory, services: Services
) -> None:
    token = request_reset(http, services, someone().email)
    for text in dump_tables(services):
        assert token not in text
