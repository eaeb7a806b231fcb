"""Throttling of failed attempts."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from anyio.from_thread import BlockingPortal
from httpx import Client, Response

from server import cli
from server.app import create_app, open_services
from server.core import throttle
from server.core.database import Services
from server.core.settings import Settings
from server.core.throttle import FREE_TRIES, FREE_TRIES_PER_ADDRESS, Operation
from shared.accounts import SecondStep
from tests.emails import emails_to
from tests.parts import Clock, Factory, open_client
from tests.server.accounts.steps import code_of, registration, sign_in

EMAIL = "senco@osierbeck.example"


def record_failures(services: Services, times: int, *keys: str, address: str = "") -> None:
    """Record failed sign-ins without hashing a password."""
    with services.transaction() as tx:
        for _ in range(times):
            throttle.record_failure(tx, Operation.SIGN_IN, *keys, address=address)
            tx.session.flush()


def retry_after(reply: Response) -> int:
    """Assert that a reply is throttled and return the seconds to wait."""
    assert (reply.status_code, code_of(reply)) == (429, "too_many_tries")
    assert reply.headers["Retry-After"] == str(reply.json()["retry_after"])
    return int(reply.headers["Retry-After"])


@pytest.mark.parametrize("email", [EMAIL, "nobody@osierbeck.example"])
def test_wait_doubles_and_expires(http: Client, someone: Factory, clock: Clock, email: str) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    for _ in range(FREE_TRIES):
        assert sign_in(http, email, "wrong").status_code == 401
    wait_times = []
    for _ in range(4):
        wait_times.append(retry_after(sign_in(http, email.upper())))
        clock.move(seconds=wait_times[-1])
        assert sign_in(http, email, "wrong").status_code == 401
    assert wait_times == [1, 2, 4, 8]


def test_concurrent_guesses_beyond_the_free_attempts_are_not_hashed(
    http: Client, someone: Factory, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    hashed: list[str] = []

    def verify(password: str, digest: str) -> tuple[bool, None]:
        hashed.append(password)
        return False, None

    monkeypatch.setattr("server.accounts.sessions.verify_password", verify)
    with ThreadPoolExecutor(3 * FREE_TRIES) as threads:
        replies = list(threads.map(lambda _: sign_in(http, EMAIL, "wrong"), range(3 * FREE_TRIES)))
    assert {reply.status_code for reply in replies} == {401, 429}
    # Attempts that are hashed concurrently may exceed the free ones.
    assert FREE_TRIES <= len(hashed) < FREE_TRIES + (os.cpu_count() or 1)


def test_wait_is_at_most_15_minutes(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    record_failures(services, 200, EMAIL)
    assert retry_after(sign_in(http, EMAIL)) == 15 * 60
    clock.move(minutes=15)
    assert sign_in(http, EMAIL).status_code == 201
    assert sign_in(http, EMAIL, "wrong").status_code == 401
    assert sign_in(http, EMAIL).status_code == 201


def test_wait_survives_a_server_restart(
    someone: Factory, services: Services, settings: Settings, clock: Clock, loop: BlockingPortal
) -> None:
    someone(email=EMAIL)
    record_failures(services, FREE_TRIES + 3, EMAIL)
    restarted = open_services(settings, clock=clock)
    assert retry_after(sign_in(open_client(create_app(restarted), loop), EMAIL)) == 8
    restarted.engine.dispose()


@pytest.mark.usefixtures("command")
def test_unlock_ends_the_wait(http: Client, someone: Factory) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    while sign_in(http, EMAIL, "wrong").status_code == 401:
        pass
    assert retry_after(sign_in(http, EMAIL))
    assert cli.main(["account", "unlock", EMAIL.title()]) == 0
    assert sign_in(http, EMAIL).status_code == 201


def test_failures_do_not_delay_others_at_the_same_address(
    http: Client, someone: Factory, services: Services
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    record_failures(services, 20, "other@osierbeck.example", address="testclient")
    assert sign_in(http, EMAIL).status_code == 201


def test_address_that_tries_many_emails_is_throttled_temporarily(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    record_failures(services, FREE_TRIES_PER_ADDRESS + 5, address="testclient")
    assert retry_after(sign_in(http, EMAIL)) == 32
    clock.move(hours=1)
    assert sign_in(http, EMAIL, "wrong").status_code == 401
    assert sign_in(http, EMAIL).status_code == 201
    record_failures(services, FREE_TRIES_PER_ADDRESS - 2, address="testclient")
    assert sign_in(http, EMAIL).status_code == 201


def test_occasional_failures_at_one_address_are_not_throttled(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    for _ in range(FREE_TRIES_PER_ADDRESS + 10):
        clock.move(minutes=10)
        record_failures(services, 1, address="testclient")
    assert sign_in(http, EMAIL).status_code == 201


def test_activation_emails_per_address_are_limited(
    http: Client, services: Services, clock: Clock
) -> None:
    accepted = 0
    for _ in range(20):
        body = registration(EMAIL)
        accepted += http.post("/v1/registrations", json=body).is_success
        clock.move(seconds=30)
        accepted += http.post(f"/v1/registrations/{body['id']}/email").is_success
        clock.move(seconds=30)
    assert FREE_TRIES < accepted < FREE_TRIES + 10
    assert len(emails_to(services, EMAIL)) == accepted


def test_reset_requests_are_throttled_for_known_and_unknown_emails(
    http: Client, someone: Factory
) -> None:
    someone(email=EMAIL)
    for email in (EMAIL, "nobody@osierbeck.example"):
        for _ in range(FREE_TRIES):
            assert http.post("/v1/password/forgotten", json={"email": email}).status_code == 204
        assert retry_after(http.post("/v1/password/forgotten", json={"email": email})) == 1


def test_requests_refused_before_hashing_skip_the_hashing_queue(
    http: Client, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.core.passwords.MAX_WAITING", 0)
    nobody = {"Authorization": "Bearer none"}
    change = {"current": "one", "new": "seven wrens over a hollow"}
    assert http.put("/v1/account/password", json=change, headers=nobody).status_code == 401
    record_failures(services, FREE_TRIES + 1, EMAIL)
    retry_after(sign_in(http, EMAIL))
    with services.transaction() as tx:
        for _ in range(FREE_TRIES + 1):
            throttle.record_failure(tx, Operation.REGISTER, EMAIL)
            tx.session.flush()
    retry_after(http.post("/v1/registrations", json=registration(EMAIL)))
    assert sign_in(http, "other@osierbeck.example").status_code == 503
