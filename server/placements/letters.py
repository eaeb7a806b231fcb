"""Letters of a case: those to its settings, and those of which its settings get a copy."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Path

from server.accounts.actor import Actor
from server.accounts.tables import Organisation
from server.core.database import Transaction
from server.forms.contacts import home_in_forms
from server.letters.words import Addressee
from server.letters.writing import OpenLetter, Writing, open_writing, postal_lines
from server.people.parents import is_home_known
from server.placements.consulting import find_consultation, reference_of
from server.placements.placing import settings_for_copy
from server.placements.tables import Consultation

KIND = "setting_consulted"

Kind = Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,39}$")]


# Async, because these are dependencies: FastAPI would run a plain function in a thread.
async def letter_of(consultation: UUID) -> OpenLetter:
    """Return what opens the letter of a consultation; raises NOT_FOUND when it does."""

    def open_letter(tx: Transaction, actor: Actor) -> Writing:
        row, case = find_consultation(tx, actor, consultation)
        addressee = Addressee(
            about="consultation",
            id=row.id,
            name=row.name,
            address=_address(tx, row),
            reference=reference_of(row),
            asked_on=row.asked_on,
            reply_by=row.due_on,
        )
        return open_writing(tx, actor, case.id, KIND, addressee)

    return open_letter


async def letter_of_case(case: UUID, kind: Kind) -> OpenLetter:
    """Return what opens a letter of a case; raises NOT_FOUND when it does."""

    def open_letter(tx: Transaction, actor: Actor) -> Writing:
        writing = open_writing(tx, actor, case, kind)
        person, named = writing.person, settings_for_copy(tx, writing.case)
        home = "" if is_home_known(person) else home_in_forms(tx, case, person.parent_name)
        return replace(writing, named=named, given_home=home)

    return open_letter


def _address(tx: Transaction, row: Consultation) -> str:
    """Return the address of a setting by line: as typed, or that of the list."""
    if row.organisation_id is None:
        return postal_lines(row.address)
    organisation = tx.session.get_one(Organisation, row.organisation_id)
    return postal_lines(organisation.address, organisation.postcode)
