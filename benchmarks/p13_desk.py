"""P13: open, filter and sort the officer's desk with 20,000 open cases, compared with 20."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID, uuid4

import structlog
from fastapi.testclient import TestClient
from sqlalchemy import insert

from benchmarks.row import Row, measure_medians
from server.accounts.tables import Account, StoredSession
from server.app import create_app, open_services
from server.cases.tables import Case
from server.core import migrate
from server.core.database import Services
from server.core.folding import fold
from server.core.keys import Purpose, new_token
from server.core.settings import Settings
from server.people.search import split_words
from server.people.tables import Person, PersonWord
from shared.accounts import SecondStep, SessionState, Staff
from shared.cases.states import ENDED, CaseState

FEW, MANY = 20, 20_000
GOAL = 1.3
QUERIES: dict[str, dict[str, str]] = {
    "open": {"limit": "20"},
    "filter": {"limit": "20", "find": "quill"},
    "sort by name": {"limit": "20", "sort": "name"},
    "sort by stage": {"limit": "20", "sort": "stage"},
    "sort by officer": {"limit": "20", "sort": "officer"},
    "due in 14 days": {"limit": "15", "view": "due"},
}
STATES = [state for state in CaseState if state not in ENDED]
FIRST_NAMES = ("Ada", "Bryn", "Cai", "Dot", "Eve", "Farah", "Gil", "Hana")


def measure_rows() -> Iterator[Row]:
    """Compare each query with many cases with the same query with few."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with TemporaryDirectory() as few, TemporaryDirectory() as many:
        clients = {"few": open_desk(Path(few), FEW), "many": open_desk(Path(many), MANY)}
        for label, query in QUERIES.items():
            medians = measure_medians(
                {name: partial(time_query, client, query) for name, client in clients.items()},
                rounds=15,
            )
            yield Row(
                "P13",
                f"desk, {label}: 20,000 cases vs 20",
                medians["many"] * 1000,
                medians["few"] * 1000,
                GOAL,
                "ms",
            )


def time_query(client: TestClient, query: dict[str, str]) -> float:
    """Send a query and return its latency in seconds."""
    started_at = perf_counter()
    client.get("/v1/desk/cases", params=query).raise_for_status()
    return perf_counter() - started_at


def open_desk(folder: Path, cases: int) -> TestClient:
    """Create a server with open cases, and return a client signed in as an officer."""
    services = open_services(
        Settings(secret_key="benchmark secret, long enough to be valid", data=folder)
    )
    app = create_app(services)
    migrate.upgrade(services.engine)
    token, officer = new_token(), uuid4()
    with services.transaction() as tx:
        tx.session.add(
            Account(
                id=officer,
                email="o@leicester.example",
                password_hash="",
                first_name="O",
                last_name="F",
                phone="",
                notice_accepted_at=tx.now,
                created_at=tx.now,
                second_step=SecondStep.APP,
                staff=Staff.OFFICER,
            )
        )
        tx.session.flush()
        tx.session.add(
            StoredSession(
                account_id=officer,
                digest=services.keys.digest(Purpose.SESSION, token),
                state=SessionState.SIGNED_IN,
                created_at=tx.now,
                last_used_at=tx.now,
                ends_at=tx.now + timedelta(hours=12),
                proved_at=tx.now,
            )
        )
    insert_cases(services, officer, cases)
    client = TestClient(app)
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def insert_cases(services: Services, officer: UUID, cases: int) -> None:
    """Insert children and their open cases, of which the filter matches at most 20."""
    with services.transaction() as tx:
        people, person_words, case_rows = [], [], []
        for number in range(cases):
            last = (
                f"Quill{number}" if number % 1000 < 20 and number < 1000 else f"Marsh{number:05d}"
            )
            first = FIRST_NAMES[number % len(FIRST_NAMES)]
            person = uuid4()
            people.append(build_person(person, first, last, officer, tx.now))
            text = f"{first} {last} 14/03/2018 3 Tallowmere Row, Leicester LE0 1AB Wren Hollow"
            person_words += [{"word": word, "person_id": person} for word in split_words(text)]
            case_rows.append(build_case(number, person, officer, tx.now))
        tx.session.execute(insert(Person), people)
        tx.session.execute(insert(PersonWord), person_words)
        tx.session.execute(insert(Case), case_rows)


def build_person(
    id: UUID, first: str, last: str, officer: UUID, now: datetime
) -> dict[str, object]:
    """Build the row of a child."""
    return {
        "id": id,
        "version": 1,
        "first_name": first,
        "last_name": last,
        "born": date(2018, 3, 14),
        "gender": "female",
        "postcode": "LE0 1AB",
        "address": "3 Tallowmere Row, Leicester",
        "school": "Wren Hollow",
        "sort_name": fold(f"{last}\n{first}"),
        "sort_address": "3",
        "sort_school": "wren hollow",
        "created_at": now,
        "changed_at": now,
        "changed_by": officer,
    }


def build_case(number: int, person: UUID, officer: UUID, now: datetime) -> dict[str, object]:
    """Build the row of an open case; its state, dates and officer depend on its number."""
    state = STATES[number % len(STATES)]
    return {
        "id": uuid4(),
        "person_id": person,
        "state": state,
        "closed": False,
        "place": STATES.index(state),
        "received_on": date(2026, 1, 1) + timedelta(days=number % 400),
        "officer_id": officer if number % 3 else None,
        "opened_at": now,
        "next_kind": "decide",
        "excused": False,
        "next_due": now.date() + timedelta(days=number % 400),
    }
