"""A forgotten password over HTTP."""

from httpx import Client

from server.core.database import Services
from shared.accounts import SecondStep
from tests.mails import last_mail, link_in, mails_to
from tests.parts import Clock, Factory
from tests.server.accounts.steps import (
    NEW,
    OTHER,
    bearing,
    code_of,
    emailed_token,
    every_text,
    pointers,
    registration,
    sign_in,
)


def ask(http: Client, services: Services, email: str) -> str:
    """Ask for a reset link and take it out of the mail."""
    assert http.post("/v1/password/forgotten", json={"email": email}).status_code == 204
    return emailed_token(services, email)


def test_asking_answers_the_same_for_every_email(
    http: Client, someone: Factory, services: Services
) -> None:
    owner = someone()
    replies = [
        http.post("/v1/password/forgotten", json={"email": email})
        for email in (owner.email.upper(), "nobody@osierbeck.example", "no email at all")
    ]
    assert {(reply.status_code, reply.content) for reply in replies} == {(204, b"")}
    assert len(mails_to(services, owner.email)) == 1
    assert not mails_to(services, "nobody@osierbeck.example")


def test_a_reset_ends_every_session_and_still_asks_for_the_second_step(
    http: Client, someone: Factory, services: Services
) -> None:
    owner = someone(two_step=SecondStep.EMAIL)
    ask(http, services, owner.email)
    link = link_in(last_mail(services, owner.email))
    assert http.get(link).status_code == 200
    assert owner.get("/v1/account").status_code == 200
    wanted = {"token": link, "password": OTHER}
    assert http.post("/v1/password/reset", json=wanted).status_code == 204
    assert "was reset" in last_mail(services, owner.email)
    assert code_of(owner.get("/v1/account")) == "sign_in_required"
    assert code_of(sign_in(http, owner.email)) == "wrong_credentials"
    begun = sign_in(http, owner.email, OTHER).json()
    assert begun["state"] == "code_required"
    half = http.get("/v1/account", headers=bearing(begun["token"]))
    assert code_of(half) == "code_required"
    again = http.post("/v1/password/reset", json=wanted)
    assert (again.status_code, code_of(again)) == (410, "old_link")


def test_a_reset_link_is_good_for_one_hour(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    token = ask(http, services, someone().email)
    clock.move(minutes=59, seconds=55)
    assert http.get(f"/reset/{token}").status_code == 200
    clock.move(seconds=5)
    assert http.get(f"/reset/{token}").status_code == 410
    late = http.post("/v1/password/reset", json={"token": token, "password": OTHER})
    assert (late.status_code, code_of(late)) == (410, "old_link")


def test_a_refused_password_leaves_the_link_good_and_everyone_signed_in(
    http: Client, someone: Factory, services: Services
) -> None:
    owner = someone()
    token = ask(http, services, owner.email)
    for weak in ("password1234", f"{owner.email} by a kiln"):
        refused = http.post("/v1/password/reset", json={"token": token, "password": weak})
        assert pointers(refused) == {"/password"}
    assert owner.get("/v1/account").status_code == 200
    wanted = {"token": token, "password": OTHER}
    assert http.post("/v1/password/reset", json=wanted).status_code == 204


def test_the_newest_link_alone_is_good(http: Client, someone: Factory, services: Services) -> None:
    owner = someone()
    first = ask(http, services, owner.email)
    second = ask(http, services, owner.email)
    assert first != second
    wanted = {"token": first, "password": OTHER}
    assert code_of(http.post("/v1/password/reset", json=wanted)) == "old_link"
    wanted["token"] = second
    assert http.post("/v1/password/reset", json=wanted).status_code == 204


def test_a_link_taken_to_the_wrong_place_is_refused_and_stays_good(
    http: Client, someone: Factory, services: Services
) -> None:
    owner = someone()
    reset = ask(http, services, owner.email)
    http.post("/v1/registrations", json=registration())
    activation = emailed_token(services, NEW)
    for reply in (
        http.post("/v1/activations", json={"token": reset}),
        http.post("/v1/password/reset", json={"token": activation, "password": OTHER}),
    ):
        assert code_of(reply) == "old_link"
    pages = {http.post(f"/activate/{reset}"), http.post(f"/reset/{activation}")}
    assert not any(page.is_success for page in pages)
    wanted = {"token": reset, "password": OTHER}
    assert http.post("/v1/password/reset", json=wanted).status_code == 204
    assert http.post("/v1/activations", json={"token": activation}).status_code == 204


def test_no_link_stands_in_the_database(http: Client, someone: Factory, services: Services) -> None:
    token = ask(http, services, someone().email)
    for text in every_text(services):
        assert token not in text
