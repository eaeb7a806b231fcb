"""Helpers for an officer's work over HTTP."""

from datetime import timedelta
from uuid import UUID, uuid4

from httpx import Response
from sqlmodel import update

from server.accounts.tables import StoredSession
from server.cases.tables import Case
from server.core.database import Services
from tests.parts import Clock, Someone
from tests.prepared import prepared_once
from tests.server.steps import add_child, if_match, ok, rows, submit_request


@prepared_once
def create_case(me: Someone, services: Services, **child: str | bool) -> UUID:
    """Submit a request for a new child and return the case's id."""
    person = add_child(me, **child)
    submit_request(me, person)
    return next(case.id for case in rows(services, Case) if case.person_id == person)


def move_days(clock: Clock, services: Services, days: int) -> None:
    """Advance the clock by days while keeping all sessions alive."""
    clock.move(days=days)
    with services.transaction() as tx:
        times = {"last_used_at": tx.now, "ends_at": tx.now + timedelta(hours=12)}
        tx.session.exec(update(StoredSession).values(**times))


def record_event(
    officer: Someone,
    case: UUID,
    kind: str,
    on: str = "2026-03-02",
    reason: str = "",
    id: str = "",
    **more: object,
) -> Response:
    """Record an event in a case, with its warnings read, and return the reply.

    The family's views say that they agree, without another `reason` or a document.
    """
    if kind == "representations_recorded" and "document" not in more:
        reason = reason or "They agree."
    body = {"id": id or str(uuid4()), "kind": kind, "on": on, "reason": reason, "confirmed": True}
    reply: Response = officer.post(f"/v1/desk/cases/{case}/events", json=body | more)
    return reply


@prepared_once
def create_case_in_assessment(
    me: Someone, officer: Someone, services: Services, **child: str | bool
) -> UUID:
    """Create a case in assessment and return its id."""
    case = create_case(me, services, **child)
    ok(record_event(officer, case, "decided_to_assess"))
    return case


def record_parent(officer: Someone, case: UUID, name: str) -> None:
    """Record a parent who lives with the child of a case."""
    person = ok(officer.get(f"/v1/desk/cases/{case}")).json()["person"]
    body = {
        "id": str(uuid4()),
        "parents": [{"id": str(uuid4()), "name": name}],
        "reason": "A call.",
    }
    path = f"/v1/desk/people/{person['id']}/parents"
    ok(officer.put(path, json=body, headers=if_match(person["version"])))


def match_child(officer: Someone, case: UUID) -> None:
    """Accept the child of a case as new."""
    person = ok(officer.get(f"/v1/desk/cases/{case}")).json()["person"]["id"]
    ok(officer.post(f"/v1/desk/people/{person}/match", json={}))


def advice_body(professional: Someone, form: str, **overrides: str) -> dict[str, object]:
    """Build the body that requests advice from a professional."""
    request = {
        "id": str(uuid4()),
        "submission": str(uuid4()),
        "account": str(professional.id),
        "form": form,
    }
    return {"requests": [{**request, **overrides}]}
