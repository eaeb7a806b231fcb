"""Helpers for documents that are scanned, over HTTP."""

import asyncio
from uuid import UUID

from httpx import Response

from server.core.database import Services
from server.documents.scanning import scan_due
from shared.forms.submissions import Entry
from tests.parts import Someone, begin_session
from tests.pdfs import PDF
from tests.server.steps import add_child, ok, required_answers, save, start, upload


def scan_now(services: Services) -> int:
    return asyncio.run(scan_due(services))


def content(who: Someone, document: UUID) -> Response:
    reply: Response = who.get(f"/v1/documents/{document}/content")
    return reply


def state(who: Someone, document: UUID) -> str:
    return str(ok(who.get(f"/v1/documents/{document}")).json()["scan"])


def add(me: Someone, body: bytes = PDF, name: str = "report.pdf") -> UUID:
    return UUID(ok(upload(me, add_child(me), body, name)).json()["id"])


def sign_in_again(me: Someone, services: Services) -> None:
    """Sign in after the clock was moved on by more than a session lasts."""
    with services.transaction() as tx:
        token = begin_session(services, tx, me.id)
    me.http.headers["Authorization"] = f"Bearer {token}"


def form_with(me: Someone, document: UUID, person: UUID) -> UUID:
    """Start a request that names a document, ready to be submitted."""
    submission = start(me, person)
    entry: Entry = {"id": "e1", "file": str(document)}
    ok(save(me, submission, {**required_answers(me), "documents": [entry]}))
    return submission
