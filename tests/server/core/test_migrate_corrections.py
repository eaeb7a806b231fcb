"""What was undone or taken back is not valid again after a downgrade."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from server.cases.tables import CaseEvent, Exemption
from server.core import migrate
from server.core.database import open_database
from shared.cases.states import CaseState
from tests.server.core.test_migrate import insert_rows, make_account, make_case, make_child

pytestmark = pytest.mark.both_databases


def test_undone_events_and_excuses_do_not_come_back(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    account = make_account(datetime(2024, 1, 1, tzinfo=UTC))
    at, child = account.created_at, make_child(account)
    case = make_case(child, CaseState.SUBMITTED, "decide")
    received, undone = (
        CaseEvent(case_id=case.id, kind=kind, state="submitted", on=date(2024, 1, 1), at=at)
        for kind in ("request_received", "request_accepted")
    )
    valid, taken_back = (
        Exemption(
            id=uuid4(),
            case_id=case.id,
            clock="decide",
            ground="absent",
            reason=reason,
            account_id=account.id,
            at=at,
        )
        for reason in ("valid", "taken back")
    )
    undone.removed_at = taken_back.removed_at = at
    insert_rows(engine, [account, child, case, received, undone, valid, taken_back])
    migrate.downgrade(engine, "0033")
    migrate.upgrade(engine)
    with Session(engine) as session:
        [event] = session.exec(select(CaseEvent)).all()
        assert (event.kind, event.version) == ("request_received", 1)
        assert session.exec(select(Exemption.reason)).all() == ["valid"]
    engine.dispose()
