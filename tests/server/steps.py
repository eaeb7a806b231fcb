"""Helpers for children, forms, documents and messages over HTTP."""

import asyncio
from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID, uuid4

from httpx import Response
from sqlmodel import SQLModel, select

from server.cases.service import add_event, newest_case
from server.core.audit import AuditEvent
from server.core.database import Services
from server.desk.reminders import send_due_reminders
from server.messages.service import send_message
from server.people.tables import Person
from shared.cases.events import EventKind
from shared.forms.submissions import Answer, Entry
from shared.people import PersonNew
from shared.places import Place, PlaceKind
from tests.parts import Someone
from tests.pdfs import PDF

FORM = "professional-request"
Row = TypeVar("Row", bound=SQLModel)


def child(**overrides: str | bool) -> dict[str, str | bool]:
    """Build a child's details with a new id."""
    return {
        "id": str(uuid4()),
        "first_name": "Ivo",
        "last_name": "Larkspur-Dunne",
        "born": "2018-03-14",
        "gender": "male",
        "address": "3 Tallowmere Row, Leicester",
        "postcode": "LE3 9RN",
        "school": "Wren Hollow Primary School",
        **overrides,
    }


def if_match(version: int) -> dict[str, str]:
    """Return the header that names the version that a request is based on."""
    return {"If-Match": f'"{version}"'}


def ok(reply: Response) -> Response:
    """Assert that a reply is a success and return it."""
    assert reply.is_success, reply.text
    return reply


def add_child(me: Someone, **overrides: str | bool) -> UUID:
    """Add a child to a professional's list and return its id."""
    return PersonNew.model_validate(ok(me.post("/v1/people", json=child(**overrides))).json()).id


def store_lines(services: Services, person: UUID, **values: str) -> None:
    """Overwrite a child's details without validation, as older versions stored them."""
    with services.transaction() as tx:
        tx.session.get_one(Person, person).sqlmodel_update(values)


def start(me: Someone, person: UUID | None = None) -> UUID:
    """Start a request, for a new child by default, and return its id."""
    return UUID(_start(me, person).json()["id"])


def _start(me: Someone, person: UUID | None) -> Response:
    return ok(me.post("/v1/submissions", json=start_body(person or add_child(me))))


def start_body(person: UUID, **overrides: str) -> dict[str, str]:
    """Build the body that starts a form for a child, with a new id."""
    return {"id": str(uuid4()), "form": FORM, "person": str(person), **overrides}


def submission_path(submission: UUID) -> str:
    """Return the path of a submission."""
    return f"/v1/submissions/{submission}"


def version_of(me: Someone, submission: UUID) -> str:
    """Return a submission's version, as an ETag."""
    return str(ok(me.get(submission_path(submission))).headers["ETag"])


def save(
    me: Someone, submission: UUID, changes: Mapping[str, object], version: str | None = None
) -> Response:
    """Save answers, based on the newest version by default."""
    reply: Response = me.patch(
        f"{submission_path(submission)}/answers",
        json={"save": str(uuid4()), "changes": changes},
        headers={"If-Match": version or version_of(me, submission)},
    )
    return reply


def required_answers(me: Someone) -> dict[str, Answer]:
    """Return the answers that a request requires."""
    contact: Entry = {"id": uuid4().hex, "name": "Dana Dunne", "contact_details": "0116 496 0103"}
    return {
        "work_details": str(me.work),
        "contacts": [contact],
        "declaration": True,
        "sharing": True,
    }


def submit(me: Someone, submission: UUID, version: UUID | None = None) -> Response:
    """Submit the saved answers."""
    body = {"id": str(version or uuid4())}
    reply: Response = me.post(f"{submission_path(submission)}/versions", json=body)
    return reply


def submit_request(me: Someone, person: UUID | None = None) -> UUID:
    """Fill in a request, submit it and return its id."""
    started = _start(me, person).json()
    submission = UUID(started["id"])
    ok(save(me, submission, required_answers(me), f'"{started["version"]}"'))
    ok(submit(me, submission))
    return submission


def share(me: Someone, submission: UUID, other: Someone) -> None:
    """Share a draft with a colleague."""
    ok(me.put(f"{submission_path(submission)}/shares/{other.id}"))


def stop_sharing(me: Someone, submission: UUID, other: Someone) -> None:
    """Stop sharing a draft with a colleague."""
    ok(me.delete(f"{submission_path(submission)}/shares/{other.id}"))


def add_events(services: Services, person: UUID, *kinds: EventKind) -> None:
    """Add events to a child's newest case."""
    with services.transaction() as tx:
        case = newest_case(tx, person)
        assert case is not None
        for kind in kinds:
            add_event(tx, case, kind)


def upload(
    me: Someone,
    person: UUID,
    content: bytes = PDF,
    name: str = "report.pdf",
    *,
    document: UUID | None = None,
) -> Response:
    """Upload a document for a child, with a new id by default."""
    path = f"/v1/people/{person}/documents/{document or uuid4()}"
    reply: Response = me.put(path, params={"name": name}, content=content)
    return reply


def send(services: Services, to: Someone, subject: str = "Advice is needed") -> None:
    """Send a message about a child through the service."""
    with services.transaction() as tx:
        send_message(
            tx,
            to_account=to.id,
            subject=subject,
            body="Please write about Ivo Larkspur-Dunne.",
            place=Place(PlaceKind.PEOPLE),
            place_label="Open it",
        )


def rows(services: Services, table: type[Row]) -> list[Row]:
    """Return every row of a table."""
    with services.transaction() as tx:
        return list(tx.session.exec(select(table)))


def audit_of(services: Services) -> list[AuditEvent]:
    """Return the entries of the audit log, oldest first."""
    return sorted(rows(services, AuditEvent), key=lambda entry: entry.id or 0)


def remind(services: Services) -> int:
    """Send the due reminders and return the number of deadlines."""
    return asyncio.run(send_due_reminders(services))
