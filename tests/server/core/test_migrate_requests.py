"""A family's request that was entered by an earlier version gets the day of its event."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session

from server.cases.tables import CaseEvent
from server.core import migrate
from server.core.database import open_database
from server.forms.tables import Submission
from shared.cases.states import CaseState
from tests.server.core.test_migrate import insert_rows, make_account, make_case, make_child

pytestmark = pytest.mark.both_databases


def test_request_on_paper_gets_the_day_of_the_event_it_was_entered_with(
    empty_database: str,
) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    account = make_account(datetime(2024, 1, 10, tzinfo=UTC))
    at, child = account.created_at, make_child(account)
    case = make_case(child, CaseState.SUBMITTED, "decide")
    entered = (("parent-request", 0), ("parent-request", 1), ("professional-request", 0))
    forms = [
        Submission(
            id=uuid4(),
            form=form,
            form_version=1,
            person_id=child.id,
            case_id=case.id,
            state="submitted",
            started_at=at,
            saved_at=at,
            submitted_at=at + timedelta(days=days),
        )
        for form, days in entered
    ]
    event = CaseEvent(
        case_id=case.id, kind="request_received", state=case.state, on=date(2024, 1, 5), at=at
    )
    earlier = make_case(child, CaseState.SUBMITTED, "decide")
    first, second = (
        Submission(
            id=uuid4(),
            form="parent-request",
            form_version=1,
            person_id=child.id,
            case_id=earlier.id,
            state="submitted",
            started_at=at,
            saved_at=at,
            submitted_at=at + timedelta(days=days),
        )
        for days in (0, 1)
    )
    backdated = [
        CaseEvent(
            case_id=earlier.id,
            kind=kind,
            state=earlier.state,
            on=date(2024, 1, 3),
            at=at + timedelta(days=days),
        )
        for days, kind in enumerate(("request_received", "day_corrected"))
    ]
    forms += [first, second]
    rows = [account, child, case, earlier, *forms, event]
    insert_rows(engine, [*rows, *backdated])
    migrate.downgrade(engine, "0038")
    migrate.upgrade(engine)
    with Session(engine) as session:
        days = [session.get_one(Submission, form.id).received_on for form in forms]
    assert days == [date(2024, 1, 5), None, None, None, date(2024, 1, 3)]
    engine.dispose()
