"""Helpers for accounts over HTTP: registration, activation, sign-in."""

from typing import Any
from uuid import uuid4

from httpx import Client, Response
from sqlalchemy import select
from sqlmodel import SQLModel

from server.core.database import Services
from tests.emails import last_email, link_in
from tests.parts import PASSWORD

NEW_EMAIL = "ivy.teasel@osierbeck.example"
OTHER_PASSWORD = "four herons by a kiln"
WORK = {
    "role": "senco",
    "organisation": "Osierbeck Academy",
    "address": "1 Osier Way, Leicester",
    "postcode": "LE1 1FZ",
    "work_phone": "0116 496 0102",
}


def registration(email: str = NEW_EMAIL, **overrides: Any) -> dict[str, Any]:
    """Build a registration body with a new id."""
    return {
        "id": str(uuid4()),
        "email": email,
        "password": PASSWORD,
        "about": {"first_name": "Ivy", "last_name": "Teasel", "phone": "0116 496 0199"},
        "work": WORK,
        "notice_accepted": True,
    } | overrides


def sign_in(http: Client, email: str, password: str = PASSWORD, **fields: str) -> Response:
    """Sign in and return the reply."""
    body = {"email": email, "password": password} | fields
    reply: Response = http.post("/v1/sessions", json=body)
    return reply


def auth_header(token: str) -> dict[str, str]:
    """Build the Authorization header for a session's token."""
    return {"Authorization": f"Bearer {token}"}


def code_of(reply: Response) -> str:
    """Return the problem code of an error reply."""
    assert reply.is_error, reply.text
    return str(reply.json()["code"])


def pointers(reply: Response) -> set[str]:
    """Return the fields that a 422 reply points to."""
    assert reply.status_code == 422, reply.text
    assert reply.json()["code"] == "invalid"
    return {error["pointer"] for error in reply.json()["errors"]}


def emailed_token(services: Services, email: str) -> str:
    """Return the token of the link in the newest email."""
    return link_in(last_email(services, email)).rsplit("/", 1)[-1]


def dump_tables(services: Services) -> list[str]:
    """Return every row of every table as text."""
    with services.transaction() as tx:
        return [
            str(tuple(row))
            for table in SQLModel.metadata.sorted_tables
            for row in tx.session.execute(select(table))
        ]
