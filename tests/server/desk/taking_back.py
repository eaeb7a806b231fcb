"""Helpers for withdrawing publications and ending access to a child."""

from uuid import UUID, uuid4

from httpx import Response

from server.cases.tables import Case
from server.core.audit import Action, AuditEvent
from server.core.database import Services
from shared.desk import CaseOut
from tests.parts import Someone
from tests.server.steps import (
    audit_of,
    ok,
    rows,
    upload,
)

REASON = {"reason": "The plan of another child."}
ENDED = "Your access to a child was ended"
RECEIVED = "Your request was received"


def person_of(services: Services, case: UUID) -> UUID:
    return next(row.person_id for row in rows(services, Case) if row.id == case)


def read(officer: Someone, case: UUID) -> CaseOut:
    return CaseOut.model_validate(ok(officer.get(f"/v1/desk/cases/{case}")).json())


def publish(
    officer: Someone, case: UUID, document: UUID, *readers: Someone, kind: str = "draft_plan"
) -> UUID:
    """Publish a document and return the publication's id."""
    body = {
        "id": str(uuid4()),
        "document": str(document),
        "kind": kind,
        "readers": [str(reader.id) for reader in readers],
        "confirmed": True,
    }
    ok(officer.post(f"/v1/desk/cases/{case}/publications", json=body))
    return UUID(str(body["id"]))


def upload_plan(officer: Someone, services: Services, case: UUID) -> UUID:
    reply = ok(upload(officer, person_of(services, case), name="plan.pdf"))
    return UUID(reply.json()["id"])


def withdraw(officer: Someone, publication: UUID, **body: str) -> Response:
    reply: Response = officer.post(
        f"/v1/desk/publications/{publication}/withdraw", json=body or REASON
    )
    return reply


def end_access(officer: Someone, person: UUID, account: Someone, **body: str) -> Response:
    reply: Response = officer.post(
        f"/v1/desk/people/{person}/access/{account.id}/end", json=body or REASON
    )
    return reply


def subjects(me: Someone) -> list[str]:
    return [row["subject"] for row in ok(me.get("/v1/messages")).json()["rows"]]


def read_message(me: Someone, subject: str) -> dict[str, str]:
    [id] = [
        row["id"] for row in ok(me.get("/v1/messages")).json()["rows"] if row["subject"] == subject
    ]
    message: dict[str, str] = ok(me.get(f"/v1/messages/{id}")).json()
    return message


def entries_of(services: Services, action: Action) -> list[AuditEvent]:
    return [entry for entry in audit_of(services) if entry.action == action]
