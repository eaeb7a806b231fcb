"""A stranger who types the name of a school learns and reaches nothing of its staff.

She uses the real server over HTTP, as anybody can.
"""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from server.core.database import Services
from tests.emails import code_in, emails_to, last_email
from tests.parts import PASSWORD, Factory, Someone
from tests.running import ServerProcess
from tests.server.accounts.steps import WORK, auth_header, emailed_token, registration, sign_in
from tests.server.organisations.steps import announce
from tests.server.steps import child, ok

pytestmark = pytest.mark.both_databases

FLOOD = 40


@pytest.fixture
def staff(someone: Factory) -> list[Someone]:
    """Two confirmed colleagues at the school."""
    return [someone(f"{name}-{uuid4().hex}@osierbeck.example") for name in ("ada", "bea")]


@pytest.fixture
def stranger(server: ServerProcess, services: Services) -> Iterator[httpx.Client]:
    """Client of somebody who has registered with the name of the school."""
    email = f"stranger-{uuid4().hex}@gmail.com"
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http:
        ok(http.post("/v1/registrations", json=registration(email)))
        ok(http.post("/v1/activations", json={"token": emailed_token(services, email)}))
        token = ok(sign_in(http, email, PASSWORD)).json()["token"]
        method = {"method": "email"}
        ok(http.put("/v1/account/second-step", json=method, headers=auth_header(token)))
        half = auth_header(ok(sign_in(http, email, PASSWORD)).json()["token"])
        code = {"code": code_in(last_email(services, email))}
        token = ok(http.post("/v1/session/code", json=code, headers=half)).json()["token"]
        http.headers.update(auth_header(token))
        yield http


def start_form(http: httpx.Client) -> str:
    person = ok(http.post("/v1/people", json=child())).json()["id"]
    body = {"id": str(uuid4()), "form": "professional-request", "person": person}
    return f"/v1/submissions/{ok(http.post('/v1/submissions', json=body)).json()['id']}"


def test_stranger_learns_and_reaches_nothing_of_the_staff(
    stranger: httpx.Client, staff: list[Someone], services: Services
) -> None:
    ada = staff[0]
    form = start_form(stranger)
    replies = [ok(stranger.get(f"{form}/sharing")), ok(stranger.get("/v1/account/colleagues"))]
    replies.append(ok(stranger.get("/v1/organisations", params={"find": "Osierbeck Academy"})))
    for reply in replies:
        for person in staff:
            assert person.email not in reply.text
            assert str(person.id) not in reply.text
    for _ in range(FLOOD):
        reply = stranger.put(f"{form}/shares/{ada.id}")
        assert reply.status_code == 404
    assert stranger.post(f"{form}/hand-over", json={"to": str(ada.id)}).status_code == 404
    assert emails_to(services, ada.email) == []
    work = ok(stranger.get("/v1/account")).json()["work_details"][0]["id"]
    for path in (f"/v1/account/colleagues/{work}", f"/v1/account/colleagues/{ada.work}"):
        assert stranger.post(f"{path}/confirm").status_code == 404
    assert (
        stranger.post(f"/v1/desk/memberships/{work}/confirm", json={"version": 1}).status_code
        == 403
    )


def test_stranger_stands_in_no_picker_and_sends_the_staff_one_mail(
    stranger: httpx.Client, staff: list[Someone], server: ServerProcess, services: Services
) -> None:
    ada, bea = staff
    card = ok(stranger.get("/v1/account")).json()
    work = f"/v1/account/work-details/{card['work_details'][0]['id']}"
    statuses = set()
    for number in range(FLOOD):
        name = "Osierbeck Academy" if number % 2 else "Else"
        statuses.add(stranger.put(work, json=WORK | {"organisation": name}).status_code)
        announce(services)
    assert statuses == {200, 429}
    assert len(emails_to(services, ada.email)) == 1
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http:
        http.headers.update(auth_header(ada.token))
        sharing = ok(http.get(f"{start_form(http)}/sharing")).json()
        emails = [colleague["email"] for colleague in sharing["colleagues"]]
        assert bea.email in emails
        assert card["email"] not in emails
        assert card["email"] in ok(http.get("/v1/account/colleagues")).text
