"""My Account over HTTP."""

from uuid import uuid4

import pytest
from httpx import Client

from server.core.database import Services
from shared.accounts import SecondStep
from shared.values.lines import hidden_character
from tests.emails import last_email
from tests.parts import PASSWORD, Factory, Someone
from tests.server.accounts.steps import (
    OTHER_PASSWORD,
    WORK,
    auth_header,
    code_of,
    pointers,
    sign_in,
)

ABOUT = {"title": "Dr", "first_name": "Ivy", "last_name": "Teasel", "phone": "0116 496 0199"}


@pytest.fixture
def owner(someone: Factory) -> Someone:
    return someone(two_step=SecondStep.NONE)


def test_about_you_is_replaced_for_own_account_only(owner: Someone, other: Someone) -> None:
    before = other.get("/v1/account").json()
    saved = owner.put("/v1/account/about", json=ABOUT)
    assert saved.json()["about"] == ABOUT
    assert owner.get("/v1/account").json() == saved.json()
    assert other.get("/v1/account").json() == before


def test_invalid_about_you_is_rejected_with_pointers(owner: Someone) -> None:
    before = owner.get("/v1/account").json()
    reply = owner.put("/v1/account/about", json=ABOUT | {"phone": "12"})
    assert pointers(reply) == {"/phone"}
    reply = owner.put("/v1/account/about", json=ABOUT | {"first_name": "", "title": "x" * 21})
    assert pointers(reply) == {"/first_name", "/title"}
    assert owner.get("/v1/account").json() == before


def test_work_details_are_added_edited_and_removed(owner: Someone) -> None:
    card = f"/v1/account/work-details/{uuid4()}"
    first = owner.put(card, json=WORK | {"organisation": "Rushmere Nursery"}).json()
    assert (first["organisation"], first["version"]) == ("Rushmere Nursery", 1)
    second = WORK | {"organisation": "Rushmere Nursery", "postcode": "le11fz"}
    assert owner.put(card, json=second).json() == first
    edited = owner.put(card, json=WORK | {"role": "other", "role_other": "Play therapist"})
    assert edited.json() == first | {
        "organisation": "Osierbeck Academy",
        "organisation_id": owner.get("/v1/account").json()["work_details"][0]["organisation_id"],
        "role": "other",
        "role_other": "Play therapist",
        "version": 2,
    }
    work_details = owner.get("/v1/account").json()["work_details"]
    assert work_details[1] == edited.json()
    for _ in range(2):
        assert owner.delete(card).status_code == 204
    assert owner.get("/v1/account").json()["work_details"] == work_details[:1]
    assert code_of(owner.put(card, json=WORK)) == "not_found"


def test_last_work_details_cannot_be_removed(owner: Someone) -> None:
    reply = owner.delete(f"/v1/account/work-details/{owner.work}")
    assert (reply.status_code, code_of(reply)) == (409, "in_use")
    assert len(owner.get("/v1/account").json()["work_details"]) == 1


def test_work_details_of_another_account_are_not_found(owner: Someone, other: Someone) -> None:
    path = f"/v1/account/work-details/{other.work}"
    before = other.get("/v1/account").json()
    for reply in (
        owner.put(path, json=WORK),
        owner.delete(path),
        owner.delete(f"/v1/account/work-details/{uuid4()}"),
    ):
        assert (reply.status_code, code_of(reply)) == (404, "not_found")
    assert other.get("/v1/account").json() == before


def test_invalid_work_details_are_rejected_with_pointers(owner: Someone) -> None:
    invalid = WORK | {"postcode": "LE1", "mobile": "12", "role": "other"}
    reply = owner.put(f"/v1/account/work-details/{uuid4()}", json=invalid)
    assert pointers(reply) == {"/postcode", "/mobile", "/role_other"}
    assert len(owner.get("/v1/account").json()["work_details"]) == 1


def test_changing_password_ends_other_sessions_and_notifies_owner(
    owner: Someone, http: Client, services: Services
) -> None:
    other_session = auth_header(sign_in(http, owner.email).json()["token"])
    change = {"current": PASSWORD, "new": OTHER_PASSWORD}
    assert owner.put("/v1/account/password", json=change).status_code == 204
    assert "password" in last_email(services, owner.email)
    assert owner.get("/v1/session").status_code == 200
    assert code_of(http.get("/v1/session", headers=other_session)) == "sign_in_required"
    assert code_of(sign_in(http, owner.email)) == "wrong_credentials"
    assert sign_in(http, owner.email, OTHER_PASSWORD).status_code == 201


def test_password_change_requires_the_current_password(owner: Someone, http: Client) -> None:
    change = {"current": PASSWORD + "s", "new": OTHER_PASSWORD}
    for _ in range(5):
        assert code_of(owner.put("/v1/account/password", json=change)) == "wrong_credentials"
    throttled = owner.put("/v1/account/password", json=change | {"current": PASSWORD})
    assert code_of(throttled) == "too_many_tries"
    assert sign_in(http, owner.email).status_code == 201


@pytest.mark.parametrize("weak", ["password1234", "our portal over a hollow", "short word"])
def test_weak_new_password_is_rejected(owner: Someone, weak: str) -> None:
    reply = owner.put("/v1/account/password", json={"current": PASSWORD, "new": weak})
    assert pointers(reply) == {"/new"}


@pytest.mark.parametrize("text", ["a\x00b", "‮gnihtemos", "👩🏽‍🏫", "e\u0301", "O'; --"])
def test_any_text_is_saved_unchanged_or_rejected(owner: Someone, text: str) -> None:
    saved = owner.put("/v1/account/about", json=ABOUT | {"last_name": text})
    if saved.status_code == 422:
        assert hidden_character(text)
    else:
        assert owner.get("/v1/account").json()["about"]["last_name"] == text


def test_email_with_nul_belongs_to_no_account(http: Client) -> None:
    assert code_of(sign_in(http, "a\x00b@osierbeck.example")) in {"wrong_credentials", "invalid"}
    reply = http.post("/v1/password/forgotten", json={"email": "a\x00b@osierbeck.example"})
    assert reply.status_code in {204, 422}
