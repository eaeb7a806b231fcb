"""The database refuses to change or remove what is in the audit log."""

import pytest
from anyio.from_thread import BlockingPortal
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from server.core.audit import Action, AuditEvent, AuditShown
from server.core.database import Services
from server.core.save_runs import record_save
from server.core.seals import AuditHead, AuditPurge, AuditSeal, purge_before
from shared.values.days import london_day
from tests.parts import Clock
from tests.server.audit.steps import add_entries, seal, show_children
from tests.server.steps import audit_of, rows

pytestmark = pytest.mark.both_databases

TABLES: dict[type[SQLModel], str] = {
    AuditEvent: "address = 'x'",
    AuditShown: "event_id = event_id + 1",
    AuditSeal: "digest = 'x'",
    AuditHead: "digest = 'x'",
    AuditPurge: "digest = 'x'",
}


@pytest.fixture
def log(services: Services, clock: Clock, loop: BlockingPortal) -> None:
    """Rows in every table of the log, older ones purged."""
    add_entries(services)
    seal(services, clock, loop)
    clock.move(days=3)
    show_children(services)
    add_entries(services)
    seal(services, clock, loop)
    with services.transaction() as tx:
        assert purge_before(tx, london_day(tx.now)) == 5


def refused(services: Services, statement: str) -> bool:
    """Whether the database refuses a statement because of the log's triggers."""
    try:
        with services.transaction() as tx:
            tx.connection.execute(text(statement))
    except DBAPIError as error:
        assert "append-only" in str(error.orig)
        return True
    return False


@pytest.mark.usefixtures("log")
def test_rows_of_the_log_can_not_be_changed_or_deleted(
    services: Services, subtests: pytest.Subtests
) -> None:
    for model, change in TABLES.items():
        table = model.__tablename__
        before = rows(services, model)
        assert before
        statements = [f"UPDATE {table} SET {change}", f"DELETE FROM {table}"]
        if services.engine.name == "postgresql":
            statements += [f"TRUNCATE {table} CASCADE"]
        else:
            statements += [f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"]
        for statement in statements:
            with subtests.test(statement):
                assert refused(services, statement)
        assert rows(services, model) == before


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_temporary_table_does_not_permit_deletions(services: Services) -> None:
    with pytest.raises(DBAPIError, match="append-only"), services.transaction() as tx:
        tx.connection.execute(text("CREATE TEMP TABLE audit_purge AS SELECT 1000 AS through"))
        tx.connection.execute(text("DELETE FROM audit_shown"))


def test_saves_are_counted_without_changing_their_entry(services: Services) -> None:
    [child] = add_entries(services, 1)
    with services.transaction() as tx:
        record_save(tx, account=child, form=child, person=child, address="")
    before = audit_of(services)
    for _ in range(2):
        with services.transaction() as tx:
            record_save(tx, account=child, form=child, person=child, address="")
    assert audit_of(services) == before
    assert before[-1].action == Action.FORM_SAVED


@pytest.mark.usefixtures("log")
def test_purge_deletes_only_sealed_entries_before_a_day(services: Services, clock: Clock) -> None:
    [purge] = rows(services, AuditPurge)
    assert [row.number for row in rows(services, AuditSeal)] == list(range(6, 12))
    assert purge.through == 5
    clock.move(days=2)
    add_entries(services, 2)
    clock.move(days=2)
    with services.transaction() as tx:
        assert purge_before(tx, london_day(tx.now)) == 6
        assert purge_before(tx, london_day(tx.now)) == 0
    assert len(rows(services, AuditEvent)) == 2
    assert rows(services, AuditShown) == []
    assert rows(services, AuditSeal) == []
