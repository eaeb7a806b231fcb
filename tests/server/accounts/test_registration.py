"""Registration and activation over HTTP."""

from hashlib import sha256
from uuid import uuid4

import pytest
from httpx import Client, Response

from server.accounts.tables import Registration
from server.core.database import Services
from shared.accounts import RegistrationIn
from tests.emails import emails_to, last_email, link_in
from tests.parts import PASSWORD, Clock, Factory
from tests.server.accounts.steps import (
    NEW_EMAIL,
    WORK,
    code_of,
    emailed_token,
    pointers,
    registration,
    sign_in,
)
from tests.server.steps import rows

DECOMPOSED = "cafe\u0301 over nine wet hollows "
COMPOSED = "café over nine wet hollows "
LONGEST_PASSWORD = (
    "seven wrens over a hollow, four herons by a kiln, nine badgers under a stair, "
    "two rooks in a barn, one stoat at the ford, owl xx"
)


def test_reply_does_not_reveal_whether_email_is_known(
    http: Client, someone: Factory, services: Services
) -> None:
    owner = someone()
    known = http.post("/v1/registrations", json=registration(owner.email))
    unknown = http.post("/v1/registrations", json=registration(NEW_EMAIL))
    assert known.status_code == unknown.status_code == 201
    assert known.json().keys() == unknown.json().keys() == {"email", "sent_at"}
    assert (known.json()["email"], unknown.json()["email"]) == (owner.email, NEW_EMAIL)
    assert known.headers.keys() == unknown.headers.keys()
    assert "already have an account" in last_email(services, owner.email)
    assert "/activate/" not in last_email(services, owner.email)


def test_account_is_created_only_by_the_emailed_link(http: Client, services: Services) -> None:
    assert http.post("/v1/registrations", json=registration()).status_code == 201
    assert code_of(sign_in(http, NEW_EMAIL)) == "wrong_credentials"
    link = link_in(last_email(services, NEW_EMAIL))
    for _ in range(2):
        page = http.get(link)
        assert page.status_code == 200
        assert "Activate my account" in page.text
    assert http.post("/v1/activations", json={"token": f"  {link}\n"}).status_code == 204
    session = sign_in(http, NEW_EMAIL).json()
    assert session["state"] == "signed_in"
    assert session["account"]["about"]["last_name"] == "Teasel"
    assert session["account"]["work_details"][0]["organisation"] == "Osierbeck Academy"
    repeat = http.post("/v1/activations", json={"token": link})
    assert (repeat.status_code, code_of(repeat)) == (410, "old_link")
    assert http.get(link).status_code == 410


def test_code_without_link_is_valid_for_24_hours(
    http: Client, services: Services, clock: Clock
) -> None:
    http.post("/v1/registrations", json=registration())
    token = emailed_token(services, NEW_EMAIL)
    clock.move(hours=24)
    old = http.post("/v1/activations", json={"token": token})
    assert (old.status_code, code_of(old)) == (410, "old_link")
    clock.move(seconds=-5)
    assert http.post("/v1/activations", json={"token": token}).status_code == 204


def test_mail_is_resent_after_30_seconds_and_invalidates_first_link(
    http: Client, services: Services, clock: Clock
) -> None:
    body = registration()
    sent_at = http.post("/v1/registrations", json=body).json()["sent_at"]
    first = emailed_token(services, NEW_EMAIL)
    resend_path = f"/v1/registrations/{body['id']}/email"
    clock.move(seconds=20)
    early = http.post(resend_path)
    assert (early.status_code, code_of(early)) == (429, "too_soon")
    assert early.headers["Retry-After"] == "10"
    assert len(emails_to(services, NEW_EMAIL)) == 1
    clock.move(seconds=10)
    assert http.post(resend_path).json()["sent_at"] > sent_at
    assert code_of(http.post("/v1/activations", json={"token": first})) == "old_link"
    second = emailed_token(services, NEW_EMAIL)
    assert http.post("/v1/activations", json={"token": second}).status_code == 204
    assert http.post(f"/v1/registrations/{uuid4()}/email").status_code == 404


def test_repeat_gets_the_same_reply_and_a_different_body_a_conflict(
    http: Client, services: Services, clock: Clock
) -> None:
    body = registration()
    first = http.post("/v1/registrations", json=body)
    clock.move(minutes=5)
    repeat = http.post("/v1/registrations", json=body)
    assert (repeat.status_code, repeat.json()) == (201, first.json())
    assert len(emails_to(services, NEW_EMAIL)) == 1
    other = http.post("/v1/registrations", json=body | {"email": "other@osierbeck.example"})
    assert (other.status_code, code_of(other)) == (409, "conflict")


