"""Correcting a child's details: by an officer, with a reason, and with what they were before."""

from functools import partial
from uuid import UUID

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.people.import_file import LABELS
from server.people.service import (
    change_person,
    details_of,
    get_person,
    person_columns,
    require_valid,
)
from server.people.tables import Person, PersonCorrection
from shared.people import DetailsIn, PersonIn
from shared.problems import ProblemCode
from shared.values.days import format_datetime, format_day

FIELDS = {
    "first_name": "First name",
    "last_name": "Last name",
    "born": "Date of birth",
    "address": "Address",
    "postcode": "Postcode",
    "school": "School",
    "upn": "UPN",
}
"""The details that an officer corrects, and their labels."""


def correct_details(
    tx: Transaction, actor: Actor, person_id: UUID, new: DetailsIn, version: int
) -> Person:
    """Correct a child's details; what was submitted stays as it is. Idempotent by the id.

    Raises NOT_FOUND, INVALID, STALE, and CONFLICT if the id belongs to another child.
    """
    person = get_person(tx, actor, person_id)
    if not tx.lock(person):
        raise not_found()
    existing = tx.session.get(PersonCorrection, new.id)
    if existing is not None:
        if existing.person_id != person.id:
            raise PortalProblem(ProblemCode.CONFLICT, "Another child was corrected under this id.")
        return person
    if not new.reason.strip():
        raise invalid_field("/reason", "Enter the reason.")
    before = PersonIn.model_validate(person, from_attributes=True)
    details = before.model_copy(update=new.model_dump(include=set(FIELDS), exclude_none=True))
    require_valid(tx, details)
    if person_columns(details) == details_of(person):  # a repeated request, or nothing to correct
        return person
    if person.version != version:
        raise _stale(tx, actor, person)
    was = _texts(person)
    change_person(tx, actor.account_id, person, details)
    now = _texts(person)
    correction = PersonCorrection(
        id=new.id,
        person_id=person.id,
        before={name: text for name, text in was.items() if text != now[name]},
        reason=new.reason.strip(),
        account_id=actor.account_id,
        at=tx.now,
    )
    tx.session.add(correction)
    actor.record(tx, Action.PERSON_CORRECTED, subject=new.id, person=person.id)
    return person


def _stale(tx: Transaction, actor: Actor, person: Person) -> PortalProblem:
    by, at = tx.session.get_one(Account, person.changed_by).name, person.changed_at
    return PortalProblem(
        ProblemCode.STALE,
        f"{by} changed these details at {format_datetime(at)}, after you opened them. Nothing was "
        "saved; what you typed is still here.",
        changed_by=by,
        changed_at=at.isoformat(),
        version=person.version,
        current="\n".join(f"{FIELDS[name]}: {text}" for name, text in _texts(person).items()),
        audit=partial(
            actor.record, action=Action.EDIT_REFUSED, subject=person.id, person=person.id
        ),
    )


def _texts(person: Person) -> dict[str, str]:
    values = {name: getattr(person, name) for name in FIELDS}
    return values | {"born": format_day(person.born)}


def correction_text(correction: PersonCorrection) -> str:
    """Return what details were before a correction, and why they were corrected."""
    labels = LABELS | FIELDS
    was = [f"{labels[name]} was {text or 'empty'}" for name, text in correction.before.items()]
    return ". ".join([*was, correction.reason])
