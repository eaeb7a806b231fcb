"""Sign-in, registration and reset do the same work for known and unknown emails.

`benchmarks/p17_known_emails.py` measures their times.
"""

from collections.abc import Callable

import pytest
from httpx import Client

from server.accounts.tables import EmailedLink
from server.core.database import Services
from server.core.outbox import OutboxMail, due_mail
from shared.accounts import SecondStep
from tests.parts import Factory
from tests.server.accounts.steps import registration, sign_in
from tests.server.statements import record_statements
from tests.server.steps import rows

KNOWN, UNKNOWN = "senco@osierbeck.example", "nobody@osierbeck.example"

REQUESTS: dict[str, Callable[[Client, str], object]] = {
    "sign-in": lambda http, email: sign_in(http, email, "wrong"),
    "registration": lambda http, email: http.post("/v1/registrations", json=registration(email)),
    "reset": lambda http, email: http.post("/v1/password/forgotten", json={"email": email}),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_known_and_unknown_emails_run_the_same_statements(
    http: Client, someone: Factory, services: Services, kind: str
) -> None:
    someone(email=KNOWN, two_step=SecondStep.NONE)
    REQUESTS[kind](http, "warm@osierbeck.example")
    statements = {}
    for email in (KNOWN, UNKNOWN):
        with record_statements(services) as statements[email]:
            REQUESTS[kind](http, email)
    # Failures are counted in the order of keyed hashes, which is random.
    assert sorted(statements[KNOWN]) == sorted(statements[UNKNOWN])
    assert len(statements[KNOWN]) > 5


@pytest.mark.parametrize("kind", REQUESTS)
def test_known_and_unknown_emails_write_as_many_rows(
    http: Client, someone: Factory, services: Services, kind: str
) -> None:
    someone(email=KNOWN, two_step=SecondStep.NONE)
    counts = []
    for email in (KNOWN, UNKNOWN):
        REQUESTS[kind](http, email)
        counts.append((len(rows(services, EmailedLink)), len(rows(services, OutboxMail))))
    assert counts[1] == (2 * counts[0][0], 2 * counts[0][1])


def test_nothing_is_sent_to_an_unknown_email(http: Client, services: Services) -> None:
    REQUESTS["reset"](http, UNKNOWN)
    [mail] = rows(services, OutboxMail)
    assert (mail.to, mail.body) == ("", "")
    assert mail.sent_at is not None
    with services.transaction() as tx:
        assert not due_mail(tx, slots=1, ordinary_slots=1)
    [link] = rows(services, EmailedLink)
    assert link.used_at is not None
    assert link.account_id is None
