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


class HalfSignedIn:
    """Session that needs a code."""

    def __init__(self, http: Client, services: Services, email: str = EMAIL) -> None:
        self._http = http
        session = sign_in(http, email).json()
        assert session["state"] == "code_required"
        self.token = session["token"]
        self.code = code_in(last_email(services, email))

    def give(self, code: str) -> Response:
        headers = auth_header(self.token)
        reply: Response = self._http.post("/v1/session/code", json={"code": code}, headers=headers)
        return reply

    def send(self) -> Response:
        reply: Response = self._http.post("/v1/session/code/email", headers=auth_header(self.token))
        return reply

    def wrong_code(self) -> str:
        return f"{(int(self.code) + 1) % 1_000_000:06d}"


@pytest.fixture
def owner(someone: Factory) -> Someone:
    return someone(email=EMAIL, two_step=SecondStep.EMAIL)


@pytest.fixture
def half(http: Client, services: Services, owner: Someone) -> HalfSignedIn:
    return HalfSignedIn(http, services, owner.email)


def test_correct_code_replaces_the_token(http: Client, half: HalfSignedIn) -> None:
    waiting = http.get("/v1/session", headers=auth_header(half.token)).json()
    assert (waiting["code_sent_to"], waiting["account"]) == (EMAIL, None)
    for path in ("/v1/account", "/v1/sessions", "/v1/people"):
        assert code_of(http.get(path, headers=auth_header(half.token))) == "code_required"
    reply = half.give(f" {half.code[:3]} {half.code[3:]} ").json()
    assert reply["state"] == "signed_in"
    assert reply["token"] != half.token
    assert http.get("/v1/people", headers=auth_header(reply["token"])).status_code == 200
    assert code_of(http.get("/v1/session", headers=auth_header(half.token))) == "sign_in_required"
    assert code_of(half.give(half.code)) == "sign_in_required"


def test_correct_code_is_accepted_after_a_wrong_one(half: HalfSignedIn) -> None:
    reply = half.give(half.wrong_code())
    assert (reply.status_code, code_of(reply)) == (422, "wrong_code")
    assert half.give(half.code).status_code == 200


def test_mail_priority_is_codes_then_links_then_others(
    http: Client, services: Services, half: HalfSignedIn, owner: Someone
) -> None:
    assert half.give(half.code).status_code == 200
    http.post("/v1/password/forgotten", json={"email": owner.email})
    with services.transaction() as tx:
        send_message(tx, to_account=owner.id, subject="A message", body="Words")
    priorities = [mail.priority for mail in emails_to(services, owner.email)]
    assert priorities == [Priority.CODE, Priority.LINK, Priority.ORDINARY]
    assert priorities == sorted(priorities)


def test_code_is_valid_for_ten_minutes(half: HalfSignedIn, clock: Clock) -> None:
    clock.move(minutes=10)
    assert code_of(half.give(half.code)) == "old_code"
    clock.move(seconds=-5)
    assert half.give(half.code).status_code == 200


def test_code_expires_after_five_wrong_tries(
    half: HalfSignedIn, services: Services, clock: Clock
) -> None:
    for _ in range(5):
        assert code_of(half.give(half.wrong_code())) == "wrong_code"
    clock.move(seconds=31)
    assert code_of(half.give(half.code)) == "old_code"
    assert half.send().status_code == 200
    assert half.give(code_in(last_email(services, EMAIL))).status_code == 200


def test_new_sign_in_does_not_reset_the_tries(
    half: HalfSignedIn, http: Client, services: Services, clock: Clock
) -> None:
    for _ in range(4):
        assert code_of(half.give(half.wrong_code())) == "wrong_code"
    second = HalfSignedIn(http, services)
    assert code_of(second.give(second.wrong_code())) == "wrong_code"
    throttled = second.give(second.code)
    assert (throttled.status_code, code_of(throttled)) == (429, "too_many_tries")
    clock.move(seconds=int(throttled.headers["Retry-After"]))
    assert second.give(second.code).status_code == 200


def test_code_is_valid_only_for_its_session(
    half: HalfSignedIn, http: Client, services: Services
) -> None:
    second = HalfSignedIn(http, services)
    assert code_of(second.give(half.code)) == "wrong_code"
    assert code_of(half.give(second.code)) == "wrong_code"
    assert half.give(half.code).status_code == 200
    assert second.give(second.code).status_code == 200


def test_code_is_resent_after_30_seconds_and_replaces_the_first(
    half: HalfSignedIn, services: Services, clock: Clock
) -> None:
    clock.move(seconds=20)
    early = half.send()
    assert (early.status_code, code_of(early)) == (429, "too_soon")
    assert early.headers["Retry-After"] == "10"
    assert len(emails_to(services, EMAIL)) == 1
    clock.move(seconds=10)
    assert half.send().json()["sent_to"] == EMAIL
    second = code_in(last_email(services, EMAIL))
    if second != half.code:
        assert code_of(half.give(half.code)) == "wrong_code"
    assert half.give(second).status_code == 200


@pytest.fixture
def codes(owner: Someone) -> list[str]:
    recovery_codes: list[str] = owner.post("/v1/account/recovery-codes").json()["recovery_codes"]
    return recovery_codes


def test_recovery_codes_work_once_each_and_their_use_is_emailed(
    codes: list[str], owner: Someone, http: Client, services: Services
) -> None:
    assert len(set(codes)) == 8
    assert owner.get("/v1/account").json()["recovery_codes_left"] == 8
    reply = HalfSignedIn(http, services).give(codes[0].lower().replace("-", " ")).json()
    assert reply["state"] == "signed_in"
    assert reply["account"]["recovery_codes_left"] == 7
    assert emails_to(services, EMAIL)[-1].subject == "A recovery code was used"
    second_try = HalfSignedIn(http, services)
    assert code_of(second_try.give(codes[0])) == "wrong_code"
    assert second_try.give(codes[1]).status_code == 200


def test_new_recovery_codes_replace_the_old_and_are_per_account(
    codes: list[str], owner: Someone, someone: Factory, http: Client, services: Services
) -> None:
    other = someone(email="head@osierbeck.example")
    theirs = other.post("/v1/account/recovery-codes").json()["recovery_codes"]
    mine = owner.post("/v1/account/recovery-codes").json()["recovery_codes"]
    half = HalfSignedIn(http, services)
    assert code_of(half.give(codes[0])) == "wrong_code"
    assert code_of(half.give(theirs[0])) == "wrong_code"
    assert half.give(mine[0]).status_code == 200


def test_codes_are_not_stored_in_plain_text(
    codes: list[str], half: HalfSignedIn, services: Services
) -> None:
    texts = dump_tables(services)
    assert not any(
        code in text or code.replace("-", "") in text for code in codes for text in texts
    )
    assert not any(f"'{half.code}'" in text for text in texts)
