"""Helpers for casework over HTTP."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from httpx import Response

from tests.parts import Someone
from tests.server.steps import if_match, ok

CASEWORK = "/v1/casework"
CALL = {
    "with_whom": "Ms Quill, mother",
    "phone": "0116 496 0103",
    "direction": "in",
    "at": "2026-03-02T09:30:00Z",
}


def read_casework(officer: Someone, case: UUID) -> dict[str, Any]:
    """Read the casework of a case."""
    body: dict[str, Any] = ok(officer.get(f"{CASEWORK}/cases/{case}")).json()
    return body


def add_note(officer: Someone, case: UUID, text: str, **fields: object) -> UUID:
    """Add a note to a case and return its id."""
    note = uuid4()
    body = {"id": str(note), "text": text, **fields}
    ok(officer.post(f"{CASEWORK}/cases/{case}/notes", json=body))
    return note


def add_task(
    officer: Someone, text: str, due: date | str, case: UUID | None = None, **fields: object
) -> UUID:
    """Add a task and return its id."""
    task = uuid4()
    body = {"text": text, "due": str(due), "case": str(case) if case else None, **fields}
    ok(officer.put(f"{CASEWORK}/tasks/{task}", json=body, headers=if_match(0)))
    return task


def add_panel(officer: Someone, name: str, on: str, **fields: str) -> UUID:
    """Add a panel and return its id."""
    panel = uuid4()
    body = {"name": name, "on": on, **fields}
    ok(officer.put(f"{CASEWORK}/panels/{panel}", json=body, headers=if_match(0)))
    return panel


def add_to_panel(officer: Someone, panel: UUID, *cases: UUID) -> dict[str, Any]:
    """Put cases on a panel, and return it."""
    items = [{"id": str(uuid4()), "case": str(case)} for case in cases]
    body = {"items": items}
    shown: dict[str, Any] = ok(officer.post(f"{CASEWORK}/panels/{panel}/cases", json=body)).json()
    return shown


def write_minutes(officer: Someone, item: str, text: str, version: int = 1) -> Response:
    """Write the minutes of a case on a panel, based on a version."""
    path = f"{CASEWORK}/panel-cases/{item}/minutes"
    reply: Response = officer.put(path, json={"text": text}, headers=if_match(version))
    return reply


def defer(officer: Someone, item: str, reason: str, version: int = 1) -> Response:
    """Record that a case was deferred, based on a version."""
    path = f"{CASEWORK}/panel-cases/{item}/defer"
    reply: Response = officer.post(path, json={"reason": reason}, headers=if_match(version))
    return reply
