"""The rows of the officers' list of cases."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from server.accounts.tables import Account
from server.cases.tables import Case
from server.cases.texts import STATE_TEXTS, event_label, name_rights_holder, next_text
from server.core.database import Transaction
from server.people.tables import Person
from shared.caselist import CaseRow
from shared.cases.states import CaseState, stage_at
from shared.values.days import format_day


def load_rows(tx: Transaction, cases: Sequence[UUID], today: date) -> list[CaseRow]:
    """Build the rows of a page in order, with the child and the officer of each case."""
    query = (
        select(Case, Person, Account)
        .join(Person, col(Person.id) == col(Case.person_id))
        .join(Account, col(Account.id) == col(Case.officer_id), isouter=True)
        .where(col(Case.id).in_(cases))
    )
    rows = {
        case.id: _case_row(case, child, officer, today)
        for case, child, officer in tx.session.exec(query)
    }
    return [rows[case] for case in cases]


def _case_row(row: Case, person: Person, officer: Account | None, today: date) -> CaseRow:
    state, next_due = CaseState(row.state), next_text(row, today)
    return CaseRow(
        id=row.id,
        person=person.id,
        name=f"{person.last_name}, {person.first_name}",
        born=person.born,
        state=state,
        stage=stage_at(row.place),
        state_words=STATE_TEXTS[state].name,
        next_words=name_rights_holder(next_due.words, person.born, today),
        next_due=next_due.due,
        excused=next_due.excused,
        officer=officer.name if officer else "",
        school=person.school,
        received_on=row.received_on,
        weeks=(today - row.received_on).days // 7,
        advice=0 if row.closed else row.advice_awaited,
        expected=row.misses_on,
        last_words=_last_words(row, person),
        new=person.known_at is None,
        transfer_on=row.transfer_on,
        meeting_on=row.transfer_meeting_on,
        notice_on=row.transfer_notice_on,
        named_on=row.transfer_named_on,
    )


def _last_words(case: Case, person: Person) -> str:
    """Return the last event of a case with its day."""
    if case.last_kind is None or case.last_on is None:
        return ""
    return f"{event_label(case.last_kind, person.born, case.last_on)} {format_day(case.last_on)}"
