"""Helpers for settings, placements and the SEN2 return."""

import asyncio
from uuid import UUID, uuid4

from httpx import Response

from server.accounts.tables import Organisation
from server.core.database import Services
from server.placements.reminders import send_consultation_reminders
from shared.placements import PlacementsOut
from tests.parts import Someone
from tests.prepared import prepared_once
from tests.server.desk.steps import create_case_in_assessment, match_child, record_event
from tests.server.steps import if_match, ok

EMAIL = "office@elm.example"


def add_school(
    services: Services, name: str = "Elm Park School", urn: str = "120001", kind: str = ""
) -> UUID:
    """Add a school to the authority's list."""
    with services.transaction() as tx:
        school = Organisation(name=name, urn=urn, postcode="LE1 1FZ", kind=kind)
        tx.session.add(school)
        tx.session.flush()
        return school.id


@prepared_once
def create_drafted_case(
    me: Someone, officer: Someone, services: Services, **child: str | bool
) -> UUID:
    """Create a case whose draft plan was sent to the family."""
    case = create_case_in_assessment(me, officer, services, **child)
    match_child(officer, case)
    for kind in ("decided_to_issue", "draft_served"):
        ok(record_event(officer, case, kind))
    return case


def read(officer: Someone, case: UUID) -> PlacementsOut:
    """Read the settings and the placement of a case."""
    return PlacementsOut.model_validate(ok(officer.get(f"/v1/placements/cases/{case}")).json())


def consult(
    officer: Someone,
    case: UUID,
    *schools: UUID,
    email: str = EMAIL,
    typed: dict[str, str] | None = None,
    id: UUID | None = None,
    on: str = "",
) -> Response:
    """Consult schools, each under a new id, or a setting that is typed; without a day, today."""
    settings = [
        {"id": str(uuid4()), "organisation": str(school), "email": email} for school in schools
    ]
    if typed:
        settings.append({"id": str(id or uuid4()), **typed})
    day = {"on": on} if on else {}
    body = {"settings": [setting | day for setting in settings]}
    reply: Response = officer.post(f"/v1/placements/cases/{case}/consultations", json=body)
    return reply


def reply(
    officer: Someone, consultation: UUID, answer: str, *, version: int = 1, **fields: str
) -> Response:
    """Record a setting's reply."""
    body = {"reply": answer, "on": "2026-03-02", **fields}
    path = f"/v1/placements/consultations/{consultation}/reply"
    response: Response = officer.put(path, json=body, headers=if_match(version))
    return response


def request_setting(
    officer: Someone, case: UUID, *, id: UUID | None = None, version: int = 0, **fields: object
) -> Response:
    """Record the family's request for a setting."""
    body = {"kind": "academy", "name": "Elm Park School", "on": "2026-03-02", **fields}
    path = f"/v1/placements/cases/{case}/requests/{id or uuid4()}"
    response: Response = officer.put(path, json=body, headers=if_match(version))
    return response


def decide(officer: Someone, request: UUID, *, version: int = 1, **fields: object) -> Response:
    """Agree to a family's request, or refuse it."""
    body = {"on": "2026-03-02", **fields}
    path = f"/v1/placements/requests/{request}/decision"
    response: Response = officer.put(path, json=body, headers=if_match(version))
    return response


def name_placement(
    officer: Someone, case: UUID, *, id: UUID | None = None, version: int = 0, **fields: object
) -> Response:
    """Name a placement in the plan."""
    body = {"name": "Elm Park School", "starts_on": "2026-03-02", **fields}
    path = f"/v1/placements/cases/{case}/placements/{id or uuid4()}"
    response: Response = officer.put(path, json=body, headers=if_match(version))
    return response


def remind_settings(services: Services) -> int:
    """Send the due reminders of consultations and return their number."""
    return asyncio.run(send_consultation_reminders(services))
