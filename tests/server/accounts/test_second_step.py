"""Second step over HTTP: emailed codes and recovery codes."""

import pytest
from httpx import Client, Response

from server.core.database import Services
from server.core.outbox import Priority
from server.messages.service import send_message
from shared.accounts import SecondStep
from tests.emails import code_in, emails_to, last_email
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import auth_header, code_of, dump_tables, sign_in

EMAIL = "senco@osierbeck.example"


class PendingSession:
    """Session that is waiting for a code."""

    def __init__(self, http: Client, services: Services, email: str = EMAIL) -> None:
        self._http = http
        session = sign_in(http, email).json()
        assert session["state"] == "code_required"
        self.token = session["token"]
        self.code = code_in(last_email(services, email))

    def submit_code(self, code: str) -> Response:
        headers = auth_header(self.token)
        reply: Response = self._http.post("/v1/session/code", json={"code": code}, headers=headers)
        return reply

    def resend_code(self) -> Response:
        reply: Response = self._http.post("/v1/session/code/email", headers=auth_header(self.token))
        return reply

    def wrong_code(self) -> str:
        return f"{(int(self.code) + 1) % 1_000_000:06d}"


@pytest.fixture
def owner(someone: Factory) -> Someone:
    return someone(email=EMAIL, two_step=SecondStep.EMAIL)


@pytest.fixture
def pending(http: Client, services: Services, owner: Someone) -> PendingSession:
    return PendingSession(http, services, owner.email)


def test_correct_code_replaces_the_token(http: Client, pending: PendingSession) -> None:
    session = http.get("/v1/session", headers=auth_header(pending.token)).json()
    assert (session["code_sent_to"], session["account"]) == (EMAIL, None)
    for path in ("/v1/account", "/v1/sessions", "/v1/people"):
        assert code_of(http.get(path, headers=auth_header(pending.token))) == "code_required"
    reply = pending.submit_code(f" {pending.code[:3]} {pending.code[3:]} ").json()
    assert reply["state"] == "signed_in"
    assert reply["token"] != pending.token
    assert http.get("/v1/people", headers=auth_header(reply["token"])).status_code == 200
    assert (
        code_of(http.get("/v1/session", headers=auth_header(pending.token))) == "sign_in_required"
    )
    assert code_of(pending.submit_code(pending.code)) == "sign_in_required"


def test_correct_code_is_accepted_after_a_wrong_one(pending: PendingSession) -> None:
    reply = pending.submit_code(pending.wrong_code())
    assert (reply.status_code, code_of(reply)) == (422, "wrong_code")
    assert pending.submit_code(pending.code).status_code == 200


def test_mail_priority_is_codes_then_links_then_others(
    http: Client, services: Services, pending: PendingSession, owner: Someone
) -> None:
    assert pending.submit_code(pending.code).status_code == 200
    http.post("/v1/password/forgotten", json={"email": owner.email})
    with services.transaction() as tx:
        send_message(tx, to_account=owner.id, subject="A message", body="Words")
    priorities = [mail.priority for mail in emails_to(services, owner.email)]
    assert priorities == [Priority.CODE, Priority.LINK, Priority.ORDINARY]
    assert priorities == sorted(priorities)


def test_code_is_valid_for_ten_minutes(pending: PendingSession, clock: Clock) -> None:
    clock.move(minutes=10)
    assert code_of(pending.submit_code(pending.code)) == "old_code"
    clock.move(seconds=-5)
    assert pending.submit_code(pending.code).status_code == 200


def test_code_expires_after_five_wrong_attempts(
    pending: PendingSession, services: Services, clock: Clock
) -> None:
    for _ in range(5):
        assert code_of(pending.submit_code(pending.wrong_code())) == "wrong_code"
    clock.move(seconds=31)
    assert code_of(pending.submit_code(pending.code)) == "old_code"
    assert pending.resend_code().status_code == 200
    assert pending.submit_code(code_in(last_email(services, EMAIL))).status_code == 200


def test_new_sign_in_does_not_reset_the_attempt_count(
    pending: PendingSession, http: Client, services: Services, clock: Clock
) -> None:
    for _ in range(4):
        assert code_of(pending.submit_code(pending.wrong_code())) == "wrong_code"
    second = PendingSession(http, services)
    assert code_of(second.submit_code(second.wrong_code())) == "wrong_code"
    throttled = second.submit_code(second.code)
    assert (throttled.status_code, code_of(throttled)) == (429, "too_many_tries")
    clock.move(seconds=int(throttled.headers["Retry-After"]))
    assert second.submit_code(second.code).status_code == 200


def test_code_is_valid_only_for_its_session(
    pending: PendingSession, http: Client, services: Services
) -> None:
    second = PendingSession(http, services)
    assert code_of(second.submit_code(pending.code)) == "wrong_code"
    assert code_of(pending.submit_code(second.code)) == "wrong_code"
    assert pending.submit_code(pending.code).status_code == 200
    assert second.submit_code(second.code).status_code == 200


def test_code_is_resent_after_30_seconds_and_replaces_the_first(
    pending: PendingSession, services: Services, clock: Clock
) -> None:
    clock.move(seconds=20)
    early = pending.resend_code()
    assert (early.status_code, code_of(early)) == (429, "too_soon")
    assert early.headers["Retry-After"] == "10"
    assert len(emails_to(services, EMAIL)) == 1
    clock.move(seconds=10)
    assert pending.resend_code().json()["sent_to"] == EMAIL
    second = code_in(last_email(services, EMAIL))
    if second != pending.code:
        assert code_of(pending.submit_code(pending.code)) == "wrong_code"
    assert pending.submit_code(second).status_code == 200


@pytest.fixture
def codes(owner: Someone) -> list[str]:
    recovery_codes: list[str] = owner.post("/v1/account/recovery-codes").json()["recovery_codes"]
    return recovery_codes


def test_recovery_codes_work_once_each_and_their_use_is_emailed(
    codes: list[str], owner: Someone, http: Client, services: Services
) -> None:
    assert len(set(codes)) == 8
    assert owner.get("/v1/account").json()["recovery_codes_left"] == 8
    reply = PendingSession(http, services).submit_code(codes[0].lower().replace("-", " ")).json()
    assert reply["state"] == "signed_in"
    assert reply["account"]["recovery_codes_left"] == 7
    assert emails_to(services, EMAIL)[-1].subject == "A recovery code was used"
    second_try = PendingSession(http, services)
    assert code_of(second_try.submit_code(codes[0])) == "wrong_code"
    assert second_try.submit_code(codes[1]).status_code == 200


def test_new_recovery_codes_replace_the_old_and_are_per_account(
    codes: list[str], owner: Someone, someone: Factory, http: Client, services: Services
) -> None:
    other = someone(email="head@osierbeck.example")
    other_codes = other.post("/v1/account/recovery-codes").json()["recovery_codes"]
    new_codes = owner.post("/v1/account/recovery-codes").json()["recovery_codes"]
    pending = PendingSession(http, services)
    assert code_of(pending.submit_code(codes[0])) == "wrong_code"
    assert code_of(pending.submit_code(other_codes[0])) == "wrong_code"
    assert pending.submit_code(new_codes[0]).status_code == 200


def test_codes_are_not_stored_in_plain_text(
    codes: list[str], pending: PendingSession, services: Services
) -> None:
    texts = dump_tables(services)
    assert not any(
        code in text or code.replace("-", "") in text for code in codes for text in texts
    )
    assert not any(f"'{pending.code}'" in text for text in texts)
