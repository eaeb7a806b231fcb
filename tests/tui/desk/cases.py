"""Helpers that set up cases through the HTTP API."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from server.cases.service import events_of, update_derived
from server.cases.tables import Case
from server.core.database import Services
from shared.accounts import Staff
from shared.cases.actions import EventIn
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.desk import AskAdvice, AskIn, CaseOut
from tests.parts import Factory, Someone
from tests.server.steps import add_child, ok, save, submit, submit_request, upload

OFFICER = "priya@leicester.example"
ADVICE_FORM = "educational-advice"


def create_officer(someone: Factory) -> Someone:
    """Create an account of an officer."""
    return someone(OFFICER, staff=Staff.OFFICER)


def add_case(me: Someone, officer: Someone, **fields: str) -> CaseOut:
    """Submit a request for a new child and return its case."""
    child = add_child(me, **fields)
    submit_request(me, child)
    page = ok(officer.get("/v1/desk/cases?limit=200")).json()
    [row] = [row for row in page["rows"] if row["person"] == str(child)]
    return read_case(officer, UUID(row["id"]))


def read_case(officer: Someone, case: UUID) -> CaseOut:
    """Fetch a case."""
    return CaseOut.model_validate(ok(officer.get(f"/v1/desk/cases/{case}")).json())


def add_event(officer: Someone, case: CaseOut, kind: EventKind, reason: str = "") -> None:
    """Add an event to a case, on the day its request was received."""
    record(officer, case, kind, case.received_on, reason)


def record(
    officer: Someone,
    case: CaseOut,
    kind: EventKind,
    on: date,
    reason: str = "",
    day: date | None = None,
) -> None:
    """Add an event to a case on a day, with its warnings read."""
    body = EventIn(id=uuid4(), kind=kind, on=on, day=day, reason=reason, confirmed=True)
    ok(officer.post(f"/v1/desk/cases/{case.id}/events", json=body.model_dump(mode="json")))


def ask_for_advice(officer: Someone, case: CaseOut, *accounts: UUID) -> None:
    """Request advice from each account."""
    body = AskIn(
        requests=[
            AskAdvice(id=uuid4(), submission=uuid4(), account=account, form=ADVICE_FORM)
            for account in accounts
        ]
    )
    ok(officer.post(f"/v1/desk/cases/{case.id}/advice", json=body.model_dump(mode="json")))


def backdate(services: Services, case: CaseOut, days: int) -> None:
    """Move the dates of a case back by a number of days."""
    with services.transaction() as tx:
        row = tx.session.get_one(Case, case.id)
        row.received_on -= timedelta(days=days)
        for event in events_of(tx, row):
            event.on -= timedelta(days=days)
            tx.session.add(event)
        tx.session.flush()
        update_derived(tx, row)


def submit_advice(me: Someone, submission: UUID) -> None:
    """Fill in the required answers of advice and submit it."""
    ok(save(me, submission, {"work_details": str(me.work), "declaration": True, "sharing": True}))
    ok(submit(me, submission))


def submit_another_request(me: Someone, officer: Someone, child: UUID) -> UUID:
    """Submit another request for a child whose case is closed, and return the new case's id."""
    submit_request(me, child)
    page = ok(officer.get("/v1/desk/cases?limit=200")).json()
    [case_id] = [
        row["id"]
        for row in page["rows"]
        if row["person"] == str(child) and row["state"] == CaseState.SUBMITTED
    ]
    return UUID(case_id)


def publish(officer: Someone, child: UUID, case: UUID, reader: Someone) -> None:
    """Publish a draft plan to a reader."""
    document = ok(upload(officer, child, name="plan.pdf")).json()["id"]
    body = {
        "id": str(uuid4()),
        "document": document,
        "kind": "draft_plan",
        "readers": [str(reader.id)],
        "confirmed": True,
    }
    ok(officer.post(f"/v1/desk/cases/{case}/publications", json=body))


def issue_plan(officer: Someone, case: CaseOut) -> None:
    """Match the child of a case, and issue the final plan on the day of the request."""
    ok(officer.post(f"/v1/desk/people/{case.person.id}/match", json={}))
    for kind in (
        EventKind.DECIDED_TO_ASSESS,
        EventKind.DECIDED_TO_ISSUE,
        EventKind.DRAFT_SERVED,
        EventKind.REPRESENTATIONS_RECORDED,
        EventKind.FINAL_ISSUED,
    ):
        add_event(officer, case, kind, reason="They agree.")


def keep(officer: Someone, case: CaseOut, name: str, title: str) -> None:
    """Keep a document with a case for officers only."""
    document = ok(upload(officer, case.person.id, name=name)).json()["id"]
    body = {"document": document, "title": title}
    ok(officer.post(f"/v1/desk/cases/{case.id}/documents", json=body))
