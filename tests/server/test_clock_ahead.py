"""Rows that were stored while the clock was a day ahead hold nobody up afterwards."""

from datetime import timedelta

import pyotp
import pytest
from httpx import Client

from server.accounts.tables import Account, StoredSession
from server.core.database import Services
from server.core.keys import Purpose
from server.core.outbox import OutboxMail, claim_mail, due_mail, post_mail
from shared.accounts import SecondStep
from tests.emails import code_in, emails_to, last_email
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import auth_header, code_of, registration, sign_in
from tests.server.steps import ok, rows


@pytest.fixture
def ahead(clock: Clock) -> Clock:
    """The clock, a day ahead."""
    clock.move(days=1)
    return clock


def test_activation_can_be_sent_again(http: Client, ahead: Clock) -> None:
    body = registration()
    ok(http.post("/v1/registrations", json=body))
    ahead.move(days=-1)
    ok(http.post(f"/v1/registrations/{body['id']}/email"))
    again = http.post(f"/v1/registrations/{body['id']}/email")
    assert code_of(again) == "too_soon"


def test_code_can_be_sent_again_and_only_the_new_one_works(
    http: Client, someone: Factory, services: Services, ahead: Clock
) -> None:
    owner = someone(two_step=SecondStep.EMAIL)
    headers = auth_header(ok(sign_in(http, owner.email)).json()["token"])
    old = code_in(last_email(services, owner.email))
    ahead.move(days=-1)
    refused = http.post("/v1/session/code", json={"code": old}, headers=headers)
    assert code_of(refused) == "old_code"
    ok(http.post("/v1/session/code/email", headers=headers))
    bodies = [mail.body for mail in emails_to(services, owner.email)]
    codes = {code_in(services.keys.decrypt(Purpose.MAIL, body)) for body in bodies}
    [code] = codes - {old}
    ok(http.post("/v1/session/code", json={"code": code}, headers=headers))


def test_code_of_an_app_is_taken_and_only_once(
    http: Client, someone: Factory, services: Services, ahead: Clock
) -> None:
    owner = someone(two_step=SecondStep.NONE)
    secret = ok(owner.post("/v1/account/second-step/app")).json()["secret"]
    body = {"method": "app", "code": pyotp.TOTP(secret).at(ahead.now)}
    ok(owner.put("/v1/account/second-step", json=body))
    ahead.move(days=-1)
    code = pyotp.TOTP(secret).at(ahead.now)
    for status in (200, 422):
        headers = auth_header(ok(sign_in(http, owner.email)).json()["token"])
        reply = http.post("/v1/session/code", json={"code": code}, headers=headers)
        assert reply.status_code == status
    [account] = rows(services, Account)
    assert account.app_last_step == int(ahead.now.timestamp()) // 30


def test_session_idles_out_from_its_last_use(
    someone: Factory, services: Services, ahead: Clock
) -> None:
    me = someone()
    ahead.move(days=-1)
    ok(me.get("/v1/account"))
    [session] = rows(services, StoredSession)
    assert session.last_used_at <= ahead.now
    ahead.move(minutes=31)
    assert code_of(me.get("/v1/account")) == "sign_in_required"


def test_sign_in_is_not_fresh_for_a_day(me: Someone, services: Services, clock: Clock) -> None:
    with services.transaction() as tx:
        [session] = rows(services, StoredSession)
        session.proved_at = tx.now + timedelta(days=1)
        tx.session.merge(session)
    assert code_of(me.post("/v1/account/recovery-codes")) == "fresh_sign_in_required"


@pytest.mark.parametrize("claimed", [False, True])
def test_mail_is_due(services: Services, ahead: Clock, claimed: bool) -> None:
    with services.transaction() as tx:
        post_mail(tx, to="ada@osierbeck.example", subject="Code", body="1")
        tx.session.flush()
        if claimed:
            assert claim_mail(tx, slots=1, ordinary_slots=1)
    ahead.move(days=-1)
    with services.transaction() as tx:
        assert claim_mail(tx, slots=1, ordinary_slots=1)
        tx.session.flush()
        assert not due_mail(tx, slots=1, ordinary_slots=1)
    [mail] = rows(services, OutboxMail)
    assert mail.created_at <= ahead.now
