"""The wait that grows with failed tries."""

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
from server.core.throttle import FREE_TRIES, FREE_TRIES_OF_ADDRESS, Operation
from shared.accounts import SecondStep
from tests.mails import mails_to
from tests.parts import Clock, Factory, open_client
from tests.server.accounts.steps import code_of, registration, sign_in

EMAIL = "senco@osierbeck.example"


def fail(services: Services, times: int, *keys: str, address: str = "") -> None:
    """Count failures as sign-ins do, without the time that a password takes."""
    with services.transaction() as tx:
        for _ in range(times):
            throttle.record_failure(tx, Operation.SIGN_IN, *keys, address=address)
            tx.session.flush()


def waits(reply: Response) -> int:
    """Tell the seconds to wait."""
    assert (reply.status_code, code_of(reply)) == (429, "too_many_tries")
    assert reply.headers["Retry-After"] == str(reply.json()["retry_after"])
    return int(reply.headers["Retry-After"])


@pytest.mark.parametrize("email", [EMAIL, "nobody@osierbeck.example"])
def test_the_wait_grows_and_passes_with_the_clock(
    http: Client, someone: Factory, clock: Clock, email: str
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    for _ in range(FREE_TRIES):
        assert sign_in(http, email, "wrong").status_code == 401
    told = []
    for _ in range(4):
        told.append(waits(sign_in(http, email.upper())))
        clock.move(seconds=told[-1])
        assert sign_in(http, email, "wrong").status_code == 401
    assert told == [1, 2, 4, 8]


def test_of_guesses_sent_at_once_those_beyond_the_free_ones_cost_no_hash(
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
    # As many as are hashed at the same time may pass beyond those that are free.
    assert FREE_TRIES <= len(hashed) < FREE_TRIES + (os.cpu_count() or 1)


def test_the_wait_is_never_longer_than_15_minutes(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    fail(services, 200, EMAIL)
    assert waits(sign_in(http, EMAIL)) == 15 * 60
    clock.move(minutes=15)
    assert sign_in(http, EMAIL).status_code == 201
    assert sign_in(http, EMAIL, "wrong").status_code == 401
    assert sign_in(http, EMAIL).status_code == 201


def test_a_fresh_server_on_the_same_database_still_waits(
    someone: Factory, services: Services, settings: Settings, clock: Clock, loop: BlockingPortal
) -> None:
    someone(email=EMAIL)
    fail(services, FREE_TRIES + 3, EMAIL)
    again = open_services(settings, clock=clock)
    assert waits(sign_in(open_client(create_app(again), loop), EMAIL)) == 8
    again.engine.dispose()


@pytest.mark.usefixtures("command")
def test_unlock_lifts_the_wait(http: Client, someone: Factory) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    while sign_in(http, EMAIL, "wrong").status_code == 401:
        pass
    assert waits(sign_in(http, EMAIL))
    assert cli.main(["account", "unlock", EMAIL.title()]) == 0
    assert sign_in(http, EMAIL).status_code == 201


def test_one_s_mistakes_keep_nobody_else_at_their_address_waiting(
    http: Client, someone: Factory, services: Services
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    fail(services, 20, "other@osierbeck.example", address="testclient")
    assert sign_in(http, EMAIL).status_code == 201


def test_an_address_that_tries_many_emails_waits_too_and_is_forgiven_with_time(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    fail(services, FREE_TRIES_OF_ADDRESS + 5, address="testclient")
    assert waits(sign_in(http, EMAIL)) == 32
    clock.move(hours=1)
    assert sign_in(http, EMAIL, "wrong").status_code == 401
    assert sign_in(http, EMAIL).status_code == 201
    fail(services, FREE_TRIES_OF_ADDRESS - 2, address="testclient")
    assert sign_in(http, EMAIL).status_code == 201


def test_a_building_where_somebody_mistypes_now_and_then_never_waits(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    for _ in range(FREE_TRIES_OF_ADDRESS + 10):
        clock.move(minutes=10)
        fail(services, 1, address="testclient")
    assert sign_in(http, EMAIL).status_code == 201


def test_nobody_s_mailbox_is_filled_with_activations(
    http: Client, services: Services, clock: Clock
) -> None:
    taken = 0
    for _ in range(20):
        wanted = registration(EMAIL)
        taken += http.post("/v1/registrations", json=wanted).is_success
        clock.move(seconds=30)
        taken += http.post(f"/v1/registrations/{wanted['id']}/email").is_success
        clock.move(seconds=30)
    assert FREE_TRIES < taken < FREE_TRIES + 10
    assert len(mails_to(services, EMAIL)) == taken


def test_asking_for_resets_waits_alike_for_every_email(http: Client, someone: Factory) -> None:
    someone(email=EMAIL)
    for email in (EMAIL, "nobody@osierbeck.example"):
        for _ in range(FREE_TRIES):
            assert http.post("/v1/password/forgotten", json={"email": email}).status_code == 204
        assert waits(http.post("/v1/password/forgotten", json={"email": email})) == 1


def test_who_is_refused_before_a_hash_waits_for_no_turn(
    http: Client, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.core.passwords.MAX_WAITING", 0)
    nobody = {"Authorization": "Bearer none"}
    change = {"current": "one", "new": "seven wrens over a hollow"}
    assert http.put("/v1/account/password", json=change, headers=nobody).status_code == 401
    fail(services, FREE_TRIES + 1, EMAIL)
    waits(sign_in(http, EMAIL))
    with services.transaction() as tx:
        for _ in range(FREE_TRIES + 1):
            throttle.record_failure(tx, Operation.REGISTER, EMAIL)
            tx.session.flush()
    waits(http.post("/v1/registrations", json=registration(EMAIL)))
    assert sign_in(http, "other@osierbeck.example").status_code == 503
