"""The support desk over HTTP, which sees nothing about children."""

from uuid import uuid4

import pytest
from httpx import Client
from sqlmodel import select

from server.accounts.tables import IdentityCheck
from server.core import throttle
from server.core.database import Services
from server.core.outbox import OutboxMail, post_mail
from server.core.throttle import Operation
from server.documents.tables import Document
from shared.accounts import Staff
from shared.documents import ScanState
from tests.emails import emails_to, last_email
from tests.parts import PASSWORD, Clock, Factory, Someone
from tests.server.accounts.steps import registration
from tests.server.steps import add_child, ok, rows, submit_request, upload


@pytest.fixture
def support(someone: Factory) -> Someone:
    return someone("support@leicester.example", staff=Staff.SUPPORT)


def get_account(support: Someone, me: Someone) -> dict[str, object]:
    account: dict[str, object] = ok(support.get(f"/v1/support/accounts/{me.id}")).json()
    return account


def sign_in_status(http: Client, me: Someone) -> int:
    reply = http.post("/v1/sessions", json={"email": me.email, "password": PASSWORD})
    return int(reply.status_code)


def test_accounts_and_registrations_are_found_by_email_prefix(
    support: Someone, me: Someone, http: Client, services: Services, clock: Clock
) -> None:
    pending_registration = registration(email="senco2@osierbeck.example")
    ok(http.post("/v1/registrations", json=pending_registration))
    accounts = ok(support.get("/v1/support/accounts", params={"email": "SENCO"})).json()
    assert [(account["email"], account["state"]) for account in accounts] == [
        (me.email, "active"),
        ("senco2@osierbeck.example", "not_activated"),
    ]
    assert ok(support.get("/v1/support/accounts", params={"email": "support"})).json() == []
    resend_path = f"/v1/support/registrations/{accounts[1]['id']}/email"
    assert support.post(resend_path).status_code == 429
    clock.move(seconds=31)
    ok(support.post(resend_path))
    assert len(emails_to(services, "senco2@osierbeck.example")) == 2


def test_account_events_show_nothing_about_children(support: Someone, me: Someone) -> None:
    submit_request(me, add_child(me))
    account = get_account(support, me)
    events = account["events"]
    assert isinstance(events, list)
    text = " ".join(event["words"] for event in events).lower()
    assert not any(word in text for word in ("person", "form", "case", "document", "message"))
    assert "Ivo" not in str(account)


def test_throttled_account_can_be_unlocked(
    support: Someone, me: Someone, http: Client, services: Services
) -> None:
    with services.transaction() as tx:
        for _ in range(9):
            throttle.record_failure(tx, Operation.SIGN_IN, me.email)
    assert sign_in_status(http, me) == 429
    assert get_account(support, me)["waiting"] is True
    for _ in range(2):
        ok(support.post(f"/v1/support/accounts/{me.id}/unlock"))
    assert get_account(support, me)["waiting"] is False
    assert sign_in_status(http, me) == 201


def test_second_step_reset_records_the_identity_check(
    support: Someone, me: Someone, services: Services
) -> None:
    path = f"/v1/support/accounts/{me.id}/second-step-reset"
    assert support.post(path, json={"how": "asked"}).status_code == 422
    identity_check = "Called back on the school's published number."
    for _ in range(2):
        ok(support.post(path, json={"how": identity_check}))
    [check] = rows(services, IdentityCheck)
    assert (check.account_id, check.by_id, check.how) == (me.id, support.id, identity_check)
    assert me.get("/v1/session").status_code == 401
    assert get_account(support, me)["second_step"] == "none"
    assert "Two step verification" in last_email(services, me.email)


def test_what_support_did_and_why_is_among_the_events(support: Someone, me: Someone) -> None:
    identity_check = "Called back on the school's published number."
    path = f"/v1/support/accounts/{me.id}"
    ok(support.post(f"{path}/second-step-reset", json={"how": identity_check}))
    ok(support.put(f"{path}/disabled"))
    events = get_account(support, me)["events"]
    assert isinstance(events, list)
    assert [(event["words"], event["by"], event["reason"]) for event in events] == [
        ("Account disabled", "Ada Support", ""),
        ("Second step reset", "Ada Support", identity_check),
    ]


