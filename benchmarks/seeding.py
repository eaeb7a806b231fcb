"""Seed a database with professionals, each with a session, people and an open draft."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pyotp
from pydantic import SecretStr
from sqlalchemy import insert
from sqlmodel import SQLModel

from benchmarks.prose import prose
from server.accounts.tables import Account, StoredSession, WorkDetailsRow
from server.app import open_services
from server.core import migrate
from server.core.database import Services, Transaction
from server.core.folding import fold
from server.core.keys import Purpose, new_token
from server.core.passwords import hash_password
from server.core.settings import Settings
from server.forms.catalogue import pin_form
from server.forms.tables import StoredAnswer, Submission
from server.people.lists import sort_keys, word_rows
from server.people.search import person_words, word_starts
from server.people.tables import ListedPerson, ListedWord, ListSize, Person, PersonWord
from shared.accounts import ProfessionalRole, SecondStep, SessionState
from shared.forms.submissions import SubmissionState

SECRET = "benchmark secret, long enough to be valid"
PASSWORD = "seven wrens over a hollow"
FORM = "professional-request"
LONG_TEXT = "attainment"
"""The long-text field of the form that load tests save to."""
PEOPLE_PER_PROFESSIONAL = 20
ANSWERS: dict[str, object] = {
    "year_group": "y3",
    LONG_TEXT: prose(1000),
    "attendance": "91",
    "sessions_attended": "173",
}
FIRST_NAMES = ("Ada", "Bryn", "Cai", "Dot", "Eve", "Farah", "Gil", "Hana")
LAST_NAMES = ("Marsh", "Quill", "Osier", "Wren", "Larkspur", "Tallow", "Sedge")


@dataclass
class Professional:
    """A signed-in professional, with the state needed for their next requests."""

    email: str
    token: str
    app_secret: str
    person: UUID
    submission: UUID
    version: int = 1
    totp_step: int = 0
    """The last TOTP time step whose code was used."""
    pending_save: UUID | None = None
    """Id of an unacknowledged save, to be retried with the same id."""


def build_settings(folder: Path, database_url: str = "") -> Settings:
    """Build the settings of a server with its data in `folder`."""
    return Settings(
        secret_key=SecretStr(SECRET), data=folder, database_url=database_url, unscanned="accept"
    )


def database_file(folder: Path) -> Path:
    """Return the SQLite database file of a server with its data in `folder`."""
    return Path(build_settings(folder).database.removeprefix("sqlite:///"))


def open_for_seeding(folder: Path, database_url: str = "") -> Services:
    """Create the schema in a new database and open it for seeding."""
    services = open_services(build_settings(folder, database_url))
    migrate.upgrade(services.engine)
    return services


def build_person_rows(
    person: Person, accounts: list[UUID], now: datetime
) -> dict[type[SQLModel], list[dict[str, Any]]]:
    """Build the rows, by table, for a person on the lists of the given accounts."""
    search_words = [{"word": word, "person_id": person.id} for word in person_words(person)]
    listed = [
        {
            "account_id": account,
            "person_id": person.id,
            "allocated": False,
            "hidden": False,
            "added_at": now,
            "starts": word_starts(person),
            **sort_keys(person),
        }
        for account in accounts
    ]
    return {
        Person: [person.model_dump()],
        PersonWord: search_words,
        ListedPerson: listed,
        ListedWord: word_rows(person, [(account, False) for account in accounts]),
    }


class Seeder:
    """Adds professionals to a database on demand."""

    def __init__(self, services: Services, seed: int = 0) -> None:
        self._services = services
        self._random = random.Random(seed)
        self._password_hash = hash_password(PASSWORD)
        self._professionals: list[Professional] = []

    def get_professionals(self, count: int) -> list[Professional]:
        """Return the first `count` professionals, adding any that are missing."""
        if (missing := count - len(self._professionals)) > 0:
            with self._services.transaction() as tx:
                form_version = pin_form(tx, FORM).version
                builder = _RowBuilder(tx, self._password_hash, form_version, self._random)
                first_number = len(self._professionals)
                self._professionals += [
                    builder.add(number) for number in range(first_number, first_number + missing)
                ]
                builder.insert()
                if self._services.engine.name == "postgresql":
                    # Autovacuum would collect statistics too late for the measurements.
                    tx.session.connection().exec_driver_sql("ANALYZE")
        return self._professionals[:count]


class _RowBuilder:
    """Rows for several professionals, inserted table by table."""

    def __init__(
        self, tx: Transaction, password_hash: str, form_version: int, rng: random.Random
    ) -> None:
        self._tx = tx
        self._password_hash = password_hash
        self._form_version = form_version
        self._random = rng
        self._rows: dict[type[SQLModel], list[dict[str, Any]]] = {
            table: []
            for table in (
                Account,
                WorkDetailsRow,
                StoredSession,
                Person,
                PersonWord,
                ListedPerson,
                ListedWord,
                ListSize,
                Submission,
                StoredAnswer,
            )
        }

    def add(self, number: int) -> Professional:
        """Build the rows for one professional."""
        now, account = self._tx.now, uuid4()
        email = f"professional-{number}@osierbeck.example"
        secret = pyotp.random_base32()
        self._rows[Account].append(
            {
                "id": account,
                "email": email,
                "password_hash": self._password_hash,
                "first_name": "Ada",
                "last_name": f"Osier {number}",
                "phone": "0116 496 0101",
                "notice_accepted_at": now,
                "created_at": now,
                "second_step": SecondStep.APP,
                "app_secret": self._tx.services.keys.encrypt(Purpose.APP_SECRET, secret),
            }
        )
        self._rows[WorkDetailsRow].append(
            {
                "id": uuid4(),
                "account_id": account,
                "role": ProfessionalRole.SENCO,
                "organisation": "Osierbeck Academy",
                "address": "1 Osier Way, Leicester",
                "postcode": "LE1 1FZ",
                "work_phone": "0116 496 0102",
                "created_at": now,
            }
        )
        token = self._add_session(account, now)
        people = list(self._add_people(account, number, now))
        submission = self._add_draft(account, people[0], now)
        return Professional(email, token, secret, people[0], submission)

    def insert(self) -> None:
        """Write all the rows."""
        for table, rows in self._rows.items():
            self._tx.session.execute(insert(table), rows)

    def _add_session(self, account: UUID, now: datetime) -> str:
        token = new_token()
        # The server updates each session once a minute, so these updates are spread out.
        last_used_at = now - timedelta(seconds=self._random.uniform(0, 60))
        self._rows[StoredSession].append(
            {
                "id": uuid4(),
                "account_id": account,
                "state": SessionState.SIGNED_IN,
                "digest": self._tx.services.keys.digest(Purpose.SESSION, token),
                "created_at": now,
                "last_used_at": last_used_at,
                "proved_at": now,
                "ends_at": now + timedelta(hours=12),
            }
        )
        return token

    def _add_people(self, account: UUID, number: int, now: datetime) -> Iterator[UUID]:
        for index in range(PEOPLE_PER_PROFESSIONAL):
            person = uuid4()
            first = self._random.choice(FIRST_NAMES)
            last = f"{self._random.choice(LAST_NAMES)}{number}-{index}"
            born = date(2018, 3, 14) - timedelta(days=self._random.randrange(3000))
            address, school = f"{index + 1} Tallowmere Row, Leicester", "Wren Hollow"
            row = Person(
                id=person,
                first_name=first,
                last_name=last,
                born=born,
                gender="female",
                address=address,
                postcode="LE0 1AB",
                school=school,
                sort_name=fold(f"{last}\n{first}"),
                sort_address=fold(address),
                sort_school=fold(school),
                created_at=now,
                changed_at=now,
                changed_by=account,
            )
            for table, rows in build_person_rows(row, [account], now).items():
                self._rows[table] += rows
            yield person
        self._rows[ListSize].append(
            {"account_id": account, "hidden": False, "people": PEOPLE_PER_PROFESSIONAL}
        )

    def _add_draft(self, account: UUID, person: UUID, now: datetime) -> UUID:
        submission = uuid4()
        self._rows[Submission].append(
            {
                "id": submission,
                "form": FORM,
                "form_version": self._form_version,
                "person_id": person,
                "account_id": account,
                "state": SubmissionState.DRAFT,
                "started_at": now,
                "saved_at": now,
                "saved_by": account,
            }
        )
        self._rows[StoredAnswer] += [
            {"submission_id": submission, "field": field, "answer": answer, "account_id": account}
            for field, answer in ANSWERS.items()
        ]
        return submission