def test_stored_registration_holds_a_slow_hash_of_the_password(
    http: Client, services: Services
) -> None:
    registration_body = registration()
    http.post("/v1/registrations", json=registration_body)
    [row] = rows(services, Registration)
    body = RegistrationIn.model_validate(registration_body).model_dump_json().encode()
    assert sha256(body).hexdigest() not in row.model_dump_json()


@pytest.mark.parametrize(
    "password",
    [
        "short word",
        "password1234",
        "aaaaaaaaaaaaaaaa",
        "ivy.teasel and two rooks",
        "our portal over a hollow",
        "Leicester2026!",
        "teacher2026!!",
        "senco2026senco",
        "Osierbeck2026!",
        "TeaselTeasel2026",
        "Password123!Password",
        "correcthorsebatterystaple",
        "Correct Horse Battery Staple",
        "co\u0301rto",
    ],
)
def test_weak_password_is_rejected(http: Client, services: Services, password: str) -> None:
    reply = http.post("/v1/registrations", json=registration(password=password))
    assert pointers(reply) == {"/password"}
    assert not emails_to(services, NEW_EMAIL)


@pytest.mark.parametrize("password", ["ß und Öl über zwölf Boxkämpfer", LONGEST_PASSWORD])
def test_long_or_non_ascii_password_is_not_truncated(
    http: Client, services: Services, password: str
) -> None:
    assert len(LONGEST_PASSWORD) == 128
    assert http.post("/v1/registrations", json=registration(password=password)).is_success
    http.post("/v1/activations", json={"token": emailed_token(services, NEW_EMAIL)})
    assert code_of(sign_in(http, NEW_EMAIL, password[:-1])) == "wrong_credentials"
    assert sign_in(http, NEW_EMAIL, password).status_code == 201


def test_length_of_a_password_is_counted_after_normalising(http: Client) -> None:
    def register(password: str) -> Response:
        return http.post("/v1/registrations", json=registration(password=password))

    assert register(DECOMPOSED + "e\u0301" * (128 - len(COMPOSED))).is_success
    assert pointers(register("\ufdfa" * 8)) == {"/password"}  # 18 characters each
    assert pointers(register("vé kiln rot".replace("é", "e\u0301"))) == {"/password"}


@pytest.mark.parametrize("typed", [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_password_is_the_same_on_every_keyboard(
    http: Client, services: Services, typed: tuple[str, str]
) -> None:
    assert http.post("/v1/registrations", json=registration(password=typed[0])).is_success
    http.post("/v1/activations", json={"token": emailed_token(services, NEW_EMAIL)})
    assert sign_in(http, NEW_EMAIL, typed[1]).status_code == 201


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short word", "must have 12 to 128 characters"),
        ("ivy.teasel and two rooks", "email address"),
        ("correcthorsebatterystaple", "list of common passwords"),
        ("Osierbeck2026!", "your name, your work or this service"),
        ("Password123!Password", "easy to guess"),
    ],
)
def test_refusal_says_what_is_wrong_with_a_password(
    http: Client, password: str, reason: str
) -> None:
    reply = http.post("/v1/registrations", json=registration(password=password))
    [error] = reply.json()["errors"]
    assert reason in error["message"]


def test_invalid_details_are_rejected_with_pointers(http: Client) -> None:
    work = WORK | {"postcode": "LE1", "work_phone": "12", "role": "other"}
    about = {"first_name": "Ivy", "last_name": "Teasel", "phone": "none"}
    reply = http.post("/v1/registrations", json=registration(work=work, about=about))
    assert pointers(reply) == {
        "/work/postcode",
        "/work/work_phone",
        "/work/role_other",
        "/about/phone",
    }
    for changed, pointer in (
        ({"email": "nobody"}, "/email"),
        ({"email": "=?x?q?=0d=0a=0d=0a@osierbeck.example"}, "/email"),
        ({"notice_accepted": False}, "/notice_accepted"),
        ({"password": "x" * 129}, "/password"),
        ({"about": about | {"first_name": ""}}, "/about/first_name"),
    ):
        assert pointers(http.post("/v1/registrations", json=registration(**changed))) == {pointer}


def test_password_cannot_be_added_to_another_registration(http: Client, services: Services) -> None:
    http.post("/v1/registrations", json=registration(NEW_EMAIL))
    own_token = emailed_token(services, NEW_EMAIL)
    second_registration = registration(NEW_EMAIL.upper(), password="nine badgers under a stair")
    assert http.post("/v1/registrations", json=second_registration).json()["email"] == NEW_EMAIL
    assert http.post("/v1/activations", json={"token": own_token}).status_code == 204
    assert sign_in(http, NEW_EMAIL, PASSWORD).status_code == 201
    late = http.post("/v1/activations", json={"token": emailed_token(services, NEW_EMAIL)})
    assert code_of(late) == "old_link"
