"""Messages to a child's professionals about the authority's decisions."""

from sqlmodel import select

from server.cases.service import events_of, running_deadlines
from server.cases.tables import Case
from server.cases.texts import event_label, name_rights_holder, now_text
from server.core.database import Transaction
from server.messages.service import send_message
from server.people.tables import ListedPerson, Person
from shared.cases.events import EventKind
from shared.cases.states import CaseState
from shared.places import PlaceKind
from shared.values.days import london_day

NOTIFIED_EVENTS = frozenset(
    {
        EventKind.DECIDED_TO_ASSESS,
        EventKind.REFUSED_TO_ASSESS,
        EventKind.DECIDED_TO_ISSUE,
        EventKind.DECIDED_NOT_TO_ISSUE,
        EventKind.FINAL_ISSUED,
        EventKind.PLAN_MAINTAINED,
        EventKind.AMENDMENT_PROPOSED,
        EventKind.CEASED,
    }
)
"""Decisions that the child's professionals are notified of."""


def notify_professionals(tx: Transaction, case: Case, kind: EventKind) -> None:
    """Send a message about a decision to all who have the child on their list."""
    person = tx.session.get_one(Person, case.person_id)
    deadlines = running_deadlines(tx, events_of(tx, case))
    text = now_text(CaseState(case.state), deadlines, tx.services.settings.periods)
    today = london_day(tx.now)
    label = event_label(kind, person.born, today)
    words = f"{label}.\n\n{name_rights_holder(text, person.born, today)}"
    accounts = select(ListedPerson.account_id).where(ListedPerson.person_id == person.id)
    for account in tx.session.exec(accounts).all():
        send_message(
            tx,
            to_account=account,
            subject=f"{label}: news of a child on your list",
            body=f"{person.name}: {words}",
            person=person.id,
            place=PlaceKind.PERSON.of(person.id),
            place_label="Open the progress page",
        )
