"""The migration that stores what lists of cases need."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, col, select, update

from server.cases.tables import NOTHING_DUE, Case, CaseEvent, Exemption
from server.core import migrate
from server.core.database import open_database
from shared.cases.states import CaseState
from tests.parts import TODAY
from tests.server.core.test_migrate import make_account, make_child

pytestmark = pytest.mark.both_databases

BEFORE = "0028"
RECEIVED = date(2026, 3, 2)
EVENTS = {
    CaseState.SUBMITTED: (),
    CaseState.ASSESSING: ("decided_to_assess",),
    CaseState.REFUSED_TO_ASSESS: ("refused_to_assess",),
    CaseState.WITHDRAWN: ("withdrawn",),
}


def test_migration_fills_what_lists_need(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    account = make_account(TODAY)
    child = make_child(account)
    cases = {}
    with Session(engine) as session:
        session.add(account)
        session.flush()
        session.add(child)
        session.flush()
        for state, kinds in EVENTS.items():
            case = Case(
                id=uuid4(),
                person_id=child.id,
                state=state,
                closed=state in {CaseState.REFUSED_TO_ASSESS, CaseState.WITHDRAWN},
                received_on=RECEIVED,
                opened_at=TODAY,
                next_kind="decide",
                next_due=date(2026, 4, 13),
            )
            cases[state] = case.id
            session.add(case)
            session.flush()
            for kind in ("request_received", *kinds):
                session.add(
                    CaseEvent(case_id=case.id, kind=kind, state=state, on=RECEIVED, at=TODAY)
                )
                session.flush()
        add_excused_decision(session, cases[CaseState.SUBMITTED], account.id)
        session.exec(
            update(Case)
            .where(col(Case.id) == cases[CaseState.ASSESSING])
            .values(next_kind="no_plan", next_due=date(2026, 6, 22))
        )
        session.exec(update(Case).where(col(Case.closed)).values(next_kind=None, next_due=None))
        session.commit()
    migrate.downgrade(engine, BEFORE)
    migrate.upgrade(engine)
    with Session(engine) as session:
        by_state = {CaseState(case.state): case for case in session.exec(select(Case))}
    submitted = by_state[CaseState.SUBMITTED]
    assert (submitted.next_kind, submitted.due_on, submitted.excused) == (
        "no_plan",
        date(2026, 6, 22),
        False,
    )
    assert by_state[CaseState.ASSESSING].due_on == date(2026, 6, 22)
    assert by_state[CaseState.ASSESSING].sort_due == date(2026, 6, 22)
    refused = by_state[CaseState.REFUSED_TO_ASSESS]
    assert (refused.settled, refused.closes_on, refused.family_due, refused.due_on) == (
        False,
        date(2026, 5, 5),
        date(2026, 5, 5),
        NOTHING_DUE,
    )
    assert refused.sort_due == refused.family_due
    withdrawn = by_state[CaseState.WITHDRAWN]
    assert (withdrawn.settled, withdrawn.closes_on, withdrawn.last_kind, withdrawn.sort_due) == (
        True,
        None,
        "withdrawn",
        NOTHING_DUE,
    )
    engine.dispose()


def add_excused_decision(session: Session, case: UUID, account: UUID) -> None:
    """Excuse the decision of a case, as the version before recorded it."""
    event = session.exec(select(CaseEvent.id).where(CaseEvent.case_id == case)).one()
    session.add(
        Exemption(
            id=uuid4(),
            case_id=case,
            clock="decide",
            started_by=event,
            ground="absent",
            reason="Abroad.",
            account_id=account,
            at=TODAY,
        )
    )
    session.exec(update(Case).where(col(Case.id) == case).values(excused=True))