def test_account_shows_whom_to_call_back(support: Someone, me: Someone) -> None:
    account = get_account(support, me)
    assert account["phone"] == "0116 496 0101"
    assert account["work"] == [
        {
            "role": "SEN Co-ordinator",
            "organisation": "Osierbeck Academy",
            "work_phone": "0116 496 0102",
            "mobile": "",
        }
    ]


@pytest.mark.parametrize(
    ("operation", "by_email"),
    [
        (Operation.RESET, True),
        (Operation.SIGN_IN, True),
        (Operation.SIGN_IN, False),
        (Operation.CODE, False),
        (Operation.EMAIL, False),
    ],
)
def test_unlock_is_offered_whenever_something_waits(
    support: Someone, me: Someone, services: Services, operation: Operation, *, by_email: bool
) -> None:
    with services.transaction() as tx:
        for _ in range(9):
            throttle.record_failure(tx, operation, me.email if by_email else str(me.id))
    assert get_account(support, me)["waiting"] is True
    ok(support.post(f"/v1/support/accounts/{me.id}/unlock"))
    assert get_account(support, me)["waiting"] is False


def test_disabled_account_is_signed_out_and_notified(
    support: Someone, me: Someone, http: Client, services: Services
) -> None:
    for _ in range(2):
        ok(support.put(f"/v1/support/accounts/{me.id}/disabled"))
    assert me.get("/v1/session").status_code == 401
    assert sign_in_status(http, me) == 401
    assert len(emails_to(services, me.email)) == 1
    ok(support.delete(f"/v1/support/accounts/{me.id}/disabled"))
    assert sign_in_status(http, me) == 201


def test_sessions_are_ended(support: Someone, me: Someone) -> None:
    assert get_account(support, me)["sessions"] == 1
    ok(support.delete(f"/v1/support/accounts/{me.id}/sessions"))
    assert me.get("/v1/session").status_code == 401
    assert get_account(support, me)["sessions"] == 0


def test_support_cannot_manage_staff_accounts(support: Someone, someone: Factory) -> None:
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    for account in (officer, support):
        assert support.get(f"/v1/support/accounts/{account.id}").status_code == 404
        assert support.put(f"/v1/support/accounts/{account.id}/disabled").status_code == 404


def test_unsent_mail_is_listed_without_text_and_can_be_retried(
    support: Someone, services: Services
) -> None:
    with services.transaction() as tx:
        post_mail(tx, to="a@b.example", subject="A message waits", body="secret words")
    with services.transaction() as tx:
        mail = tx.session.exec(select(OutboxMail)).one()
        mail.attempts, mail.given_up_at = 4, tx.now
        tx.session.add(mail)
    [unsent] = ok(support.get("/v1/support/mails")).json()
    assert (unsent["to"], unsent["attempts"], unsent["given_up"]) == ("a@b.example", 4, True)
    assert "secret" not in str(unsent)
    ok(support.post(f"/v1/support/mails/{unsent['id']}/send"))
    [mail] = rows(services, OutboxMail)
    assert mail.given_up_at is None
    assert support.post(f"/v1/support/mails/{uuid4()}/send").status_code == 404


def test_mail_given_up_is_listed_first(support: Someone, services: Services) -> None:
    for subject in ("Old", "Given up", "New"):
        with services.transaction() as tx:
            post_mail(tx, to="a@b.example", subject=subject, body="words")
    with services.transaction() as tx:
        for mail in tx.session.exec(select(OutboxMail)):
            mail.attempts = 1
            mail.given_up_at = tx.now if mail.subject == "Given up" else None
            tx.session.add(mail)
    subjects = [mail["subject"] for mail in ok(support.get("/v1/support/mails")).json()]
    assert subjects == ["Given up", "New", "Old"]


def test_support_sees_how_many_documents_wait_or_are_held(
    support: Someone, me: Someone, services: Services
) -> None:
    person = add_child(me)
    for _ in range(3):
        ok(upload(me, person))
    with services.transaction() as tx:
        row = tx.session.exec(select(Document)).all()[0]
        row.scan = ScanState.INFECTED
    assert ok(support.get("/v1/support/scanning")).json() == {
        "scanner": "unknown",
        "accepts_unscanned": True,
        "waiting": 2,
        "held": 1,
    }
