"""Throttling of failed attempts."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from anyio.from_thread import BlockingPortal
from httpx import Client, Response
from sqlmodel import col, update

from server import cli
from server.accounts.devices import MAX_DEVICES, remember_device
from server.accounts.registration import find_account
from server.accounts.tables import Account, KnownDevice
from server.app import create_app, open_services
from server.core import throttle
from server.core.database import Services
from server.core.settings import Settings
from server.core.throttle import ADDRESS_SIGNING_IN, KNOWN_ADDRESS, Operation, Source, Tries
from server.records.leaving import close_account
from shared.accounts import SecondStep, Staff
from tests.emails import code_in, emails_to, last_email
from tests.parts import PASSWORD, Clock, Factory, Someone, open_client
from tests.server.accounts.steps import (
    OTHER_PASSWORD,
    auth_header,
    code_of,
    dump_tables,
    emailed_token,
    registration,
    sign_in,
)
from tests.server.steps import ok, rows

EMAIL = "senco@osierbeck.example"
HERE = "testclient"
FREE_TRIES = throttle.EMAIL_FROM_ANYWHERE.free
FREE_TRIES_PER_ADDRESS = ADDRESS_SIGNING_IN.free
DEVICE = "d" * 43


def record_failures(services: Services, times: int, *keys: str, address: str = "") -> None:
    """Record failed sign-ins without hashing a password; all but two of them at once."""
    with services.transaction() as tx:
        for _ in range(min(times, 2)):
            throttle.record_failure(tx, Operation.SIGN_IN, *keys, source=Source(address))
            tx.session.flush()
            # Raises the counters of this transaction.
            just_counted = update(Tries).where(col(Tries.last_at) == tx.now)
            tx.session.exec(just_counted.values(failures=col(Tries.failures) + max(times - 2, 0)))
            times = 2


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


@pytest.mark.both_databases
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


def test_wait_at_one_address_is_at_most_10_minutes(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    record_failures(services, 200, EMAIL, address=HERE)
    assert retry_after(sign_in(http, EMAIL)) == 10 * 60
    clock.move(minutes=10)
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
    assert 12 <= retry_after(sign_in(http, EMAIL)) <= 32
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
        clock.move(minutes=1)
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


def sign_in_from(device: str, http: Client, email: str = EMAIL) -> Response:
    return sign_in(http, email, device_token=device)


def test_guess_every_15_minutes_does_not_lock_the_owner_out(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    record_failures(services, 100, EMAIL, address="192.0.2.1")
    for _ in range(8):
        clock.move(minutes=15)
        record_failures(services, 1, EMAIL, address="192.0.2.1")
    assert sign_in(http, EMAIL).status_code == 201
    # Not even at the address of the guesser.
    record_failures(services, 100, EMAIL, address=HERE)
    for _ in range(8):
        clock.move(minutes=15)
        record_failures(services, 1, EMAIL, address=HERE)
    clock.move(minutes=10)
    assert sign_in(http, EMAIL).status_code == 201


def test_wait_caused_from_other_addresses_falls_within_minutes(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    record_failures(services, 500, EMAIL, address="192.0.2.1")
    wait = retry_after(sign_in(http, EMAIL))
    assert wait <= 4 * 60
    clock.move(seconds=wait)
    assert sign_in(http, EMAIL).status_code == 201


@pytest.mark.parametrize("step", [SecondStep.NONE, SecondStep.EMAIL])
def test_device_that_signed_in_before_is_not_held_up_by_guesses(
    http: Client, someone: Factory, services: Services, clock: Clock, step: SecondStep
) -> None:
    someone(email=EMAIL, two_step=step)
    session = sign_in_from(DEVICE, http).json()
    if step is SecondStep.EMAIL:
        code = {"code": code_in(last_email(services, EMAIL)), "device_token": DEVICE}
        ok(http.post("/v1/session/code", json=code, headers=auth_header(session["token"])))
    record_failures(services, 500, EMAIL, address=HERE)
    assert sign_in_from("e" * 43, http).status_code == 429
    assert sign_in_from(DEVICE, http).status_code == 201


def test_device_is_known_only_after_the_whole_sign_in(
    http: Client, someone: Factory, services: Services
) -> None:
    someone(email=EMAIL, two_step=SecondStep.EMAIL)
    assert sign_in_from(DEVICE, http).json()["state"] == "code_required"
    record_failures(services, 500, EMAIL)
    assert sign_in_from(DEVICE, http).status_code == 429


def test_device_of_another_account_is_held_up(
    http: Client, someone: Factory, services: Services
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    someone(email="other@osierbeck.example", two_step=SecondStep.NONE)
    ok(sign_in_from(DEVICE, http, "other@osierbeck.example"))
    record_failures(services, 500, EMAIL)
    assert sign_in_from(DEVICE, http).status_code == 429


def test_owners_device_waits_at_most_a_minute_for_its_own_mistakes(
    http: Client, someone: Factory, clock: Clock
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    ok(sign_in_from(DEVICE, http))
    waits = []
    for _ in range(20):
        reply = sign_in(http, EMAIL, "wrong", device_token=DEVICE)
        if reply.status_code == 429:
            waits.append(retry_after(reply))
            clock.move(seconds=waits[-1])
    assert 1 < max(waits) <= 60


def test_office_with_known_devices_is_not_held_up_by_one_who_guesses(
    http: Client, someone: Factory, services: Services
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    someone(email="other@osierbeck.example", two_step=SecondStep.NONE)
    record_failures(services, FREE_TRIES_PER_ADDRESS + 10, address=HERE)
    assert sign_in(http, EMAIL).status_code == 429
    record_failures(services, 62, "third@osierbeck.example", address=HERE)
    with services.transaction() as tx:
        account = find_account(tx, "other@osierbeck.example")
        assert account is not None
        remember_device(tx, account.id, DEVICE, HERE)
    assert sign_in(http, EMAIL).status_code == 201


def test_known_address_is_held_up_by_far_more_guesses(
    http: Client, someone: Factory, services: Services
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    ok(sign_in_from(DEVICE, http))
    record_failures(services, 1, address=HERE)
    for failures, status in ((FREE_TRIES_PER_ADDRESS + 10, 201), (KNOWN_ADDRESS.free + 10, 429)):
        with services.transaction() as tx:
            tx.session.exec(update(Tries).values(failures=failures))
        assert sign_in(http, EMAIL).status_code == status
    assert sign_in_from(DEVICE, http).status_code == 201


def change_own_password(owner: Someone, support: Someone, services: Services) -> None:
    ok(owner.put("/v1/account/password", json={"current": PASSWORD, "new": OTHER_PASSWORD}))


def disable_by_support(owner: Someone, support: Someone, services: Services) -> None:
    ok(support.put(f"/v1/support/accounts/{owner.id}/disabled"))


def close(owner: Someone, support: Someone, services: Services) -> None:
    with services.transaction() as tx:
        close_account(tx, tx.session.get_one(Account, owner.id))


@pytest.mark.parametrize("act", [change_own_password, disable_by_support, close])
def test_devices_are_forgotten(
    me: Someone,
    someone: Factory,
    services: Services,
    act: Callable[[Someone, Someone, Services], None],
) -> None:
    support = someone("support@leicester.example", staff=Staff.SUPPORT)
    with services.transaction() as tx:
        remember_device(tx, me.id, DEVICE, HERE)
    act(me, support, services)
    assert not rows(services, KnownDevice)


def test_password_reset_forgets_the_devices(
    http: Client, someone: Factory, services: Services
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    ok(sign_in_from(DEVICE, http))
    ok(http.post("/v1/password/forgotten", json={"email": EMAIL}))
    reset = {"token": emailed_token(services, EMAIL), "password": OTHER_PASSWORD}
    ok(http.post("/v1/password/reset", json=reset))
    assert not rows(services, KnownDevice)


def test_tokens_of_devices_are_stored_as_keyed_hashes(
    http: Client, someone: Factory, services: Services
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    ok(sign_in_from(DEVICE, http))
    assert rows(services, KnownDevice)
    assert not [text for text in dump_tables(services) if DEVICE in text]


def test_only_the_newest_devices_are_remembered(
    http: Client, someone: Factory, services: Services
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    for number in range(MAX_DEVICES + 2):
        ok(sign_in_from(f"{number:043}", http))
    assert len(rows(services, KnownDevice)) == MAX_DEVICES
    record_failures(services, 500, EMAIL)
    assert sign_in_from(f"{0:043}", http).status_code == 429
    assert sign_in_from(f"{MAX_DEVICES + 1:043}", http).status_code == 201


def test_failures_counted_while_the_clock_was_ahead_hold_nobody_up(
    http: Client, someone: Factory, services: Services, clock: Clock
) -> None:
    someone(email=EMAIL, two_step=SecondStep.NONE)
    clock.move(days=1)
    record_failures(services, 500, EMAIL, address=HERE)
    assert sign_in(http, EMAIL).status_code == 429
    clock.move(days=-1)
    assert sign_in(http, EMAIL).status_code == 201
