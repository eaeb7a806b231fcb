"""Sessions over HTTP: started, kept alive, listed and ended."""

from uuid import uuid4

import pytest
from httpx import Client, Response
from sqlmodel import col, update

from server.accounts.tables import Account, StoredSession
from server.core.database import Services
from server.core.outbox import OutboxMail
from server.core.passwords import hash_password, verify_password
from shared.accounts import SecondStep
from tests.parts import PASSWORD, Clock, Factory, Someone
from tests.server.accounts.steps import auth_header, code_of, dump_tables, sign_in
from tests.server.races import during_transaction
from tests.server.steps import rows


def test_sign_in_without_a_second_step_is_complete(http: Client, someone: Factory) -> None:
    owner = someone(two_step=SecondStep.NONE)
    reply = sign_in(http, f" {owner.email.upper()} ")
    assert reply.status_code == 201
    assert reply.headers["Cache-Control"] == "no-store"
    session = reply.json()
    assert (session["state"], session["account"]["email"]) == ("signed_in", owner.email)
    assert session["idle_minutes"] == 30
    current = http.get("/v1/session", headers=auth_header(session["token"])).json()
    assert current == session | {"token": None}


@pytest.mark.parametrize("two_step", [SecondStep.NONE, SecondStep.EMAIL])
def test_repeated_sign_in_starts_no_second_session_and_sends_no_second_code(
    http: Client, someone: Factory, services: Services, clock: Clock, two_step: SecondStep
) -> None:
    owner, id = someone(two_step=two_step), str(uuid4())
    before = len(rows(services, StoredSession))
    first, second = sign_in(http, owner.email, id=id), sign_in(http, owner.email, id=id)
    assert (first.status_code, second.status_code) == (201, 201)
    tokens = [reply.json().pop("token") for reply in (first, second)]
    assert first.json() | {"token": None} == second.json() | {"token": None}
    assert len(rows(services, StoredSession)) == before + 1
    assert len(rows(services, OutboxMail)) == (two_step is SecondStep.EMAIL)
    # The reply to the first was lost.
    statuses = [http.get("/v1/session", headers=auth_header(token)).status_code for token in tokens]
    assert statuses == [401, 200]
    clock.move(minutes=2)
    assert sign_in(http, owner.email, id=id).status_code == 201
    assert len(rows(services, StoredSession)) == before + 2


def test_sign_in_with_the_id_of_another_session_starts_its_own(
    http: Client, someone: Factory, services: Services
) -> None:
    owner, other = someone(two_step=SecondStep.EMAIL), someone("other@osierbeck.example")
    [own] = [row.id for row in rows(services, StoredSession) if row.account_id == owner.id]
    for who in (owner, other):  # the owner's session is past its second step
        token = sign_in(http, who.email, id=str(own)).json()["token"]
        reply = http.get("/v1/session", headers=auth_header(token)).json()
        assert reply["state"] == "code_required"
    assert owner.get("/v1/session").json()["state"] == "signed_in"
    assert len(rows(services, StoredSession)) == 4


def test_wrong_password_and_unknown_email_get_the_same_reply(
    http: Client, someone: Factory
) -> None:
    owner = someone()
    replies = [
        sign_in(http, owner.email, PASSWORD + "s"),
        sign_in(http, "nobody@osierbeck.example"),
        sign_in(http, "no email at all"),
    ]
    assert {reply.status_code for reply in replies} == {401}
    ids = [reply.headers.pop("X-Request-ID") for reply in replies]
    assert len({reply.text.replace(id, "") for id, reply in zip(ids, replies, strict=True)}) == 1
    assert code_of(replies[0]) == "wrong_credentials"
    assert len({tuple(reply.headers.items()) for reply in replies}) == 1


