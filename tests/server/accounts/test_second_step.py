"""The second step over HTTP: codes by email and recovery codes."""

import pytest
from httpx import Client, Response

from server.core.database import Services
from server.core.outbox import Priority
from server.messages.service import send_message
from shared.accounts import SecondStep
from tests.mails import code_in, last_mail, mails_to
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import bearing, code_of, every_text, sign_in

EMAIL = "senco@osierbeck.example"


class Half:
    """A session that waits for its code."""

    def __init__(self, http: Client, services: Services, email: str = EMAIL) -> None:
        self._http = http
        begun = sign_in(http, email).json()
        assert begun["state"] == "code_required"
        self.token = begun["token"]
        self.code = code_in(last_mail(services, email))

    def give(self, code: str) -> Response:
        headers = bearing(self.token)
        reply: Response = self._http.post("/v1/session/code", json={"code": code}, headers=headers)
        return reply

    def send(self) -> Response:
        reply: Response = self._http.post("/v1/session/code/email", headers=bearing(self.token))
        return reply

    def wrong(self) -> str:
        return f"{(int(self.code) + 1) % 1_000_000:06d}"


@pytest.fixture
def owner(someone: Factory) -> Someone:
    return someone(email=EMAIL, two_step=SecondStep.EMAIL)


@pytest.fixture
def half(http: Client, services: Services, owner: Someone) -> Half:
    return Half(http, services, owner.email)


def test_the_right_code_gives_a_new_token_and_the_old_one_is_dead(http: Client, half: Half) -> None:
    waiting = http.get("/v1/session", headers=bearing(half.token)).json()
    assert (waiting["code_sent_to"], waiting["account"]) == (EMAIL, None)
    for path in ("/v1/account", "/v1/sessions", "/v1/people"):
        assert code_of(http.get(path, headers=bearing(half.token))) == "code_required"
    done = half.give(f" {half.code[:3]} {half.code[3:]} ").json()
    assert done["state"] == "signed_in"
    assert done["token"] != half.token
    assert http.get("/v1/people", headers=bearing(done["token"])).status_code == 200
    assert code_of(http.get("/v1/session", headers=bearing(half.token))) == "sign_in_required"
    assert code_of(half.give(half.code)) == "sign_in_required"


def test_a_wrong_code_is_refused_and_the_right_one_still_taken(half: Half) -> None:
    refused = half.give(half.wrong())
    assert (refused.status_code, code_of(refused)) == (422, "wrong_code")
    assert half.give(half.code).status_code == 200


def test_codes_go_before_links_and_links_before_other_mail(
    http: Client, services: Services, half: Half, owner: Someone
) -> None:
    assert half.give(half.code).status_code == 200
    http.post("/v1/password/forgotten", json={"email": owner.email})
    with services.transaction() as tx:
        send_message(tx, to_account=owner.id, subject="A message", body="Words")
    priorities = [mail.priority for mail in mails_to(services, owner.email)]
    assert priorities == [Priority.CODE, Priority.LINK, Priority.ORDINARY]
    assert priorities == sorted(priorities)


def test_a_code_is_good_for_ten_minutes(half: Half, clock: Clock) -> None:
    clock.move(minutes=10)
    assert code_of(half.give(half.code)) == "old_code"
    clock.move(seconds=-5)
    assert half.give(half.code).status_code == 200


def test_five_wrong_tries_end_a_code_and_a_new_one_is_taken(
    half: Half, services: Services, clock: Clock
) -> None:
    for _ in range(5):
        assert code_of(half.give(half.wrong())) == "wrong_code"
    clock.move(seconds=31)
    assert code_of(half.give(half.code)) == "old_code"
    assert half.send().status_code == 200
    assert half.give(code_in(last_mail(services, EMAIL))).status_code == 200


def test_signing_in_again_gives_no_more_tries(
    half: Half, http: Client, services: Services, clock: Clock
) -> None:
    for _ in range(4):
        assert code_of(half.give(half.wrong())) == "wrong_code"
    second = Half(http, services)
    assert code_of(second.give(second.wrong())) == "wrong_code"
    waiting = second.give(second.code)
    assert (waiting.status_code, code_of(waiting)) == (429, "too_many_tries")
    clock.move(seconds=int(waiting.headers["Retry-After"]))
    assert second.give(second.code).status_code == 200


def test_a_code_is_bound_to_the_session_that_asked(
    half: Half, http: Client, services: Services
) -> None:
    second = Half(http, services)
    assert code_of(second.give(half.code)) == "wrong_code"
    assert code_of(half.give(second.code)) == "wrong_code"
    assert half.give(half.code).status_code == 200
    assert second.give(second.code).status_code == 200


def test_a_code_is_sent_again_after_30_seconds_and_the_first_ends(
    half: Half, services: Services, clock: Clock
) -> None:
    clock.move(seconds=20)
    soon = half.send()
    assert (soon.status_code, code_of(soon)) == (429, "too_soon")
    assert soon.headers["Retry-After"] == "10"
    assert len(mails_to(services, EMAIL)) == 1
    clock.move(seconds=10)
    assert half.send().json()["sent_to"] == EMAIL
    second = code_in(last_mail(services, EMAIL))
    if second != half.code:
        assert code_of(half.give(half.code)) == "wrong_code"
    assert half.give(second).status_code == 200


@pytest.fixture
def codes(owner: Someone) -> list[str]:
    made: list[str] = owner.post("/v1/account/recovery-codes").json()["recovery_codes"]
    return made


def test_eight_recovery_codes_each_once_and_their_use_is_mailed(
    codes: list[str], owner: Someone, http: Client, services: Services
) -> None:
    assert len(set(codes)) == 8
    assert owner.get("/v1/account").json()["recovery_codes_left"] == 8
    done = Half(http, services).give(codes[0].lower().replace("-", " ")).json()
    assert done["state"] == "signed_in"
    assert done["account"]["recovery_codes_left"] == 7
    assert mails_to(services, EMAIL)[-1].subject == "A recovery code was used"
    again = Half(http, services)
    assert code_of(again.give(codes[0])) == "wrong_code"
    assert again.give(codes[1]).status_code == 200


def test_new_recovery_codes_end_the_old_and_another_s_are_wrong(
    codes: list[str], owner: Someone, someone: Factory, http: Client, services: Services
) -> None:
    other = someone(email="head@osierbeck.example")
    theirs = other.post("/v1/account/recovery-codes").json()["recovery_codes"]
    mine = owner.post("/v1/account/recovery-codes").json()["recovery_codes"]
    half = Half(http, services)
    assert code_of(half.give(codes[0])) == "wrong_code"
    assert code_of(half.give(theirs[0])) == "wrong_code"
    assert half.give(mine[0]).status_code == 200


def test_no_code_stands_in_the_database(codes: list[str], half: Half, services: Services) -> None:
    texts = every_text(services)
    assert not any(
        code in text or code.replace("-", "") in text for code in codes for text in texts
    )
    assert not any(f"'{half.code}'" in text for text in texts)
