"""Advice that an officer asks for, over HTTP, with a form like that of the request."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from server.forms.catalogue import catalogue
from tests.parts import Someone
from tests.server.steps import done, submitted

ADVICE = "educational-advice"
TITLE = "Educational Advice for Statutory EHC Assessment"


def keep_advice_form(patch: pytest.MonkeyPatch) -> None:
    """Have an advice form in the catalogue that asks what the request asks."""
    changed = {
        "id": ADVICE, "title": TITLE, "short": "Educational Advice", "stage": "assessment",
        "by_professionals": False, "asked_for": True,
    }  # fmt: skip
    patch.setitem(
        catalogue(), ADVICE, catalogue()["professional-request"].model_copy(update=changed)
    )


def assess(officer: Someone, me: Someone, person: UUID) -> UUID:
    """Have a child's request submitted and decided on, to be assessed; gives the case."""
    submitted(me, person)
    [case] = [
        row["id"] for row in done(officer.get("/v1/desk/cases")).json()["rows"]
        if row["person"] == str(person)
    ]  # fmt: skip
    decided = {"id": str(uuid4()), "kind": "decided_to_assess", "on": "2026-03-02"}
    done(officer.post(f"/v1/desk/cases/{case}/events", json=decided))
    return UUID(case)


def asked(officer: Someone, case: UUID, *professionals: Someone) -> list[tuple[UUID, UUID]]:
    """Ask professionals for advice; gives the ids of each request and its form."""
    ids = [(uuid4(), uuid4()) for _ in professionals]
    body = {
        "requests": [
            {"id": str(id), "submission": str(form), "account": str(who.id), "form": ADVICE}
            for (id, form), who in zip(ids, professionals, strict=True)
        ]
    }
    done(officer.post(f"/v1/desk/cases/{case}/advice", json=body))
    return ids


def row_of(me: Someone, person: UUID, submission: UUID) -> dict[str, Any]:
    """Read a form's row of the progress page."""
    forms = done(me.get(f"/v1/people/{person}/progress")).json()["forms"]
    found: dict[str, Any] = next(row for row in forms if row["submission"] == str(submission))
    return found
