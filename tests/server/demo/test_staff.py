"""The demo's officer and support account sign in with the code in the mailbox."""

import pytest
from anyio.from_thread import BlockingPortal
from sqlmodel import col, select

from server.app import create_app, open_services
from server.cases.tables import Case
from server.core.database import Services
from server.core.settings import Settings
from server.demo.accounts import PASSWORD, demo_accounts
from server.demo.cases import fill_database
from server.people.tables import Person
from shared.cases.states import CaseState
from tests.parts import Clock, open_client


def test_children_are_matched_once_their_assessment_is_decided(services: Services) -> None:
    fill_database(services)
    query = select(Case.state).join(Person, col(Person.id) == col(Case.person_id))
    with services.transaction(writes=False) as tx:
        new = tx.session.exec(query.where(col(Person.known_at).is_(None))).all()
        assert set(new) == {CaseState.SUBMITTED, CaseState.DECIDING}
        assert len(new) == 5


@pytest.mark.parametrize(
    ("email", "path"),
    [
        ("officer@leicester.example", "/v1/desk/cases"),
        ("support@leicester.example", "/v1/support/mails"),
    ],
)
def test_staff_sign_in_with_the_mailbox_code(
    settings: Settings, clock: Clock, loop: BlockingPortal, email: str, path: str
) -> None:
    services = open_services(settings, clock=clock)
    fill_database(services)
    http = open_client(create_app(services, demo_accounts=demo_accounts()), loop)
    session = http.post("/v1/sessions", json={"email": email, "password": PASSWORD}).json()
    http.headers["Authorization"] = f"Bearer {session['token']}"
    emails = http.get("/v1/demo/mailbox").json()
    assert [mail["to"] for mail in emails if "authenticator app" in mail["subject"]] == [email]
    assert emails[0]["yours"]
    code = emails[0]["body"]
    reply = http.post("/v1/session/code", json={"code": code}).json()
    assert reply["state"] == "signed_in"
    http.headers["Authorization"] = f"Bearer {reply['token']}"
    assert http.get(path).status_code == 200
    services.engine.dispose()
