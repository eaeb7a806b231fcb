"""The steps of advice, in the audit log of earlier versions and on the way back to one."""

from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from server.accounts.tables import Account
from server.cases.tables import Case
from server.core import migrate
from server.core.audit import AuditEvent
from server.core.database import open_database
from server.forms.tables import AdviceRequest, AdviceStepRow, Submission
from server.people.tables import Person
from shared.advice import AdviceStepKind
from shared.cases.states import CaseState
from tests.server.core.test_migrate import insert_rows, make_account, make_case, make_child

pytestmark = pytest.mark.both_databases


Rows: TypeAlias = tuple[Account, Person, Case, Submission, AdviceRequest]


def make_advice() -> Rows:
    """Build a request for advice, after the rows that it needs."""
    account = make_account(datetime(2024, 1, 1, tzinfo=UTC))
    at, child = account.created_at, make_child(account)
    case = make_case(child, CaseState.ASSESSING, "final")
    form = Submission(
        id=uuid4(),
        form="educational-advice",
        form_version=1,
        person_id=child.id,
        case_id=case.id,
        state="draft",
        started_at=at,
        saved_at=at,
    )
    day = date(2024, 1, 1)
    advice = AdviceRequest(
        id=uuid4(),
        case_id=case.id,
        submission_id=form.id,
        account_id=account.id,
        state="returned",
        asked_on=day,
        due_on=day,
        asked_by=account.id,
    )
    return account, child, case, form, advice


def test_steps_of_advice_are_read_from_the_audit_log(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    needed = account, _, _, form, advice = make_advice()
    at = account.created_at
    recorded = (
        ("advice_chased", advice.id),
        ("form_returned", form.id),
        ("advice_chased", advice.id),
        ("form_returned", uuid4()),  # a request of a case
    )
    log = [
        AuditEvent(
            at=at + timedelta(days=days), action=action, account_id=account.id, subject_id=subject
        )
        for days, (action, subject) in enumerate(recorded)
    ]
    insert_rows(engine, [*needed, *log])
    migrate.downgrade(engine, "0036")
    migrate.upgrade(engine)
    with Session(engine) as session:
        steps = session.exec(select(AdviceStepRow).order_by("at")).all()
        assert [(step.kind, step.at.day, step.account_id) for step in steps] == [
            ("chased", 1, account.id),
            ("returned", 2, account.id),
            ("chased", 3, account.id),
        ]
        assert {step.advice_id for step in steps} == {advice.id}
    engine.dispose()


def test_way_back_leaves_no_step_of_a_kind_that_the_version_before_does_not_know(
    empty_database: str,
) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    needed = account, *_, advice = make_advice()
    kinds = (AdviceStepKind.CHASED, AdviceStepKind.CONTACTS_CORRECTED)
    steps = [
        AdviceStepRow(id=uuid4(), advice_id=advice.id, kind=kind, at=account.created_at)
        for kind in kinds
    ]
    insert_rows(engine, [*needed, *steps])
    migrate.downgrade(engine, "0046")
    migrate.upgrade(engine)
    with Session(engine) as session:
        assert session.exec(select(AdviceStepRow.kind)).all() == ["chased"]
    engine.dispose()
