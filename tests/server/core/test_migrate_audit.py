"""The audit log keeps its counts through migrations."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from server.core import migrate
from server.core.audit import AuditEvent, SaveRun
from server.core.database import open_database
from tests.server.core.test_migrate import insert_rows

pytestmark = pytest.mark.both_databases


def test_counted_saves_survive_migrations(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    now = datetime(2024, 1, 1, tzinfo=UTC)
    saved = AuditEvent(id=1, at=now, action="form_saved")
    run = SaveRun(event_id=1, times=3, last_at=now.replace(hour=1))
    insert_rows(engine, [saved, AuditEvent(id=2, at=now, action="form_read"), run])
    migrate.downgrade(engine, "0016")
    with engine.connect() as connection:
        counts = connection.execute(text("SELECT times FROM audit_event ORDER BY id"))
        assert counts.scalars().all() == [3, 1]
    migrate.upgrade(engine)
    with Session(engine) as session:
        [kept] = session.exec(select(SaveRun)).all()
        assert kept.model_dump() == run.model_dump()
        assert len(session.exec(select(AuditEvent)).all()) == 2
    engine.dispose()
