"""Withdrawn publications and ended access survive a downgrade."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from server.accounts.tables import Account
from server.cases.tables import Case, Publication, PublicationReader
from server.core import migrate
from server.core.database import open_database
from server.people.tables import AccessEnd
from shared.cases.states import CaseState
from tests.server.core.test_migrate import insert_rows, make_account, make_case, make_child

pytestmark = pytest.mark.both_databases


def test_withdrawn_publication_stays_closed_after_a_downgrade(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    account = make_account(datetime(2024, 1, 1, tzinfo=UTC))
    child = make_child(account)
    case = make_case(child, CaseState.SUBMITTED, "decide")
    withdrawn, open_publication = (_make_publication(case, account, title) for title in "wo")
    withdrawn.withdrawn_at, withdrawn.withdrawn_reason = account.created_at, "The wrong child."
    readers = [
        PublicationReader(publication_id=row.id, account_id=account.id, ended_at=row.withdrawn_at)
        for row in (withdrawn, open_publication)
    ]
    end = AccessEnd(
        person_id=child.id,
        account_id=account.id,
        ended_by=account.id,
        reason="Moved.",
        at=account.created_at,
    )
    insert_rows(engine, [account, child, case, withdrawn, open_publication, *readers, end])
    migrate.downgrade(engine, "0016")
    migrate.upgrade(engine)
    with Session(engine) as session:
        [reader] = session.exec(select(PublicationReader)).all()
        assert (reader.publication_id, reader.ended_at) == (open_publication.id, None)
        publications = session.exec(select(Publication.withdrawn_reason)).all()
        assert publications == ["", ""]
    engine.dispose()


def _make_publication(case: Case, account: Account, title: str) -> Publication:
    return Publication(
        id=uuid4(),
        case_id=case.id,
        document_id=uuid4(),
        kind="other",
        title=title,
        account_id=account.id,
        published_at=case.opened_at,
    )
