"""A rehearsal restores a backup elsewhere, finds what is wrong, and leaves nothing."""

from pathlib import Path

import psycopg
import pytest
from anyio.from_thread import BlockingPortal

from server import cli
from server.backups.making import list_backups
from server.core.audit import AuditEvent
from server.core.backup_runs import BackupRun, RunKind
from server.core.database import Services
from server.core.settings import Settings
from tests.parts import Clock, Someone
from tests.server.audit.steps import add_entries, open_as_attacker, seal
from tests.server.backups.steps import make_backup, read_documents
from tests.server.backups.test_making import fill, limited_files
from tests.server.documents.test_upload import stored_files
from tests.server.steps import rows

pytestmark = [pytest.mark.usefixtures("programs"), pytest.mark.both_databases]


def outcomes(services: Services) -> list[str]:
    """Return the outcome of each rehearsal, oldest first."""
    runs = [run for run in rows(services, BackupRun) if run.kind == RunKind.REHEARSAL]
    return [run.outcome for run in sorted(runs, key=lambda run: run.started_at)]


def assert_nothing_is_left(settings: Settings) -> None:
    assert not (settings.data / "rehearsal").exists()
    if settings.database_url:
        with psycopg.connect(settings.database_url) as connection:
            names = connection.execute("SELECT datname FROM pg_database").fetchall()
        assert not [name for (name,) in names if "rehearsal" in name]


def test_newest_backup_is_rehearsed_and_recorded(
    me: Someone,
    services: Services,
    settings: Settings,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["backup", "rehearse"]) == cli.EXIT_FAILURE
    assert "There is no backup" in capsys.readouterr().err
    fill(me)
    make_backup(folder)
    newest = make_backup(folder)
    left = settings.data / "rehearsal" / "documents"  # of one that was killed
    left.mkdir(parents=True)
    (left / "half").touch()
    documents = read_documents(settings)
    assert cli.main(["backup", "rehearse"]) == 0
    output = capsys.readouterr().out
    assert f"{newest} was restored elsewhere" in output
    assert "documents 2" in output
    assert outcomes(services) == ["done"]
    assert read_documents(settings) == documents
    assert_nothing_is_left(settings)
    assert cli.main(["backup", "list"]) == 0
    assert "Last rehearsal: " in capsys.readouterr().out


def test_rehearsal_of_a_damaged_backup_fails(
    me: Someone,
    services: Services,
    settings: Settings,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(me)
    file = make_backup(folder)
    file.write_bytes(file.read_bytes()[:-20_000])
    assert cli.main(["backup", "rehearse"]) == cli.EXIT_FAILURE
    assert "damaged or incomplete" in capsys.readouterr().err
    assert outcomes(services) == ["failed"]
    assert_nothing_is_left(settings)


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)  # SQLite's own files are larger
def test_rehearsal_on_a_full_disk_is_one_sentence(
    services: Services,
    settings: Settings,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_backup(folder)
    with limited_files(50_000):
        assert cli.main(["backup", "rehearse"]) == cli.EXIT_FAILURE
    [line] = capsys.readouterr().err.strip().splitlines()
    assert "copied to PORTAL_DATA: File too large" in line
    assert outcomes(services) == ["failed"]
    assert_nothing_is_left(settings)


def test_rehearsal_finds_what_was_changed_in_the_audit_log(
    services: Services,
    settings: Settings,
    clock: Clock,
    loop: BlockingPortal,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_entries(services)
    seal(services, clock, loop)
    with open_as_attacker(services) as connection:
        connection.execute(
            "UPDATE audit_event SET address = 'x' WHERE id = (SELECT min(id) FROM audit_event)"
        )
    make_backup(folder)
    assert cli.main(["backup", "rehearse"]) == cli.EXIT_FAILURE
    first = min(entry.id or 0 for entry in rows(services, AuditEvent))
    assert f"Entry {first}, or its seal" in capsys.readouterr().err
    assert outcomes(services) == ["failed"]
    assert_nothing_is_left(settings)


def test_backup_without_a_document_is_rehearsed_as_incomplete(
    me: Someone, services: Services, settings: Settings, folder: Path
) -> None:
    fill(me)
    stored_files(services)[0].unlink()
    assert cli.main(["backup"]) == cli.EXIT_FAILURE
    assert list_backups(folder)
    assert cli.main(["backup", "rehearse"]) == 0
    assert outcomes(services) == ["incomplete"]
    assert_nothing_is_left(settings)
