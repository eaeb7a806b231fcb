"""Changing the email of an account over HTTP."""

import re
from uuid import uuid4

import pytest
from httpx import Client, Response
from sqlmodel import select

from server.accounts import email_change
from server.accounts.tables import (
    Account,
    EmailChange,
    EmailedLink,
    OrganisationDomain,
    Registration,
    WorkDetailsRow,
)
from server.core.audit import Action
from server.core.database import Services
from server.core.outbox import OutboxMail
from server.core.throttle import ACCOUNT
from shared.accounts import SecondStep
from shared.organisations import Confirmation
from tests.emails import emails_to, last_email
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import (
    OTHER_PASSWORD,
    auth_header,
    code_of,
    dump_tables,
    emailed_token,
    pointers,
    registration,
    sign_in,
)
from tests.server.races import during_transaction, make_actor
from tests.server.steps import audit_of, ok, rows

NEW = "ivy.new@osierbeck.example"
CONFIRMATION = "/v1/account/email/confirmation"


@pytest.fixture
def owner(someone: Factory) -> Someone:
    return someone(two_step=SecondStep.NONE)


def ask(me: Someone, email: str = NEW) -> Response:
    reply: Response = me.put("/v1/account/email", json={"email": email})
    return reply


def emailed_code(services: Services, email: str = NEW) -> str:
    match = re.search(r"^\S{20,}$", last_email(services, email), re.MULTILINE)
    assert match, last_email(services, email)
    return match[0]


def confirm(me: Someone, code: str) -> Response:
    reply: Response = me.post(CONFIRMATION, json={"token": code})
    return reply


def test_email_changes_once_the_new_address_is_confirmed(
    http: Client, owner: Someone, services: Services
) -> None:
    elsewhere = auth_header(ok(sign_in(http, owner.email)).json()["token"])
    assert ok(ask(owner, f" {NEW.upper()} ")).json()["email"] == NEW
    assert owner.get("/v1/account").json()["email"] == owner.email
    code = emailed_code(services)
    assert ok(confirm(owner, code)).json()["email"] == NEW
    assert owner.get("/v1/account").json()["email"] == NEW
    assert http.get("/v1/account", headers=elsewhere).status_code == 401
    assert code_of(sign_in(http, owner.email)) == "wrong_credentials"
    ok(sign_in(http, NEW))
    assert [mail.subject for mail in emails_to(services, owner.email)] == [
        "A change of your email address was asked for",
        "Your email address was changed",
    ]
    assert emails_to(services, NEW)[-1].subject == "Your email address was changed"
    actions = [entry.action for entry in audit_of(services) if entry.account_id == owner.id]
    assert {Action.EMAIL_CHANGE_ASKED, Action.EMAIL_CHANGED} <= set(actions)
    assert code not in dump_tables(services)


def test_change_leaves_no_registration_and_no_sent_mail_with_the_old_address(
    owner: Someone, services: Services
) -> None:
    ok(ask(owner))
    with services.transaction() as tx:
        for mail in tx.session.exec(select(OutboxMail)):
            mail.sent_at = tx.now
        times = {"created_at": tx.now, "sent_at": tx.now, "activated_at": tx.now}
        values = {"email": owner.email, "password_hash": "", "body_digest": "", "details": {}}
        row = Registration.model_validate({"id": uuid4(), **values, **times})
        tx.session.add(row)
        tx.session.flush()
        tx.session.add(EmailedLink(digest="0", registration_id=row.id, expires_at=tx.now))
    ok(confirm(owner, emailed_code(services)))
    assert rows(services, Registration) == []
    assert rows(services, EmailedLink) == []
    assert [mail.subject for mail in emails_to(services, owner.email)] == [
        "Your email address was changed"
    ]


def test_change_needs_a_fresh_sign_in(http: Client, owner: Someone, clock: Clock) -> None:
    clock.move(minutes=11)
    assert code_of(ask(owner)) == "fresh_sign_in_required"
    owner.http.headers.update(auth_header(sign_in(http, owner.email).json()["token"]))
    ok(ask(owner))


@pytest.mark.parametrize("email", ["no email", "", "senco@osierbeck.example"])
def test_malformed_or_unchanged_address_is_rejected(
    owner: Someone, services: Services, email: str
) -> None:
    assert pointers(ask(owner, email)) == {"/email"}
    assert rows(services, EmailChange) == []


def test_known_address_is_not_revealed_and_its_owner_gets_a_note(
    owner: Someone, other: Someone, services: Services
) -> None:
    known, free = ask(owner, other.email), ask(owner)
    assert known.status_code == free.status_code == 200
    assert known.json().keys() == free.json().keys()
    note = last_email(services, other.email)
    assert "tried to use this email address" in note
    assert not re.search(r"^\S{20,}$", note, re.MULTILINE)
    told = [mail.subject for mail in emails_to(services, owner.email)]
    assert told == ["A change of your email address was asked for"] * 2
    assert other.get("/v1/account").json()["email"] == other.email


