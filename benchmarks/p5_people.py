"""P5: Select Person with lists of 100,000 and 200 people, compared with a list of 20."""

import logging
import os
import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import structlog
from fastapi.testclient import TestClient
from sqlalchemy import insert
from sqlmodel import SQLModel, col, select

from benchmarks.row import Row, measure_medians
from benchmarks.seeding import build_person_rows
from server.accounts.tables import Account, StoredSession
from server.app import create_app, open_services
from server.core import migrate
from server.core.database import Services, Transaction
from server.core.folding import fold
from server.core.keys import Purpose, new_token
from server.core.pages import Cursor
from server.core.settings import Settings
from server.people.tables import ListedPerson, ListSize, Person
from shared.accounts import SecondStep, SessionState
from shared.people import SortBy

FEW, SOME, MANY = 20, 200, 100_000
GOAL = 1.3
ROUNDS = 15
BATCH_SIZE = 5_000
FILTERS = ("z", "s", "zo", "ka", "zora", "marsh", "leicester")
"""Prefixes of few and many words, and words that match few, many and all people."""
SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnprstvwz" for vowel in "aeiou"]

Params = dict[str, str | int | bool]


def measure_rows() -> Iterator[Row]:
    """Compare each query on a long list with the same query on a short one."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with TemporaryDirectory() as few_folder, TemporaryDirectory() as many_folder:
        [short_list] = open_lists(few_folder, FEW, [FEW])
        for name, (client, cursor) in zip(
            ("all", "200"), open_lists(many_folder, MANY, [MANY, SOME]), strict=True
        ):
            for label, params in build_queries().items():
                lists = {"long": (client, cursor), "short": short_list}
                measures = {
                    size: partial(time_query, list_client, params or {"cursor": list_cursor})
                    for size, (list_client, list_cursor) in lists.items()
                }
                medians = measure_medians(measures, rounds=ROUNDS)
                yield Row(
                    "P5",
                    f"{name} of 100,000 on the list, vs 20: {label}",
                    medians["long"] * 1000,
                    medians["short"] * 1000,
                    GOAL,
                    "ms",
                )


def build_queries() -> dict[str, Params]:
    """Return query parameters by name; those of the middle page lack its cursor."""
    queries: dict[str, Params] = {"open": {"limit": FEW}, "middle": {}, "end": {"end": True}}
    queries |= {f"filter {text}": {"find": text} for text in FILTERS}
    for sort in SortBy:
        queries[f"by {sort}"] = {"sort": sort.value}
        queries[f"by {sort}, descending"] = {"sort": sort.value, "descending": True}
    return queries


def time_query(client: TestClient, params: Params) -> float:
    """Send a query and return its latency in seconds."""
    started_at = perf_counter()
    client.get("/v1/people", params={"limit": FEW, **params}).raise_for_status()
    return perf_counter() - started_at


def open_lists(folder: str, people: int, lengths: list[int]) -> list[tuple[TestClient, str]]:
    """Create a server, and return a client and a middle cursor for each list."""
    url = os.environ.get(f"BENCHMARK_DATABASE_{people}", "")
    services = open_services(
        Settings(
            secret_key="benchmark secret, long enough to be valid",
            data=Path(folder),
            database_url=url,
        )
    )
    app = create_app(services)
    migrate.upgrade(services.engine)
    owners = {create_signed_in_professional(services): length for length in lengths}
    insert_people(services, people, {account: length for (account, _), length in owners.items()})
    clients = []
    for (account, token), length in owners.items():
        client = TestClient(app)
        client.headers["Authorization"] = f"Bearer {token}"
        clients.append((client, find_middle_cursor(services, account, length)))
    return clients


def create_signed_in_professional(services: Services) -> tuple[UUID, str]:
    """Create a professional with a session, and return the account and token."""
    token, account = new_token(), uuid4()
    with services.transaction() as tx:
        tx.session.add(
            Account(
                id=account,
                email=f"{account}@osierbeck.example",
                password_hash="",
                first_name="A",
                last_name="B",
                phone="",
                notice_accepted_at=tx.now,
                created_at=tx.now,
                second_step=SecondStep.EMAIL,
            )
        )
        tx.session.flush()
        tx.session.add(
            StoredSession(
                account_id=account,
                digest=services.keys.digest(Purpose.SESSION, token),
                state=SessionState.SIGNED_IN,
                created_at=tx.now,
                last_used_at=tx.now,
                ends_at=tx.now + timedelta(hours=12),
                proved_at=tx.now,
            )
        )
    return account, token


def find_middle_cursor(services: Services, account: UUID, length: int) -> str:
    """Return the cursor for the middle of a list sorted by name."""
    offset = length // 2
    with services.transaction(writes=False) as tx:
        key, person = tx.session.exec(
            select(ListedPerson.sort_name, ListedPerson.person_id)
            .where(ListedPerson.account_id == account)
            .order_by(col(ListedPerson.sort_name), col(ListedPerson.person_id))
            .offset(offset)
            .limit(1)
        ).one()
    return Cursor(False, key, person, offset + 1).encode()


def insert_people(services: Services, people: int, lengths: dict[UUID, int]) -> None:
    """Insert people, spread evenly over lists of the given lengths."""
    rng = random.Random(5)
    names = {
        count: ["".join(rng.choices(SYLLABLES, k=2 + count % 2)) for _ in range(count)]
        for count in (3_000, 300, 91, 801)
    }
    for begin in range(0, people, BATCH_SIZE):
        with services.transaction() as tx:
            if services.engine.name == "sqlite":
                # The indexes do not fit in the default cache, so each row would be read from disk.
                tx.session.connection().exec_driver_sql("PRAGMA cache_size=-1000000")
            batch = [
                build_person(tx, rng, names, next(iter(lengths)), matching=people == FEW)
                for _ in range(begin, min(people, begin + BATCH_SIZE))
            ]
            owners = {
                person.id: [
                    account
                    for account, length in lengths.items()
                    if (begin + number) % (people // length) == 0
                ]
                for number, person in enumerate(batch)
            }
            tables: dict[type[SQLModel], list[dict[str, Any]]] = {}
            for person in batch:
                for table, rows in build_person_rows(person, owners[person.id], tx.now).items():
                    tables.setdefault(table, []).extend(rows)
            for table, rows in tables.items():
                if rows:
                    tx.session.execute(insert(table), rows)
    with services.transaction() as tx:
        for account, length in lengths.items():
            tx.session.add(ListSize(account_id=account, hidden=False, people=length))


def build_person(
    tx: Transaction,
    rng: random.Random,
    names: dict[int, list[str]],
    account: UUID,
    *,
    matching: bool,
) -> Person:
    """Build a person; school names repeat more often than family names.

    A `matching` person matches every filter, so that both lists return full pages of 20.
    """
    last, first = rng.choice(names[3_000]).title(), rng.choice(names[300]).title()
    street, school = rng.choice(names[801]).title(), rng.choice(names[91]).title()
    if matching:
        last, first, school = "Marsh", "Zora", f"Ka{school}"
    elif rng.random() < 0.02:
        last = rng.choice(("Marsh", "Zora"))
    address = f"{rng.randrange(1, 200)} {street} Road, Leicester"
    school = f"{school} Primary School"
    return Person(
        id=uuid4(),
        first_name=first,
        last_name=last,
        gender="female",
        address=address,
        born=date(2006, 1, 1) + timedelta(days=rng.randrange(6_000)),
        postcode=f"LE{rng.randrange(1, 20)} {rng.randrange(10)}AB",
        school=school,
        sort_name=fold(f"{last}\n{first}"),
        sort_address=fold(address),
        sort_school=fold(school),
        created_at=tx.now,
        changed_at=tx.now,
        changed_by=account,
    )
