"""P13: the officer's list of cases with 20,000 open cases, compared with 20.

Each case has six requests for advice, of which some are awaited and some of those late.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import structlog
from fastapi.testclient import TestClient
from sqlalchemy import insert

from benchmarks.row import Row, measure_medians
from server.accounts.tables import Account, StoredSession
from server.app import create_app, open_services
from server.cases.tables import Case, CaseEvent
from server.core import migrate
from server.core.database import Services, Transaction
from server.core.folding import fold
from server.core.keys import Purpose, new_token
from server.core.settings import Settings
from server.desk.tables import Task
from server.forms.tables import AdviceRequest, Submission
from server.people.search import split_words
from server.people.tables import Person, PersonWord
from shared.accounts import SecondStep, SessionState, Staff
from shared.cases.events import CaseStatus, EventKind
from shared.cases.machine import apply_event
from shared.cases.states import ENDED, CaseState
from shared.cases.transfers import cohort_year
from shared.figures.forecast import FORECAST_STATES

FEW, MANY = 20, 20_000
GOAL = 1.3
QUERIES: dict[str, dict[str, str]] = {
    "open": {"limit": "20"},
    "filter": {"limit": "20", "find": "quill"},
    "sort by name": {"limit": "20", "sort": "name"},
    "sort by stage": {"limit": "20", "sort": "stage"},
    "sort by officer": {"limit": "20", "sort": "officer"},
    "late or due soon": {"limit": "15", "view": "due"},
    "overdue": {"limit": "1", "view": "overdue"},
    "mine": {"limit": "2", "view": "mine"},
    "expected late": {"limit": "2", "view": "forecast"},
    "stage, then due": {"limit": "20", "sort": "stage", "then": "due"},
    "stage, then officer": {"limit": "20", "sort": "stage", "then": "officer"},
    "officer, then due": {"limit": "20", "sort": "officer", "then": "due"},
    "officer, then stage": {"limit": "20", "sort": "officer", "then": "stage"},
    "of a stage": {"limit": "2", "stage": "assessment"},
    "phase transfers": {"limit": "5", "view": "transfers"},
    "new children": {"limit": "20", "view": "new"},
    "my tasks": {"limit": "1", "view": "mine"},
    "everybody's tasks": {"limit": "20", "view": "all"},
}
TASKS = ("my tasks", "everybody's tasks")
"""Those of the queries that are of the list of tasks; each case has one."""
OFFICERS = 40
ADVICE = 6
"""The number of requests for advice in each case."""
COHORTS = 4
"""Each case is of one of so many years of phase transfers."""
STATES = [state for state in CaseState if state not in ENDED]
E, S = EventKind, CaseState
WAYS: dict[CaseState, tuple[EventKind, ...]] = {
    S.SUBMITTED: (E.REQUEST_RECEIVED,),
    S.DECIDING: (E.REQUEST_RECEIVED, E.REQUEST_ACCEPTED),
    S.ASSESSING: (E.REQUEST_RECEIVED, E.DECIDED_TO_ASSESS),
    S.DRAFT_PLAN: (E.REQUEST_RECEIVED, E.DECIDED_TO_ASSESS, E.DECIDED_TO_ISSUE),
    S.REPRESENTATIONS: (
        *(E.REQUEST_RECEIVED, E.DECIDED_TO_ASSESS),
        *(E.DECIDED_TO_ISSUE, E.DRAFT_SERVED),
    ),
}
"""The events of a case by its state, where figures need them."""
FIRST_NAMES = ("Ada", "Bryn", "Cai", "Dot", "Eve", "Farah", "Gil", "Hana")


def measure_rows() -> Iterator[Row]:
    """Compare each query with many cases with the same query with few."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with TemporaryDirectory() as few, TemporaryDirectory() as many:
        clients = {"few": open_desk(Path(few), FEW), "many": open_desk(Path(many), MANY)}
        for label, query in QUERIES.items():
            require_same_length(clients, label, query)
            medians = measure_medians(
                {
                    name: partial(time_query, client, path_of(label), query)
                    for name, client in clients.items()
                },
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
        yield from measure_figures(clients)


def measure_figures(clients: dict[str, TestClient]) -> Iterator[Row]:
    """Compare reading the figures of many cases with few, and time their computation."""
    seconds = {name: time_computing(client) for name, client in clients.items()}
    medians = measure_medians(
        {name: partial(time_figures, client) for name, client in clients.items()}, rounds=15
    )
    label = "figures: 20,000 cases vs 20"
    ours, baseline = medians["many"] * 1000, medians["few"] * 1000
    yield Row("P13", label, ours, baseline, GOAL, "ms")
    label = "figures, computed: 20,000 cases vs 20"
    yield Row("P13", label, seconds["many"], seconds["few"], None, "s")


def require_same_length(clients: dict[str, TestClient], label: str, query: dict[str, str]) -> None:
    """Require that a query shows as many rows of few cases as of many."""
    few, many = (
        len(client.get(path_of(label), params=query).raise_for_status().json()["rows"])
        for client in clients.values()
    )
    if few != many:
        raise SystemExit(f"{label}: pages of {few} and {many} rows can't be compared.")


def path_of(label: str) -> str:
    """Return the path of the list that a query is of."""
    return "/v1/casework/tasks" if label in TASKS else "/v1/desk/cases"


def time_computing(client: TestClient) -> float:
    """Compute the figures and return the seconds that it takes."""
    started_at = perf_counter()
    client.post("/v1/figures/computations").raise_for_status()
    return perf_counter() - started_at


def time_figures(client: TestClient) -> float:
    """Read the figures and return the latency in seconds."""
    started_at = perf_counter()
    client.get("/v1/figures").raise_for_status()
    return perf_counter() - started_at


def time_query(client: TestClient, path: str, query: dict[str, str]) -> float:
    """Send a query and return its latency in seconds."""
    started_at = perf_counter()
    client.get(path, params=query).raise_for_status()
    return perf_counter() - started_at


def open_desk(folder: Path, cases: int) -> TestClient:
    """Create a server with open cases, and return a client signed in as an officer."""
    services = open_services(
        Settings(
            secret_key="benchmark secret, long enough to be valid",
            data=folder,
            database_url=os.environ.get(f"BENCHMARK_DATABASE_{cases}", ""),
        )
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
        forms, advice = [], []
        officers = [officer, *insert_officers(tx, min(OFFICERS, cases) - 1)]
        for number in range(cases):
            last = (
                f"Quill{number}" if number % 1000 < 20 and number < 1000 else f"Marsh{number:05d}"
            )
            first = FIRST_NAMES[number % len(FIRST_NAMES)]
            person, known_at = uuid4(), tx.now if number >= FEW else None
            people.append(build_person(person, first, last, officer, tx.now, known_at))
            text = f"{first} {last} 14/03/2018 3 Tallowmere Row, Leicester LE0 1AB Wren Hollow"
            person_words += [{"word": word, "person_id": person} for word in split_words(text)]
            case = build_case(number, person, officers, tx.now)
            case["child_matched"] = True if known_at else None
            case_rows.append(case)
            for index in range(ADVICE):
                form, request = build_advice(case, person, officer, number + index, tx.now)
                forms.append(form)
                advice.append(request)
                count_awaited(case, request)
        tx.session.execute(insert(Person), people)
        tx.session.execute(insert(PersonWord), person_words)
        tx.session.execute(insert(Case), case_rows)
        tx.session.execute(insert(CaseEvent), build_events(case_rows, tx.now))
        tx.session.execute(insert(Submission), forms)
        tx.session.execute(insert(AdviceRequest), advice)
        tx.session.execute(insert(Task), [build_task(case, officer, tx.now) for case in case_rows])


def insert_officers(tx: Transaction, number: int) -> list[UUID]:
    """Insert other officers and return their ids."""
    ids = [uuid4() for _ in range(number)]
    for index, id in enumerate(ids):
        tx.session.add(
            Account(
                id=id,
                email=f"o{index}@leicester.example",
                password_hash="",
                first_name="O",
                last_name=f"Officer{index:03d}",
                phone="",
                notice_accepted_at=tx.now,
                created_at=tx.now,
                second_step=SecondStep.APP,
                staff=Staff.OFFICER,
            )
        )
    tx.session.flush()
    return ids


def build_advice(
    case: dict[str, object], person: UUID, account: UUID, number: int, now: datetime
) -> tuple[dict[str, object], dict[str, object]]:
    """Build the rows of a request for advice and of its form."""
    form = {
        "id": uuid4(),
        "form": "educational-advice",
        "form_version": 1,
        "person_id": person,
        "account_id": account,
        "case_id": case["id"],
        "state": "draft",
        "version": 1,
        "started_at": now,
        "saved_at": now,
        "returned": "",
    }
    request = {
        "id": uuid4(),
        "case_id": case["id"],
        "submission_id": form["id"],
        "account_id": account,
        "state": "requested" if number % 4 == 0 else "accepted",
        "asked_on": now.date(),
        "due_on": now.date() + timedelta(days=number * 7 % 400 - 20),
        "asked_by": account,
    }
    return form, request


def build_task(case: dict[str, Any], officer: UUID, now: datetime) -> dict[str, object]:
    """Build the row of a task of a case, which an officer has if the case has none."""
    return {
        "id": uuid4(),
        "version": 1,
        "case_id": case["id"],
        "text": "Ring the school",
        "due": case["next_due"],
        "officer_id": case["officer_id"] or officer,
        "created_by": officer,
        "created_at": now,
        "done": False,
    }


def count_awaited(case: dict[str, Any], request: dict[str, Any]) -> None:
    """Add a request for advice to what is stored with its case."""
    if request["state"] == "requested":
        case["advice_awaited"] += 1
        case["advice_due"] = min(case["advice_due"] or request["due_on"], request["due_on"])
        case["due_on"] = case["sort_due"] = min(case["due_on"], request["due_on"])


def build_person(
    id: UUID,
    first: str,
    last: str,
    officer: UUID,
    now: datetime,
    known_at: datetime | None = None,
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
        "known_at": known_at,
    }


def build_events(cases: Sequence[dict[str, Any]], now: datetime) -> list[dict[str, object]]:
    """Build the rows of the events of cases that are on the way to a plan."""
    events: list[dict[str, object]] = []
    for case in cases:
        status: CaseStatus | None = None
        for kind in WAYS.get(case["state"], ()):
            status = apply_event(status, kind)
            events.append(
                {
                    "case_id": case["id"],
                    "kind": kind,
                    "state": status.state,
                    "on": case["received_on"],
                    "at": now,
                    "reason": "",
                }
            )
    return events


def build_case(
    number: int, person: UUID, officers: Sequence[UUID], now: datetime
) -> dict[str, object]:
    """Build the row of an open case; its state, dates and officer depend on its number."""
    state = STATES[number % len(STATES)]
    return {
        "id": uuid4(),
        "person_id": person,
        "state": state,
        "closed": False,
        "place": STATES.index(state),
        "received_on": date(2026, 1, 1) + timedelta(days=number % 400),
        "officer_id": officers[number // 3 % len(officers)] if number % 3 else None,
        "opened_at": now,
        "next_kind": "decide",
        "excused": False,
        "next_due": now.date() + timedelta(days=number % 400),
        "due_on": now.date() + timedelta(days=number % 400),
        "sort_due": now.date() + timedelta(days=number % 400),
        "settled": False,
        "advice_awaited": 0,
        "advice_due": None,
        "last_kind": "request_received",
        "last_on": now.date(),
        "transfer_on": date(cohort_year(now.date()) + number % COHORTS, 2, 14),
        "transfer_meeting_on": None if number % 2 else now.date(),
        "transfer_notice_on": None,
        "transfer_named_on": None,
        "misses_on": now.date() if state in FORECAST_STATES else None,
    }
