"""The `smoke` command: a made-up child's way through a running server, and gone again."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from ssl import PROTOCOL_TLS_CLIENT
from time import monotonic, sleep
from uuid import UUID, uuid4

import httpx
import pikepdf
from sqlmodel import col, select
from truststore import SSLContext

from server.accounts.registration import find_account
from server.accounts.sessions import create_session, end_all_sessions
from server.accounts.tables import Account, StoredSession, WorkDetailsRow
from server.app import open_services
from server.cases.service import newest_case
from server.commands.command import CommandError, Parsers
from server.commands.person import delete_content
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.outbox import NO_MAILBOX
from server.core.settings import Settings
from server.people.tables import Person
from server.records.erasing_person import erase_person
from server.support.staff import unknown_password_hash
from shared.accounts import ProfessionalRole, SecondStep, SessionState, Staff
from shared.cases.actions import EventIn
from shared.cases.events import EventKind
from shared.values.days import london_day

PROFESSIONAL, OFFICER = f"smoke-test{NO_MAILBOX}", f"smoke-test-officer{NO_MAILBOX}"
REASON = "A made-up record of the smoke test"
TIMEOUT_SECONDS = 30
SCAN_SECONDS = 60
FORM = "professional-request"


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "smoke", help="take a made-up child through a running server, then erase it"
    )
    parser.add_argument("--url", help="the server's address (default: PORTAL_PUBLIC_URL)")
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class _Actors:
    """The clients of the two accounts, and the professional's work details."""

    professional: httpx.Client
    officer: httpx.Client
    work: UUID


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Take the child through the server and print each step; raises CommandError."""
    url = (options.url or settings.public_url).rstrip("/")
    with closing(open_services(settings)) as services:
        _clean_up(services)  # what an interrupted run left
        try:
            with _enter(services, url) as actors:
                for step, seconds in _walk(services, actors):
                    print(f"ok {seconds:6.2f} s  {step}", flush=True)
        except httpx.HTTPStatusError as error:
            path = error.request.url.path
            raise CommandError(
                f"{error.request.method} {path} answered {error.response.status_code}: "
                f"{_detail(error.response)}"
            ) from None
        except httpx.HTTPError as error:
            raise CommandError(
                f"{url} can't be reached: {error}. Start the server, or name its address with "
                "--url."
            ) from None
        finally:
            _clean_up(services)
    print("The made-up child is erased, and its accounts are disabled.")


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return "no reason was given."


@contextmanager
def _enter(services: Services, url: str) -> Iterator[_Actors]:
    """Enable both accounts with a session each, and open their clients."""
    with services.transaction() as tx:
        professional = _enable(tx, PROFESSIONAL, None)
        officer = _enable(tx, OFFICER, Staff.OFFICER)
        work = _work_details(tx, professional)
        tokens = [_start_session(tx, account) for account in (professional, officer)]
    # The machine's certificate authorities, among them the organisation's own.
    trusted = SSLContext(PROTOCOL_TLS_CLIENT)
    professional_client, officer_client = (
        httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
            verify=trusted,
        )
        for token in tokens
    )
    with professional_client, officer_client:
        yield _Actors(professional_client, officer_client, work)


def _enable(tx: Transaction, email: str, staff: Staff | None) -> Account:
    """Return an account that nobody can sign in to, enabled until the end of the test."""
    account = find_account(tx, email)
    if account is None:
        account = Account(
            email=email,
            email_verified=False,
            password_hash=unknown_password_hash(),
            first_name="Smoke",
            last_name="Test",
            phone="0116 496 0100",
            # Without a secret, no code is right.
            second_step=SecondStep.APP,
            staff=staff,
            notice_accepted_at=tx.now,
            created_at=tx.now,
        )
    account.disabled_at = None
    tx.session.add(account)
    tx.session.flush()
    record(tx, Action.ACCOUNT_ENABLED, subject=account.id)
    return account


def _work_details(tx: Transaction, account: Account) -> UUID:
    row = tx.session.exec(
        select(WorkDetailsRow).where(WorkDetailsRow.account_id == account.id)
    ).first()
    if row is None:
        row = WorkDetailsRow(
            account_id=account.id,
            role=ProfessionalRole.SENCO,
            organisation="Smoke test",
            address="1 Test Street",
            postcode="LE1 1FZ",
            work_phone="0116 496 0100",
            created_at=tx.now,
        )
        tx.session.add(row)
        tx.session.flush()
    return row.id


def _start_session(tx: Transaction, account: Account) -> str:
    row: StoredSession
    row, token = create_session(tx, account, "portal-server smoke", "")
    row.state = SessionState.SIGNED_IN
    tx.session.add(row)
    return token


def _walk(services: Services, actors: _Actors) -> Iterator[tuple[str, float]]:
    """Do each step over HTTP, and yield its name and duration; raises httpx.HTTPError."""
    person, document, form = uuid4(), uuid4(), uuid4()
    http, officer = actors.professional, actors.officer
    steps: tuple[tuple[str, Callable[[], httpx.Response]], ...] = (
        ("The server is healthy", lambda: http.get("/v1/health")),
        ("A child is added", lambda: http.post("/v1/people", json=_child(person))),
        (
            "A document is uploaded",
            lambda: http.put(
                f"/v1/people/{person}/documents/{document}",
                params={"name": "smoke-test.pdf"},
                content=_blank_pdf(),
            ),
        ),
        ("The document is opened", lambda: _open_document(services, http, document)),
        (
            "A request is started",
            lambda: http.post(
                "/v1/submissions", json={"id": str(form), "form": FORM, "person": str(person)}
            ),
        ),
        ("Answers are saved", lambda: _save(http, form, actors.work)),
        (
            "The request is submitted",
            lambda: http.post(f"/v1/submissions/{form}/versions", json={"id": str(uuid4())}),
        ),
        (
            "A copy is made",
            lambda: http.get(f"/v1/submissions/{form}/copy", params={"kind": "pdf"}),
        ),
        ("An officer decides", lambda: _decide(services, officer, person)),
    )
    for name, step in steps:
        started_at = monotonic()
        step().raise_for_status()
        yield name, monotonic() - started_at


def _child(person: UUID) -> dict[str, str]:
    return {
        "id": str(person),
        "first_name": "Smoke",
        "last_name": "Test",
        "born": "2018-03-14",
        "gender": "male",
        "address": "1 Test Street",
        "postcode": "LE1 1FZ",
        "school": "Smoke test",
    }


def _blank_pdf() -> bytes:
    file = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(file)
    return file.getvalue()


def _open_document(services: Services, http: httpx.Client, document: UUID) -> httpx.Response:
    """Open the document once it is scanned; without an antivirus, read only its details."""
    settings = services.settings
    if not settings.clamd and not settings.accepts_unscanned:
        return http.get(f"/v1/documents/{document}")
    end = monotonic() + SCAN_SECONDS
    while True:
        reply = http.get(f"/v1/documents/{document}/content")
        if reply.status_code != httpx.codes.CONFLICT or monotonic() > end:
            return reply
        sleep(0.5)  # being checked for viruses


def _save(http: httpx.Client, form: UUID, work: UUID) -> httpx.Response:
    """Save the answers that the request needs."""
    path = f"/v1/submissions/{form}"
    contact = {"id": uuid4().hex, "name": "Smoke Test", "contact_details": "0116 496 0100"}
    changes = {
        "work_details": str(work),
        "contacts": [contact],
        "declaration": True,
        "sharing": True,
    }
    version = http.get(path).raise_for_status().headers["ETag"]
    return http.patch(
        f"{path}/answers",
        json={"save": str(uuid4()), "changes": changes},
        headers={"If-Match": version},
    )


def _decide(services: Services, officer: httpx.Client, person: UUID) -> httpx.Response:
    """Open the case as an officer, and decide to assess."""
    with services.transaction(writes=False) as tx:
        case = newest_case(tx, person)
        day = london_day(tx.now)
    if case is None:
        raise CommandError("The request was submitted, but no case was opened.")
    path = f"/v1/desk/cases/{case.id}"
    officer.get(path).raise_for_status()
    event = EventIn(id=uuid4(), kind=EventKind.DECIDED_TO_ASSESS, on=day, confirmed=True)
    return officer.post(f"{path}/events", json=event.model_dump(mode="json"))


def _clean_up(services: Services) -> None:
    """Erase the children of the test, and disable its accounts; safe to repeat."""
    with services.transaction() as tx:
        accounts = [
            account for email in (PROFESSIONAL, OFFICER) if (account := find_account(tx, email))
        ]
        ids = [account.id for account in accounts]
        for child in tx.session.exec(select(Person).where(col(Person.changed_by).in_(ids))).all():
            erase_person(tx, child.id, REASON, everything=True)
        for account in accounts:
            end_all_sessions(tx, account.id)
            if account.disabled_at is None:
                account.disabled_at = tx.now
                tx.session.add(account)
                record(tx, Action.ACCOUNT_DISABLED, subject=account.id)
    delete_content(services)
