"""A made-up year of children for the SEN2 return, inserted in a few statements."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from benchmarks.p13_desk import build_person
from server.cases.tables import Case, CaseEvent
from server.core.database import Services
from server.people.tables import Person
from server.placements.tables import Placement, Sen2Answer
from shared.cases.events import CaseStatus, EventKind
from shared.cases.machine import apply_event
from shared.cases.states import ENDED
from shared.values.identifiers import UPN_LETTERS

CENSUS = date(2027, 1, 21)
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
E = EventKind
TO_PLAN = (
    E.REQUEST_RECEIVED,
    E.DECIDED_TO_ASSESS,
    E.DECIDED_TO_ISSUE,
    E.DRAFT_SERVED,
    E.REPRESENTATIONS_RECORDED,
    E.FINAL_ISSUED,
)
MEDIATED = (E.MEDIATION_ADVICE, E.MEDIATION_ARRANGED, E.CONCEDED)
JOURNEYS: tuple[tuple[EventKind, ...], ...] = (
    TO_PLAN,
    (*TO_PLAN, E.MEETING_HELD, E.PLAN_MAINTAINED),
    (*TO_PLAN, E.MEETING_HELD, E.AMENDMENT_PROPOSED, E.FINAL_ISSUED),
    (*TO_PLAN, E.CEASE_CONSULTED, E.CEASE_NOTIFIED, E.CEASED),
    (*TO_PLAN, E.TRANSFERRED_OUT),
    (*TO_PLAN, E.APPEAL_LODGED, E.ORDERED),
    (E.REQUEST_RECEIVED,),
    (E.REQUEST_RECEIVED, E.WITHDRAWN),
    (E.REQUEST_RECEIVED, E.REFUSED_TO_ASSESS),
    (E.REQUEST_RECEIVED, E.REFUSED_TO_ASSESS, *MEDIATED),
    (E.REQUEST_RECEIVED, E.DECIDED_TO_ASSESS),
    (E.REQUEST_RECEIVED, E.DECIDED_TO_ASSESS, E.DECIDED_NOT_TO_ISSUE),
)
"""Journeys of cases; the days between the events are the same for all."""
PLANNED, REVIEWED, ENDED_PLAN, OPEN_REQUEST = 0, 1, 3, 6
"""Indexes of journeys that tests use."""


@dataclass
class Child:
    """The rows of one child with a case."""

    person: dict[str, Any]
    case: dict[str, Any]
    events: list[dict[str, Any]]
    answers: dict[str, str]
    placements: list[dict[str, Any]] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        """The case's id."""
        id: UUID = self.case["id"]
        return id


def upn(number: int) -> str:
    """Return a valid UPN."""
    digits = f"856{2200 + number // 1000:04d}{number:05d}"[:12]
    total = sum(int(digit) * position for position, digit in enumerate(digits, 2))
    return UPN_LETTERS[total % 23] + digits


def uln(number: int) -> str:
    """Return a valid unique learner number."""
    while True:
        digits = f"{100_000_000 + number}"
        weights = zip(digits, range(10, 1, -1), strict=True)
        if remainder := sum(int(digit) * weight for digit, weight in weights) % 11:
            return f"{digits}{10 - remainder}"
        number += 500_000


def make_child(
    number: int, officer: UUID, journey: int | None = None, received: date | None = None
) -> Child:
    """Build a child with a case that the return has nothing against."""
    kinds = JOURNEYS[number % len(JOURNEYS) if journey is None else journey]
    person = build_person(uuid4(), f"Ada{number}", f"Marsh{number:03d}", officer, NOW)
    person |= {"upn": upn(number), "known_at": NOW, "postcode": "LE3 9RN"}
    case, start = uuid4(), received or date(2026, 1, 5) + timedelta(days=number % 100)
    status: CaseStatus | None = None
    events = []
    for index, kind in enumerate(kinds):
        status = apply_event(status, kind)
        on = start + timedelta(days=25 * index)
        events.append(
            {
                "case_id": case,
                "kind": kind,
                "state": status.state,
                "on": on,
                "at": NOW,
                "reason": "",
            }
        )
    assert status is not None
    answers = {"ethnicity": "WBRI", "source": "1", "uln": uln(number)}
    answers |= {"need_1": "ASD", "need_2": "DS"}
    if E.CEASED in kinds:
        answers["cease_reason"] = "2"
    child = Child(
        person,
        {
            "id": case,
            "person_id": person["id"],
            "state": status.state,
            "received_on": start,
            "opened_at": NOW,
            "closed": status.state in ENDED,
            "place": 0,
            "excused": False,
        },
        events,
        answers,
    )
    if E.FINAL_ISSUED in kinds:
        child.placements.append(make_placement(case, officer))
    return child


def make_placement(case: UUID, officer: UUID, **fields: object) -> dict[str, Any]:
    """Build a placement in a school."""
    return {
        "id": uuid4(),
        "case_id": case,
        "name": "Elm Park School",
        "urn": "120001",
        "ukprn": "",
        "setting": "",
        "rank": 1,
        "sen_unit": False,
        "resourced": False,
        "residential_weeks": 0,
        "starts_on": date(2026, 9, 1),
        "account_id": officer,
        "at": NOW,
        **fields,
    }


def insert_children(services: Services, children: list[Child], officer: UUID) -> None:
    """Insert children with all their rows."""
    answers = [
        {"case_id": child.id, "field": name, "value": value, "account_id": officer, "at": NOW}
        for child in children
        for name, value in child.answers.items()
    ]
    people = {child.person["id"]: child.person for child in children}
    with services.transaction() as tx:
        for table, rows in (
            (Person, list(people.values())),
            (Case, [child.case for child in children]),
            (CaseEvent, [event for child in children for event in child.events]),
            (Sen2Answer, answers),
            (Placement, [row for child in children for row in child.placements]),
        ):
            if rows:
                tx.session.execute(insert(table), rows)
