"""The journeys of users on three servers, of which one at a time is killed and started.

They run behind caddy, with one PostgreSQL and one S3: `make many` runs them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from random import Random
from threading import Event, Thread
from time import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Engine

from server.core.database import open_database
from server.core.settings import Settings
from tests.faults.checker import (
    CODE_MAIL,
    MARKING_SECONDS,
    check_emails,
    check_outbox,
    count_resent_emails,
)
from tests.faults.relay import Mail
from tests.faults.server_kills import run_database, settle
from tests.faults.stored import read_stored
from tests.journeys.conftest import MailRelay, clock, home, me, open_form, portal, submission
from tests.journeys.test_advice import (
    officer,
    sign_in,
    test_journey_from_request_to_plan_and_review,
)
from tests.journeys.test_ending import test_quitting_saves_and_prints_confirmation
from tests.journeys.test_hasty_user import (
    test_keys_without_pauses_reach_the_fields_they_were_meant_for,
    test_quitting_asks_about_a_file_that_was_not_uploaded,
)
from tests.journeys.test_request import EMAIL, test_journey_from_registration_to_second_version
from tests.many.balancers import run_caddy, run_s3
from tests.many.fleet import Fleet
from tests.many.run import (
    SETTINGS,
    count_reminders,
    digest_objects,
    find_repeated_reminders,
)
from tests.many.scanner import RecordingScanner, run_recording_scanner
from tests.parts import settings_for
from tests.running import find_free_port

__all__ = [
    "clock",
    "home",
    "me",
    "officer",
    "open_form",
    "portal",
    "sign_in",
    "submission",
    "test_journey_from_registration_to_second_version",
    "test_journey_from_request_to_plan_and_review",
    "test_keys_without_pauses_reach_the_fields_they_were_meant_for",
    "test_quitting_asks_about_a_file_that_was_not_uploaded",
    "test_quitting_saves_and_prints_confirmation",
]

SERVERS, MIN_KILLS, SEED = 3, 20, 7
PAUSE_SECONDS = 2.0, 6.0
"""Range of seconds before a kill; a request that takes longer would be cut off again and again."""
pytestmark = pytest.mark.slow


class RecordingRelay(MailRelay):
    """SMTP relay that also records the time and the id of each email."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Mail] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content)
        id = str(message["Message-ID"]).strip("<> ").partition("@")[0]
        self.mails.append(Mail(id, envelope.rcpt_tos[0], str(message["Subject"]), time()))
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture(scope="module")
def mail_relay() -> Iterator[tuple[MailRelay, int]]:
    handler, port = RecordingRelay(), find_free_port()
    relay = Controller(handler, hostname="127.0.0.1", port=port)
    relay.start()
    yield handler, port
    relay.stop()


@dataclass
class Killer:
    """Kills and starts one server at a time until it is stopped."""

    fleet: Fleet
    kill_times: list[float] = field(default_factory=list)
    _stopped: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        random = Random(SEED)
        while not self._stopped.wait(random.uniform(*PAUSE_SECONDS)):
            victim = self.fleet.servers[len(self.kill_times) % SERVERS]
            victim.kill()
            self.kill_times.append(time())
            victim.start()

    def stop(self) -> None:
        """Stop killing; all servers run."""
        self._stopped.set()
        self._thread.join()


@dataclass(frozen=True)
class Portal:
    """Three servers behind caddy, what they use, and who kills them."""

    fleet: Fleet
    killer: Killer
    scanner: RecordingScanner
    database: str
    folder: Path
    store: dict[str, str]

    @property
    def url(self) -> str:
        """The URL of caddy."""
        return self.fleet.url


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, mail_relay: tuple[RecordingRelay, int]
) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("many")
    with (
        run_database("postgresql", folder) as database,
        run_s3(folder) as store,
        run_recording_scanner() as (clamd, scanner),
        (folder / "server.log").open("ab") as log,
    ):
        fleet = Fleet(
            folder,
            SERVERS,
            database=database,
            mail_port=mail_relay[1],
            clamd=clamd,
            log=log,
            settings=SETTINGS | store,
            cold=False,
        )
        try:
            with run_caddy(folder, [server.port for server in fleet.servers]) as fleet.url:
                killer = Killer(fleet)
                try:
                    yield Portal(fleet, killer, scanner, database, folder, store)
                finally:
                    killer.stop()
        finally:
            fleet.kill()


@pytest.fixture
def settings(server: Portal, tmp_path: Path) -> Settings:
    """Settings by which `someone` adds accounts to the database of the servers."""
    return settings_for(tmp_path, server.database)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = open_database(settings.database)
    yield engine
    engine.dispose()


def test_nothing_was_lost_sent_or_scanned_twice(
    server: Portal, mail_relay: tuple[RecordingRelay, int]
) -> None:
    """Runs last, after the journeys."""
    server.killer.stop()
    kill_times = server.killer.kill_times
    assert len(kill_times) >= MIN_KILLS
    server.fleet.kill()
    settle(server.fleet, server.database)
    server.fleet.kill()
    stored = read_stored(server.database, digest_objects(server.store))
    stored.delivered_emails, stored.start_times = mail_relay[0].mails, kill_times
    assert [*check_emails(stored), *check_outbox(stored)] == []
    mails = Counter((to, subject) for to, subject, _ in stored.outbox.values())
    # Everyone signs in once, which may have been repeated.
    codes = {to: count for (to, subject), count in mails.items() if subject == CODE_MAIL}
    assert set(codes.values()) == {1}
    assert mails[EMAIL, "Activate your account"] == 1
    assert find_repeated_reminders(count_reminders(server.database)) == []
    documents = Counter(digest for digest, _ in stored.documents.values())
    scans = server.scanner.scans
    assert scans.keys() == documents.keys()
    times = [at for times in scans.values() for at in times]
    # A kill just after a scan may come before its result is recorded.
    lost = sum(any(0 <= kill - at < MARKING_SECONDS for kill in kill_times) for at in times)
    assert documents.total() <= len(times) <= documents.total() + lost
    print(
        f"{len(kill_times)} kills; {mails.total()} mails, {count_resent_emails(stored)} resent; "
        f"{documents.total()} documents, {len(times)} scans"
    )