def test_code_works_once_in_time_and_only_for_the_account_that_asked(
    owner: Someone, other: Someone, services: Services, clock: Clock
) -> None:
    ok(ask(owner))
    first = emailed_code(services)
    ok(ask(owner))
    second = emailed_code(services)
    assert (code_of(confirm(owner, first)), code_of(confirm(other, second))) == ("old_link",) * 2
    ok(confirm(owner, f"  {second} "))
    assert code_of(confirm(owner, second)) == "old_link"
    ok(ask(owner, "another@osierbeck.example"))
    clock.move(minutes=29)
    ok(owner.get("/v1/session"))
    clock.move(minutes=29)
    ok(owner.get("/v1/session"))
    clock.move(minutes=3)
    code = emailed_code(services, "another@osierbeck.example")
    assert code_of(confirm(owner, code)) == "old_link"
    assert owner.get("/v1/account").json()["email"] == NEW


def test_half_signed_in_session_cannot_confirm(someone: Factory, services: Services) -> None:
    owner, half = someone(), someone("half@osierbeck.example", signed_in=False)
    ok(ask(owner))
    assert code_of(confirm(half, emailed_code(services))) == "code_required"


def test_links_and_throttle_of_the_old_address_end(
    http: Client, owner: Someone, services: Services
) -> None:
    old = owner.email
    ok(http.post("/v1/password/forgotten", json={"email": old}))
    token = emailed_token(services, old)
    for _ in range(ACCOUNT.free + 1):
        reply = sign_in(http, old, OTHER_PASSWORD)
    assert code_of(sign_in(http, old)) == "too_many_tries", reply.text
    ok(ask(owner))
    ok(confirm(owner, emailed_code(services)))
    reset = http.post("/v1/password/reset", json={"token": token, "password": OTHER_PASSWORD})
    assert code_of(reset) == "old_link"
    ok(sign_in(http, NEW))
    assert code_of(sign_in(http, old)) == "wrong_credentials"
    ok(http.post("/v1/registrations", json=registration(old)))


@pytest.mark.parametrize(
    ("how", "domain", "remains"),
    [
        (Confirmation.DOMAIN, "elsewhere.example", False),
        (Confirmation.DOMAIN, "osierbeck.example", True),
        (Confirmation.COLLEAGUE, "elsewhere.example", True),
    ],
)
def test_membership_confirmed_by_the_old_domain_is_checked_again(
    owner: Someone, services: Services, how: Confirmation, domain: str, remains: bool
) -> None:
    with services.transaction() as tx:
        work = tx.session.get_one(WorkDetailsRow, owner.work)
        assert work.organisation_id is not None
        work.confirmed_how = how
        tx.session.add(
            OrganisationDomain(organisation_id=work.organisation_id, domain="osierbeck.example")
        )
    email = f"ivy@{domain}"
    ok(ask(owner, email))
    ok(confirm(owner, emailed_code(services, email)))
    [work] = rows(services, WorkDetailsRow)
    assert (work.confirmed_at is not None) is remains


def test_asking_is_throttled_by_account_and_by_address(
    owner: Someone, other: Someone, bea: Someone, services: Services
) -> None:
    for number in range(ACCOUNT.free):
        ok(ask(owner, f"{number}@osierbeck.example"))
    assert code_of(ask(owner)) == "too_many_tries"
    assert emails_to(services, NEW) == []
    for asker in (other, bea):
        for _ in range(ACCOUNT.free - 2):
            reply = ask(asker)
    assert code_of(reply) == "too_many_tries"
    assert len(emails_to(services, NEW)) == ACCOUNT.free


def test_address_taken_meanwhile_is_refused_like_an_old_code(
    owner: Someone, someone: Factory, services: Services
) -> None:
    ok(ask(owner))
    someone(NEW)
    assert code_of(confirm(owner, emailed_code(services))) == "old_link"
    assert owner.get("/v1/account").json()["email"] == owner.email


@pytest.mark.both_databases
def test_two_accounts_confirm_one_address_at_once_and_one_gets_it(
    owner: Someone, other: Someone, services: Services
) -> None:
    ok(ask(owner))
    first = emailed_code(services)
    ok(ask(other))
    second = emailed_code(services)
    replies: list[Response] = []
    with during_transaction(services, lambda: confirm(other, second), replies) as tx:
        email_change.confirm_email_change(tx, make_actor(tx, owner), first)
    assert code_of(replies[0]) in {"unavailable", "old_link"}
    assert code_of(confirm(other, second)) == "old_link"
    emails = {account.id: account.email for account in rows(services, Account)}
    assert (emails[owner.id], emails[other.id]) == (NEW, other.email)


@pytest.mark.both_databases
def test_sign_in_during_the_change_does_not_survive_it(
    http: Client, owner: Someone, services: Services
) -> None:
    ok(ask(owner))
    code = emailed_code(services)
    replies: list[Response] = []
    old = owner.email
    with during_transaction(services, lambda: sign_in(http, old), replies) as tx:
        email_change.confirm_email_change(tx, make_actor(tx, owner), code)
    assert code_of(replies[0]) == "wrong_credentials"


def test_activation_of_the_address_waits_and_then_fails(
    http: Client, owner: Someone, services: Services
) -> None:
    ok(http.post("/v1/registrations", json=registration(NEW, id=str(uuid4()))))
    activation = emailed_token(services, NEW)
    ok(ask(owner))
    ok(confirm(owner, emailed_code(services)))
    assert code_of(http.post("/v1/activations", json={"token": activation})) == "old_link"
