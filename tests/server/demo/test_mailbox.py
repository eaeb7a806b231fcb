"""The demo's mailbox lists mail newest first and marks that of the signed-in account."""

from anyio.from_thread import BlockingPortal

from server.app import create_app, open_services
from server.core.outbox import post_mail
from server.core.settings import Settings
from server.demo.accounts import PASSWORD, PROFESSIONALS, demo_accounts
from server.demo.cases import fill_database
from tests.parts import Clock, open_client


def test_newest_email_is_first_and_own_emails_are_marked(
    settings: Settings, clock: Clock, loop: BlockingPortal
) -> None:
    services = open_services(settings, clock=clock)
    fill_database(services)
    http = open_client(create_app(services, demo_accounts=demo_accounts()), loop)
    mine, other = (email for _, _, email, *_ in PROFESSIONALS[:2])
    session = http.post("/v1/sessions", json={"email": mine, "password": PASSWORD}).json()
    with services.transaction() as tx:
        post_mail(tx, to=other, subject="A reminder", body="Advice is due.")
    public_emails = http.get("/v1/demo/mailbox").json()
    assert [mail["yours"] for mail in public_emails] == [False, False]
    http.headers["Authorization"] = f"Bearer {session['token']}"
    emails = http.get("/v1/demo/mailbox").json()
    assert [(mail["to"], mail["yours"]) for mail in emails] == [(other, False), (mine, True)]
    assert emails[0]["sent_at"] > emails[1]["sent_at"]
    services.engine.dispose()


def test_ended_session_owns_no_mail(settings: Settings, clock: Clock, loop: BlockingPortal) -> None:
    services = open_services(settings, clock=clock)
    http = open_client(create_app(services, demo_accounts=demo_accounts()), loop)
    http.headers["Authorization"] = "Bearer of-another-day"
    assert http.get("/v1/demo/mailbox").json() == []
    services.engine.dispose()
