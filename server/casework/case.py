"""The casework of one case: its notes, tasks and panels."""

from uuid import UUID

from server.accounts.actor import Actor
from server.cases.service import find_case
from server.cases.tables import Case
from server.cases.texts import STATE_TEXTS
from server.casework.notes import list_notes
from server.casework.panels import panels_of
from server.casework.tasks import tasks_of
from server.core.audit import Action
from server.core.database import Transaction
from server.people.tables import Person
from shared.cases.states import CaseState
from shared.casework import Casework, NotesPage


def read_casework(tx: Transaction, actor: Actor, case_id: UUID) -> Casework:
    """Return the casework of a case, and audit the reading; raises NOT_FOUND."""
    return casework_out(tx, actor, _read(tx, actor, case_id))


def read_notes(tx: Transaction, actor: Actor, case_id: UUID, cursor: str) -> NotesPage:
    """Return a further page of notes, and audit the reading; raises NOT_FOUND, MALFORMED."""
    return list_notes(tx, actor, _read(tx, actor, case_id), cursor)


def _read(tx: Transaction, actor: Actor, case_id: UUID) -> Case:
    case = find_case(tx, actor, case_id)
    actor.record(tx, Action.NOTES_READ, subject=case.id, person=case.person_id)
    return case


def casework_out(tx: Transaction, actor: Actor, case: Case) -> Casework:
    """Build the casework of a case, with the first page of its notes."""
    person = tx.session.get_one(Person, case.person_id)
    return Casework(
        case=case.id,
        person=person.id,
        name=person.name,
        born=person.born,
        school=person.school,
        state_words=STATE_TEXTS[CaseState(case.state)].name,
        tasks=tasks_of(tx, case),
        panels=panels_of(tx, case),
        notes=list_notes(tx, actor, case, None),
    )