def test_password_verification_does_not_block_writes(
    http: Client, someone: Factory, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = someone(two_step=SecondStep.NONE)

    def write_and_verify(password: str, digest: str) -> tuple[bool, str | None]:
        with services.transaction() as tx:
            tx.session.exec(update(Account).where(col(Account.id) == me.id).values(phone="0"))
        return verify_password(password, digest)

    monkeypatch.setattr("server.accounts.sessions.verify_password", write_and_verify)
    assert sign_in(http, me.email).status_code == 201
    [saved] = rows(services, Account)
    assert saved.phone == "0"


def test_sign_in_fails_if_password_changes_during_verification(
    http: Client, someone: Factory, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = someone(two_step=SecondStep.NONE)

    def change_and_verify(password: str, digest: str) -> tuple[bool, str | None]:
        with services.transaction() as tx:
            tx.session.exec(update(Account).values(password_hash="another"))
        return verify_password(password, digest)

    monkeypatch.setattr("server.accounts.sessions.verify_password", change_and_verify)
    assert code_of(sign_in(http, me.email)) == "wrong_credentials"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer "}, auth_header("x")]
)
def test_missing_or_invalid_token_is_unauthorized(http: Client, headers: dict[str, str]) -> None:
    reply = http.get("/v1/session", headers=headers)
    assert (reply.status_code, code_of(reply)) == (401, "sign_in_required")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_session_ends_after_30_idle_minutes(someone: Factory, clock: Clock) -> None:
    owner = someone()
    for _ in range(3):
        clock.move(minutes=29, seconds=55)
        assert owner.get("/v1/session").status_code == 200
    clock.move(minutes=30)
    assert code_of(owner.get("/v1/session")) == "sign_in_required"
    assert code_of(owner.get("/v1/account")) == "sign_in_required"


def test_session_ends_after_12_hours_despite_use(
    http: Client, someone: Factory, clock: Clock
) -> None:
    someone(email="one@osierbeck.example", two_step=SecondStep.NONE)
    token = sign_in(http, "one@osierbeck.example").json()["token"]
    for _ in range(29):
        clock.move(minutes=24, seconds=45)
        assert http.get("/v1/session", headers=auth_header(token)).status_code == 200
    clock.move(minutes=2, seconds=10)
    assert http.get("/v1/session", headers=auth_header(token)).status_code == 200
    clock.move(seconds=5)
    assert code_of(http.get("/v1/session", headers=auth_header(token))) == "sign_in_required"


def test_signing_out_invalidates_the_token(someone: Factory) -> None:
    owner = someone()
    assert owner.delete("/v1/session").status_code == 204
    assert code_of(owner.get("/v1/session")) == "sign_in_required"


def test_sessions_are_listed_and_can_be_ended(http: Client, someone: Factory, clock: Clock) -> None:
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
    assert code_of(http.get("/v1/session", headers=auth_header(tokens[1]))) == "sign_in_required"
    assert http.get("/v1/session", headers=auth_header(tokens[0])).status_code == 200
    assert owner.delete("/v1/sessions").status_code == 204
    assert code_of(http.get("/v1/session", headers=auth_header(tokens[0]))) == "sign_in_required"
    assert [row["current"] for row in owner.get("/v1/sessions").json()] == [True]
    assert len(other.get("/v1/sessions").json()) == 1


def test_expired_sessions_are_not_listed(http: Client, someone: Factory, clock: Clock) -> None:
    owner = someone(two_step=SecondStep.NONE)
    clock.move(minutes=31)
    token = sign_in(http, owner.email).json()["token"]
    rows = http.get("/v1/sessions", headers=auth_header(token)).json()
    assert [row["current"] for row in rows] == [True]


def test_tokens_and_passwords_are_not_stored_in_plain_text(
    http: Client, someone: Factory, services: Services
) -> None:
    someone(two_step=SecondStep.NONE)
    token = sign_in(http, "senco@osierbeck.example").json()["token"]
    texts = dump_tables(services)
    assert any("senco@osierbeck.example" in text for text in texts)
    assert not any(token in text or PASSWORD in text for text in texts)


@pytest.mark.both_databases
def test_sign_in_fails_while_password_is_being_changed(me: Someone, services: Services) -> None:
    replies: list[Response] = []
    new = hash_password("four herons by a kiln")
    with during_transaction(services, lambda: sign_in(me.http, me.email), replies) as tx:
        tx.session.exec(update(Account).where(col(Account.id) == me.id).values(password_hash=new))
    assert [code_of(reply) for reply in replies] == ["wrong_credentials"]
