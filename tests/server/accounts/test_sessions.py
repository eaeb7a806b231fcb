"""Sessions over HTTP: begun, kept alive, listed and ended."""

import pytest
from httpx import Client, Response
from sqlmodel import col, update

from server.accounts.tables import Account
from server.core.database import Services
from server.core.passwords import hash_password, verify_password
from shared.accounts import SecondStep
from tests.parts import PASSWORD, Clock, Factory, Someone
from tests.server.accounts.steps import bearing, code_of, every_text, sign_in
from tests.server.races import meanwhile
from tests.server.steps import rows


def test_signing_in_without_a_second_step_is_whole_at_once(http: Client, someone: Factory) -> None:
    owner = someone(two_step=SecondStep.NONE)
    begun = sign_in(http, f" {owner.email.upper()} ")
    assert begun.status_code == 201
    assert begun.headers["Cache-Control"] == "no-store"
    told = begun.json()
    assert (told["state"], told["account"]["email"]) == ("signed_in", owner.email)
    assert told["idle_minutes"] == 30
    seen = http.get("/v1/session", headers=bearing(told["token"])).json()
    assert seen == told | {"token": None}


def test_a_wrong_password_and_an_unknown_email_are_refused_alike(
    http: Client, someone: Factory
) -> None:
    owner = someone()
    refused = [
        sign_in(http, owner.email, PASSWORD + "s"),
        sign_in(http, "nobody@osierbeck.example"),
        sign_in(http, "no email at all"),
    ]
    assert {reply.status_code for reply in refused} == {401}
    assert len({reply.content for reply in refused}) == 1
    assert code_of(refused[0]) == "wrong_credentials"
    assert len({tuple(reply.headers.items()) for reply in refused}) == 1


def test_others_save_while_a_password_is_verified(
    http: Client, someone: Factory, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = someone(two_step=SecondStep.NONE)

    def meanwhile(password: str, digest: str) -> tuple[bool, str | None]:
        with services.transaction() as tx:
            tx.session.exec(update(Account).where(col(Account.id) == me.id).values(phone="0"))
        return verify_password(password, digest)

    monkeypatch.setattr("server.accounts.sessions.verify_password", meanwhile)
    assert sign_in(http, me.email).status_code == 201
    [kept] = rows(services, Account)
    assert kept.phone == "0"


def test_a_password_that_is_changed_while_it_is_verified_signs_nobody_in(
    http: Client, someone: Factory, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = someone(two_step=SecondStep.NONE)

    def meanwhile(password: str, digest: str) -> tuple[bool, str | None]:
        with services.transaction() as tx:
            tx.session.exec(update(Account).values(password_hash="another"))
        return verify_password(password, digest)

    monkeypatch.setattr("server.accounts.sessions.verify_password", meanwhile)
    assert code_of(sign_in(http, me.email)) == "wrong_credentials"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer "}, bearing("x")]
)
def test_without_a_session_one_is_asked_for(http: Client, headers: dict[str, str]) -> None:
    refused = http.get("/v1/session", headers=headers)
    assert (refused.status_code, code_of(refused)) == (401, "sign_in_required")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_ends_after_30_minutes_without_use(someone: Factory, clock: Clock) -> None:
    owner = someone()
    for _ in range(3):
        clock.move(minutes=29, seconds=55)
        assert owner.get("/v1/session").status_code == 200
    clock.move(minutes=30)
    assert code_of(owner.get("/v1/session")) == "sign_in_required"
    assert code_of(owner.get("/v1/account")) == "sign_in_required"


def test_a_session_ends_after_12_hours_however_much_it_is_used(
    http: Client, someone: Factory, clock: Clock
) -> None:
    someone(email="one@osierbeck.example", two_step=SecondStep.NONE)
    token = sign_in(http, "one@osierbeck.example").json()["token"]
    for _ in range(29):
        clock.move(minutes=24, seconds=45)
        assert http.get("/v1/session", headers=bearing(token)).status_code == 200
    clock.move(minutes=2, seconds=10)
    assert http.get("/v1/session", headers=bearing(token)).status_code == 200
    clock.move(seconds=5)
    assert code_of(http.get("/v1/session", headers=bearing(token))) == "sign_in_required"


def test_signing_out_ends_the_token(someone: Factory) -> None:
    owner = someone()
    assert owner.delete("/v1/session").status_code == 204
    assert code_of(owner.get("/v1/session")) == "sign_in_required"


def test_i_see_where_i_am_signed_in_and_end_one_or_all_the_others(
    http: Client, someone: Factory, clock: Clock
) -> None:
    owner = someone(two_step=SecondStep.NONE)
    other = someone(email="head@osierbeck.example")
    tokens = []
    for device in ("office", "home"):
        clock.move(minutes=2)
        tokens.append(sign_in(http, owner.email, device=device).json()["token"])
    clock.move(minutes=2)
    rows = owner.get("/v1/sessions").json()
    assert [(row["device"], row["current"]) for row in rows] == [
        ("", True),
        ("home", False),
        ("office", False),
    ]
    assert rows[0]["last_used_at"] > rows[1]["last_used_at"]
    assert rows[1]["address"] == "testclient"
    assert code_of(other.delete(f"/v1/sessions/{rows[1]['id']}")) == "not_found"
    assert owner.delete(f"/v1/sessions/{rows[1]['id']}").status_code == 204
    assert code_of(http.get("/v1/session", headers=bearing(tokens[1]))) == "sign_in_required"
    assert http.get("/v1/session", headers=bearing(tokens[0])).status_code == 200
    assert owner.delete("/v1/sessions").status_code == 204
    assert code_of(http.get("/v1/session", headers=bearing(tokens[0]))) == "sign_in_required"
    assert [row["current"] for row in owner.get("/v1/sessions").json()] == [True]
    assert len(other.get("/v1/sessions").json()) == 1


def test_what_has_run_out_is_not_listed(http: Client, someone: Factory, clock: Clock) -> None:
    owner = someone(two_step=SecondStep.NONE)
    clock.move(minutes=31)
    token = sign_in(http, owner.email).json()["token"]
    rows = http.get("/v1/sessions", headers=bearing(token)).json()
    assert [row["current"] for row in rows] == [True]


def test_neither_token_nor_password_stands_in_the_database(
    http: Client, someone: Factory, services: Services
) -> None:
    someone(two_step=SecondStep.NONE)
    token = sign_in(http, "senco@osierbeck.example").json()["token"]
    texts = every_text(services)
    assert any("senco@osierbeck.example" in text for text in texts)
    assert not any(token in text or PASSWORD in text for text in texts)


def test_a_password_that_is_being_changed_signs_nobody_in(me: Someone, services: Services) -> None:
    replies: list[Response] = []
    new = hash_password("four herons by a kiln")
    with meanwhile(services, lambda: sign_in(me.http, me.email), replies) as tx:
        tx.session.exec(update(Account).where(col(Account.id) == me.id).values(password_hash=new))
    assert [code_of(reply) for reply in replies] == ["wrong_credentials"]
