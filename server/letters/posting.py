"""The day on which a letter that was made was posted."""

from datetime import date
from uuid import UUID

from server.accounts.actor import Actor
from server.accounts.edits import apply_edit, stale_edit
from server.cases.service import find_case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import invalid_field, not_found
from server.letters.tables import LetterPosting, LetterRecord
from shared.values.days import format_day, london_day


def record_posting(
    tx: Transaction, actor: Actor, case_id: UUID, document: UUID, on: date, version: int
) -> LetterPosting:
    """Record when a letter was posted, or correct it; raises NOT_FOUND, INVALID, STALE.

    No deadline depends on it: those run from the event that the letter belongs to.
    """
    case = find_case(tx, actor, case_id)
    letter = tx.session.get(LetterRecord, document)
    if letter is None or letter.case_id != case.id:
        raise not_found()
    made_on = london_day(letter.made_at)
    if on > london_day(tx.now):
        raise invalid_field("/on", "The date must be today or in the past.")
    if on < made_on:
        raise invalid_field("/on", f"The letter was made on {format_day(made_on)}, not before.")
    row = tx.session.get(LetterPosting, document)
    person = case.person_id
    if row is None and version:
        raise stale_edit(
            actor,
            "The day of posting is not recorded any more",
            subject=document,
            person=person,
            by=None,
            at=None,
            version=0,
            current="No day is recorded.",
        )
    if row is None:
        row = LetterPosting(id=document, posted_on=on, edited_by=actor.account_id, edited_at=tx.now)
        tx.session.add(row)
    else:
        current = f"Posted on {format_day(row.posted_on)}."
        values = {"posted_on": on}
        if not apply_edit(tx, actor, row, values, version, person=person, current=current):
            return row
    actor.record(tx, Action.LETTER_POSTED, subject=document, person=person)
    return row
