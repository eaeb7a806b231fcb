"""Choosing the second step over HTTP, and the authenticator app."""

import pyotp
import pytest
from httpx import Client, Response

from server.core.database import Services
from shared.accounts import SecondStep
from tests.emails import emails_to, last_email
from tests.parts import PASSWORD, Clock, Factory, Someone
from tests.server.accounts.steps import OTHER_PASSWORD, auth_header, code_of, dump_tables, sign_in


@pytest.fixture
def owner(someone: Factory) -> Someone:
    return someone(two_step=SecondStep.NONE)


@pytest.fixture
def totp_app(owner: Someone, clock: Clock) -> pyotp.TOTP:
    """Authenticator app set up for the owner."""
    setup = owner.post("/v1/account/second-step/app").json()
    totp = pyotp.parse_uri(setup["uri"])
    assert isinstance(totp, pyotp.TOTP)
    assert (totp.secret, totp.name) == (setup["secret"], owner.email)
    body = {"method": "app", "code": totp.at(clock.now)}
    assert owner.put("/v1/account/second-step", json=body).status_code == 200
    return totp


def sign_in_with_code(http: Client, owner: Someone, code: str) -> Response:
    """Sign in with an app code."""
    token = sign_in(http, owner.email).json()["token"]
    reply: Response = http.post("/v1/session/code", json={"code": code}, headers=auth_header(token))
    return reply


def test_setting_second_step_ends_all_sessions_and_notifies_owner(
    http: Client, owner: Someone, services: Services
) -> None:
    other = auth_header(sign_in(http, owner.email).json()["token"])
    reply = owner.put("/v1/account/second-step", json={"method": "email"}).json()
    assert (reply["second_step"], len(reply["recovery_codes"])) == ("email", 8)
    assert "Two step verification" in last_email(services, owner.email)
    assert code_of(owner.get("/v1/session")) == "sign_in_required"
    assert code_of(http.get("/v1/session", headers=other)) == "sign_in_required"
    session = sign_in(http, owner.email).json()
    assert (session["state"], session["code_sent_to"]) == ("code_required", owner.email)


def test_children_are_inaccessible_without_a_second_step(owner: Someone) -> None:
    for path in ("/v1/people", "/v1/forms", "/v1/messages"):
        assert code_of(owner.get(path)) == "two_step_required"
    assert owner.get("/v1/account").status_code == 200


def test_disabling_second_step_removes_recovery_codes(http: Client, someone: Factory) -> None:
    owner = someone(two_step=SecondStep.EMAIL)
    owner.post("/v1/account/recovery-codes")
    reply = owner.put("/v1/account/second-step", json={"method": "none"}).json()
    assert reply == {"second_step": "none", "recovery_codes": []}
    session = sign_in(http, owner.email).json()
    assert (session["state"], session["account"]["recovery_codes_left"]) == ("signed_in", 0)


def test_app_is_not_enabled_by_an_invalid_code(owner: Someone, clock: Clock) -> None:
    without_setup = owner.put("/v1/account/second-step", json={"method": "app", "code": "123456"})
    assert code_of(without_setup) == "wrong_code"
    secret = owner.post("/v1/account/second-step/app").json()["secret"]
    expired = pyotp.TOTP(secret).at(int(clock.now.timestamp()) - 90)
    reply = owner.put("/v1/account/second-step", json={"method": "app", "code": expired})
    assert code_of(reply) == "wrong_code"
    assert owner.get("/v1/account").json()["second_step"] == "none"


def test_app_code_cannot_be_reused(
    http: Client, owner: Someone, totp_app: pyotp.TOTP, clock: Clock, services: Services
) -> None:
    emails = len(emails_to(services, owner.email))
    assert code_of(sign_in_with_code(http, owner, totp_app.at(clock.now))) == "wrong_code"
    clock.move(seconds=30)
    code = totp_app.at(clock.now)
    assert sign_in_with_code(http, owner, code).json()["state"] == "signed_in"
    assert code_of(sign_in_with_code(http, owner, code)) == "wrong_code"
    clock.move(seconds=60)
    previous_code = totp_app.at(int(clock.now.timestamp()) - 30)
    assert sign_in_with_code(http, owner, previous_code).json()["state"] == "signed_in"
    assert len(emails_to(services, owner.email)) == emails


def test_app_secret_is_encrypted(totp_app: pyotp.TOTP, services: Services) -> None:
    assert not any(totp_app.secret in text for text in dump_tables(services))


def test_guessing_app_codes_is_throttled(
    http: Client, totp_app: pyotp.TOTP, owner: Someone
) -> None:
    credentials = auth_header(sign_in(http, owner.email).json()["token"])
    for _ in range(5):
        reply = http.post("/v1/session/code", json={"code": "AAAA"}, headers=credentials)
        assert code_of(reply) == "wrong_code"
    throttled = http.post("/v1/session/code", json={"code": "AAAA"}, headers=credentials)
    assert code_of(throttled) == "too_many_tries"


def test_security_settings_require_a_recent_sign_in(
    http: Client, owner: Someone, clock: Clock
) -> None:
    requests = [
        ("POST", "/v1/account/second-step/app", None),
        ("PUT", "/v1/account/second-step", {"method": "email"}),
        ("POST", "/v1/account/recovery-codes", None),
        ("PUT", "/v1/account/password", {"current": PASSWORD, "new": OTHER_PASSWORD}),
    ]
    clock.move(minutes=9, seconds=55)
    assert owner.post("/v1/account/second-step/app").status_code == 200
    clock.move(seconds=10)
    for method, path, body in requests:
        reply = owner.http.request(method, path, json=body)
        assert (reply.status_code, code_of(reply)) == (403, "fresh_sign_in_required")
    assert owner.get("/v1/account").status_code == 200
    fresh = auth_header(sign_in(http, owner.email).json()["token"])
    for method, path, body in (requests[0], requests[2], requests[1]):
        assert http.request(method, path, json=body, headers=fresh).status_code == 200
