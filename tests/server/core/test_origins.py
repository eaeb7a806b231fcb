"""The signed address of a person for whom the SSH server runs the client."""

from datetime import timedelta

from httpx import Client

from server.core.database import Services
from server.core.keys import Keys
from server.core.origins import HEADER, read_origin, sign_origin
from tests.parts import Clock
from tests.server.accounts.steps import sign_in
from tests.server.steps import audit_of


def test_signed_address_is_recorded_until_it_expires(
    http: Client, services: Services, clock: Clock
) -> None:
    origin = sign_origin(services.keys, "192.0.2.7", clock.now + timedelta(hours=1))
    http.headers[HEADER] = origin
    sign_in(http, "nobody@osierbeck.example")
    assert audit_of(services)[-1].address == "192.0.2.7"
    clock.move(hours=2)
    sign_in(http, "nobody@osierbeck.example")
    assert audit_of(services)[-1].address == "testclient"


def test_address_of_another_key_is_not_believed(
    http: Client, services: Services, clock: Clock
) -> None:
    until = clock.now + timedelta(hours=1)
    forged = sign_origin(Keys("another secret, which is as long as that"), "192.0.2.7", until)
    for value in (forged, "192.0.2.7", "", forged[:-2], "\u00e9"):
        assert read_origin(services.keys, value, clock.now) is None
    http.headers[HEADER] = forged
    sign_in(http, "nobody@osierbeck.example")
    assert audit_of(services)[-1].address == "testclient"
