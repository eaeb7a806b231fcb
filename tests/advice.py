"""Helpers for requests for advice over HTTP."""

from typing import Any
from uuid import UUID, uuid4

from shared.forms.submissions import Answer
from tests.parts import Someone
from tests.server.steps import ok, submit_request

ADVICE = "educational-advice"
TITLE = "Educational Advice for Statutory EHC Assessment"


def minimal_advice(me: Someone) -> dict[str, Answer]:
    """Return the answers that advice needs before it can be submitted."""
    return {"work_details": str(me.work), "declaration": True, "sharing": True}


def assess(officer: Someone, me: Someone, person: UUID) -> UUID:
    """Submit a request for a child, decide to assess and return the case's id."""
    submit_request(me, person)
    [case] = [
        row["id"]
        for row in ok(officer.get("/v1/desk/cases")).json()["rows"]
        if row["person"] == str(person)
    ]
    decision = {
        "id": str(uuid4()),
        "kind": "decided_to_assess",
        "on": "2026-03-02",
        "confirmed": True,
    }
    ok(officer.post(f"/v1/desk/cases/{case}/events", json=decision))
    return UUID(case)


def request_advice(
    officer: Someone, case: UUID, *professionals: Someone
) -> list[tuple[UUID, UUID]]:
    """Request advice from professionals and return the ids of each request and its form."""
    ids = [(uuid4(), uuid4()) for _ in professionals]
    body = {
        "requests": [
            {
                "id": str(id),
                "submission": str(form),
                "account": str(professional.id),
                "form": ADVICE,
            }
            for (id, form), professional in zip(ids, professionals, strict=True)
        ]
    }
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=body))
    return ids


def find_form_row(me: Someone, person: UUID, submission: UUID) -> dict[str, Any]:
    """Return a form's row on the progress page."""
    forms = ok(me.get(f"/v1/people/{person}/progress")).json()["forms"]
    form_row: dict[str, Any] = next(row for row in forms if row["submission"] == str(submission))
    return form_row
