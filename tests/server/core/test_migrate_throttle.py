"""Migration of the counts of failures and the known devices, with data."""

from datetime import UTC, datetime

import pytest
from sqlmodel import Session, select

from server.accounts.tables import KnownDevice
from server.core import migrate
from server.core.database import open_database
from server.core.throttle import Tries
from tests.server.core.test_migrate import insert_rows, make_account

pytestmark = pytest.mark.both_databases


def test_counts_that_older_versions_could_not_reset_are_dropped(
    empty_database: str,
) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    now = datetime(2024, 1, 1, tzinfo=UTC)
    account = make_account(now)
    device = KnownDevice(account_id=account.id, digest="d", address_digest="a", last_used_at=now)
    whole = Tries(digest="whole", failures=7, last_at=now)
    part = Tries(digest="part", subject="whole", failures=3, last_at=now)
    insert_rows(engine, [account, device, whole, part])
    migrate.downgrade(engine, "0016")
    migrate.upgrade(engine)
    with Session(engine) as session:
        [row] = session.exec(select(Tries))
        assert (row.digest, row.failures, row.subject) == ("whole", 7, None)
        assert not session.exec(select(KnownDevice)).all()
    engine.dispose()
