import sqlite3
from contextlib import closing

from benchmarks.p10_million import add_submissions
from benchmarks.seeding import Seeder, database_file
from server.core.database import Services
from server.core.settings import Settings


def test_added_submissions_belong_to_new_accounts(settings: Settings, services: Services) -> None:
    Seeder(services).get_professionals(1)
    services.engine.dispose()
    file = database_file(settings.data)
    add_submissions(file, 200)
    with closing(sqlite3.connect(file)) as connection:
        rows = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("submission", "save", "audit_event", "account", "person", "listed_person")
        }
        violations = connection.execute("PRAGMA foreign_key_check").fetchall()
        per_account = connection.execute(
            "SELECT count(*) FROM submission GROUP BY account_id ORDER BY 1"
        ).fetchall()
    assert rows == {
        "submission": 201,
        "save": 200,
        "audit_event": 200,
        "account": 5,
        "person": 40,
        "listed_person": 40,
    }
    assert not violations
    assert per_account == [(1,), (50,), (50,), (50,), (50,)]
