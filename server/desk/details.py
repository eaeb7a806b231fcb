"""Correcting a child's details: by an officer, with a reason, and with what they were before."""

from uuid import UUID

from server.accounts.actor import Actor
from server.accounts.edits import stale_edit
from server.accounts.tables import Account
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.core.versions import StaleEdit
from server.people.import_file import LABELS
from server.people.service import (
    change_person,
    details_of,
    get_person,
    person_columns,
    require_valid,
)
from server.people.tables import Person, PersonCorrection
from shared.people import GENDER_LABELS, DetailsIn, Gender, ParentsIn, PersonIn
from shared.problems import ProblemCode
from shared.values.days import format_datetime, format_day

FIELDS = {
    "first_name": "First name",
    "last_name": "Last name",
    "born": "Date of birth",
    "gender": "Gender",
    "address": "Address",
    "postcode": "Postcode",
    "school": "School",
    "upn": "UPN",
    "nhs_number": "NHS number",
}
"""The details that an officer corrects, and their labels."""


def correct_details(
    tx: Transaction, actor: Actor, person_id: UUID, new: DetailsIn, version: int
) -> Person:
    """Correct a child's details; what was submitted stays as it is. Idempotent by the id.

    Raises NOT_FOUND, INVALID, STALE, and CONFLICT if the id belongs to another child.
    """
    person, is_corrected = lock_for_correction(tx, actor, person_id, new)
    if is_corrected:
        return person
    before = PersonIn.model_validate(person, from_attributes=True)
    details = before.model_copy(update=new.model_dump(include=set(FIELDS), exclude_none=True))
    require_valid(tx, details, FIELDS)  # the others can't be corrected here
    if person_columns(details) == details_of(person):  # a repeated request, or nothing to correct
        return person
    was = _texts(person)
    if person.version != version:
        current = "\n".join(f"{FIELDS[name]}: {text}" for name, text in was.items())
        raise stale(tx, actor, person, current)
    change_person(tx, actor.account_id, person, details)
    now = _texts(person)
    changed = {name: text for name, text in was.items() if text != now[name]}
    record_correction(tx, actor, person, new, changed)
    return person


def lock_for_correction(
    tx: Transaction, actor: Actor, person_id: UUID, new: DetailsIn | ParentsIn
) -> tuple[Person, bool]:
    """Lock a child to be corrected, and return whether it was done under the id before.

    Raises NOT_FOUND, INVALID without a reason, and CONFLICT if the id belongs to another child.
    """
    person = get_person(tx, actor, person_id)
    if not tx.lock(person):
        raise not_found()
    existing = tx.session.get(PersonCorrection, new.id)
    if existing is not None and existing.person_id != person.id:
        raise PortalProblem(ProblemCode.CONFLICT, "Another child was corrected under this id.")
    if not new.reason.strip():
        raise invalid_field("/reason", "Enter the reason.")
    return person, existing is not None


def record_correction(
    tx: Transaction,
    actor: Actor,
    person: Person,
    new: DetailsIn | ParentsIn,
    before: dict[str, str],
) -> None:
    """Record a correction of a child, with what the changed details were before."""
    correction = PersonCorrection(
        id=new.id,
        person_id=person.id,
        before=before,
        reason=new.reason.strip(),
        account_id=actor.account_id,
        at=tx.now,
    )
    tx.session.add(correction)
    actor.record(tx, Action.PERSON_CORRECTED, subject=new.id, person=person.id)


def stale(tx: Transaction, actor: Actor, person: Person, current: str) -> StaleEdit:
    """Return the problem of a child that was changed meanwhile, with what is stored now."""
    by, at = tx.session.get_one(Account, person.changed_by).name, person.changed_at
    return stale_edit(
        actor,
        f"{by} changed these details at {format_datetime(at)}, after you opened them",
        subject=person.id,
        person=person.id,
        by=by,
        at=at,
        version=person.version,
        current=current,
    )


def _texts(person: Person) -> dict[str, str]:
    values = {name: getattr(person, name) for name in FIELDS}
    gender = GENDER_LABELS[Gender(person.gender)]
    return values | {"born": format_day(person.born), "gender": gender}


def correction_text(correction: PersonCorrection) -> str:
    """Return what details were before a correction, and why they were corrected."""
    labels = LABELS | FIELDS | {"parents": "The list of parents and carers"}
    was = [f"{labels[name]} was {text or 'empty'}" for name, text in correction.before.items()]
    return ". ".join([*was, correction.reason])
