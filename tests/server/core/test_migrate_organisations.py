"""Typed organisations become a list when the database is upgraded, and back."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from server.accounts.tables import Organisation, WorkDetailsRow
from server.core import migrate
from server.core.database import open_database
from tests.server.core.test_migrate import insert_rows, make_account

pytestmark = pytest.mark.both_databases


def test_typed_organisations_become_a_list_of_unconfirmed_memberships(
    empty_database: str,
) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    account = make_account(datetime(2024, 1, 1, tzinfo=UTC))
    names = ("École Osier", " ecole  OSIER ", "Tansy Bank", "Wrongly typed")
    work = [
        WorkDetailsRow(
            account_id=account.id,
            role="senco",
            organisation=name,
            address=f"{number} Osier Way",
            postcode="LE1 1FZ",
            work_phone="",
            created_at=account.created_at.replace(year=2024 + number),
            removed_at=account.created_at if name == "Wrongly typed" else None,
        )
        for number, name in enumerate(names)
    ]
    insert_rows(engine, [account, *work])
    migrate.downgrade(engine, "0016")
    with engine.connect() as connection:
        query = text("SELECT organisation_folded FROM work_details ORDER BY created_at")
        folded = connection.execute(query).scalars().all()
    assert folded == ["ecole osier", "ecole osier", "tansy bank", "wrongly typed"]
    migrate.upgrade(engine)
    with Session(engine) as session:
        organisations = {row.id: row for row in session.exec(select(Organisation))}
        rows = session.exec(select(WorkDetailsRow).order_by(col(WorkDetailsRow.created_at))).all()
        linked = [organisations[row.organisation_id] for row in rows if row.organisation_id]
        assert [row.name for row in linked] == ["École Osier", "École Osier", "Tansy Bank"]
        assert {(row.address, row.postcode) for row in linked} == {("", "")}
        assert len(organisations) == 2  # none for what was removed
        assert [row.organisation for row in rows] == list(names)
        assert {row.confirmed_at for row in rows} == {None}
    engine.dispose()
