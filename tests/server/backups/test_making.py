"""Backups are made while the portal is used, complete, and older ones end."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from obstore.store import ObjectStore
from pyrage import x25519

from server import cli
from server.app import open_services
from server.backups.making import list_backups
from server.backups.making import make_backup as make_backup_of
from server.core.audit import Action
from server.core.backup_runs import LEASE, BackupRun, Outcome, RunKind, lease_run
from server.core.database import Services
from server.core.settings import Settings
from server.documents.tables import Document, UnreferencedKey
from shared.values.days import utc_now
from tests.parts import Clock, Someone
from tests.pdfs import PDF
from tests.server.backups.conftest import Run
from tests.server.backups.steps import assert_restored, make_backup, read_documents, read_tables
from tests.server.documents.test_readers import upload_document
from tests.server.documents.test_upload import stored_files, sweep_now
from tests.server.steps import add_child, audit_of, ok, rows, save, start, submit_request, upload

pytestmark = [pytest.mark.usefixtures("programs"), pytest.mark.both_databases]
SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def fill(me: Someone) -> UUID:
    """Add a child with a draft, a submitted form and two documents; return a document's id."""
    person = add_child(me)
    ok(save(me, start(me, person), {"strengths": "Osprey"}))
    submit_request(me, person)
    ok(upload(me, person, PDF + b"\n%two"))
    return upload_document(me, person)


def test_everything_is_restored_elsewhere(
    me: Someone, settings: Settings, elsewhere: Settings, folder: Path, run_at: Run
) -> None:
    fill(me)
    file = make_backup(folder)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == [file.name]
    assert run_at(elsewhere, "restore", file) == 0
    assert_restored(settings, elsewhere)
    assert len(read_documents(elsewhere)) == 2
    assert run_at(elsewhere, "audit", "verify") == 0
    assert run_at(elsewhere, "backup", "list") == 0


def test_backup_is_recorded_and_audited(
    me: Someone, services: Services, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = make_backup(folder)
    [run] = rows(services, BackupRun)
    assert (run.kind, run.outcome, run.bytes) == ("backup", "done", file.stat().st_size)
    assert run.finished_at is not None
    [entry] = [entry for entry in audit_of(services) if entry.action == Action.BACKUP_MADE]
    assert entry.subject_id == run.id
    assert cli.main(["backup", "list"]) == 0
    assert file.name in capsys.readouterr().out


class InterruptedStore:
    """Store that calls a function before the first get."""

    def __init__(self, store: ObjectStore, before_get: Callable[[], object]) -> None:
        self._store, self._before_get = store, [before_get]

    def get(self, key: str) -> object:
        while self._before_get:
            self._before_get.pop()()
        return self._store.get(key)


def test_documents_removed_during_a_backup_are_in_it(
    me: Someone, settings: Settings, services: Services, elsewhere: Settings, run_at: Run
) -> None:
    document = fill(me)
    before = read_documents(settings)

    def remove() -> None:
        ok(me.delete(f"/v1/documents/{document}"))
        sweep_now(services)

    store = cast("ObjectStore", InterruptedStore(services.store, remove))
    made = make_backup_of(replace(services, store=store), settings.backup_folder, 30)
    assert not made.missing
    assert len(rows(services, Document)) == 1
    sweep_now(services)
    assert len(stored_files(services)) == 1
    assert run_at(elsewhere, "restore", made.path) == 0
    assert read_documents(elsewhere) == before


def test_killed_backup_holds_the_sweep_only_until_its_lease_ends(
    me: Someone, services: Services, clock: Clock
) -> None:
    document = upload_document(me, add_child(me))
    ok(me.delete(f"/v1/documents/{document}"))
    ahead = clock.now + timedelta(days=1)
    for moment in (clock.now, ahead):  # one while the clock was ahead
        run = BackupRun(kind=RunKind.BACKUP, started_at=moment, lease_until=moment + LEASE)
        with services.transaction() as tx:
            tx.session.add(run)
    sweep_now(services)
    assert len(stored_files(services)) == len(rows(services, UnreferencedKey)) == 1
    clock.now += LEASE
    sweep_now(services)
    assert not stored_files(services)


def test_second_backup_at_once_is_refused(
    services: Services, settings: Settings, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with lease_run(replace(services, clock=utc_now), RunKind.BACKUP):
        assert cli.main(["backup"]) == cli.EXIT_FAILURE
    assert "Another backup is running" in capsys.readouterr().err
    make_backup(folder)


def test_old_backups_are_deleted_after_a_complete_one_only(
    me: Someone, services: Services, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(me)
    old = folder / "portal-20250101T000000000000Z.tar"
    folder.mkdir()
    for file in (old, folder / "portal-notes.tar", folder / "other.tar"):
        file.touch()
    [lost, damaged] = stored_files(services)
    lost.unlink()
    damaged.write_bytes(b"other")
    assert cli.main(["backup"]) == cli.EXIT_FAILURE
    output = capsys.readouterr().err
    assert "Traceback" not in output
    assert lost.name in output and damaged.name in output
    [run] = rows(services, BackupRun)
    assert run.outcome == Outcome.INCOMPLETE
    assert old.exists()
    for document in rows(services, Document):
        ok(me.delete(f"/v1/documents/{document.id}"))
    newest = make_backup(folder, "--keep-days", "1")
    assert not old.exists()
    assert len(list_backups(folder)) == 2
    assert (folder / "other.tar").exists() and (folder / "portal-notes.tar").exists()
    assert newest.exists()


@SQLITE
def test_commands_with_another_key_change_nothing(
    services: Services,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["migrate"]) == 0
    monkeypatch.setenv("PORTAL_SECRET_KEY", "another key, as long as it has to be for the portal")
    for arguments in ["backup"], ["backup", "rehearse"], ["audit", "export"], ["outbox", "list"]:
        assert cli.main(arguments) == cli.EXIT_FAILURE, arguments
        assert "this is not the key that the database was used with" in capsys.readouterr().err
    assert list_backups(folder) == []
    assert not audit_of(services) and not rows(services, BackupRun)


@SQLITE
def test_no_command_makes_a_database(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path / "new"))
    assert cli.main(["backup", "list"]) == cli.EXIT_FAILURE
    assert "make one by `portal-server migrate`" in capsys.readouterr().err
    assert not (tmp_path / "new" / "portal.db").exists()


def test_incomplete_backups_end_too_but_the_newest_complete_one_stays(
    me: Someone, services: Services, clock: Clock, folder: Path
) -> None:
    fill(me)
    oldest = make_backup_of(services, folder, 30).path
    clock.move(days=1)
    complete = make_backup_of(services, folder, 30).path
    stored_files(services)[0].unlink()
    clock.move(days=40)
    made = make_backup_of(services, folder, 30)
    assert (made.deleted, oldest.exists(), complete.exists()) == (1, False, True)
    clock.move(days=40)
    newest = make_backup_of(services, folder, 30).path
    assert [file.path for file in list_backups(folder)] == [complete, newest]


def test_last_backup_is_never_deleted(folder: Path, services: Services) -> None:
    file = make_backup(folder, "--keep-days", "1")
    very_old = file.rename(folder / "portal-20240101T000000000000Z.tar")
    assert cli.main(["backup", "--to", "/proc/none"]) == cli.EXIT_FAILURE
    assert very_old.exists()
    [done, failed] = sorted(rows(services, BackupRun), key=lambda run: run.started_at)
    assert (done.outcome, failed.outcome) == ("done", "failed")


def test_incomplete_backup_is_restored_without_what_is_missing(
    me: Someone, services: Services, elsewhere: Settings, folder: Path, run_at: Run
) -> None:
    fill(me)
    stored_files(services)[0].unlink()
    assert cli.main(["backup"]) == cli.EXIT_FAILURE
    [backup] = list_backups(folder)
    assert run_at(elsewhere, "restore", backup.path) == 0
    assert len(list((elsewhere.data / "documents").iterdir())) == 1
    with closing(open_services(elsewhere)) as restored:
        [run] = rows(restored, BackupRun)
    assert (run.outcome, run.bytes) == (Outcome.INCOMPLETE, backup.path.stat().st_size)


def test_killed_backup_leaves_nothing_that_counts(
    services: Services, folder: Path, tmp_path: Path
) -> None:
    folder.mkdir()
    (folder / ".portal-20260101T000000000000Z.tar.part").write_bytes(b"half")
    assert list_backups(folder) == []
    file = make_backup(folder)
    assert list(folder.iterdir()) == [file]
    assert not list(services.settings.data.glob(".backup-*"))


@contextmanager
def limited_files(size: int) -> Iterator[None]:
    """Let this process write no file of more than `size` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@SQLITE
@pytest.mark.parametrize("recipient", ["", str(x25519.Identity.generate().to_public())], ids=len)
@pytest.mark.parametrize("room", [500_000, -100_000], ids=["documents", "database"])
def test_full_disk_is_one_sentence_and_leaves_nothing(
    room: int,
    recipient: str,
    me: Someone,
    services: Services,
    settings: Settings,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PORTAL_BACKUP_RECIPIENT", recipient)
    person = add_child(me)
    for number in range(3):
        ok(upload(me, person, PDF + b"%" + bytes([65 + number]) * 400_000))
    size = (settings.data / "portal.db").stat().st_size
    with limited_files(size + room):
        assert cli.main(["backup"]) == cli.EXIT_FAILURE
    [line] = capsys.readouterr().err.strip().splitlines()
    assert "None" not in line
    assert "can't be written to" in line or "can't be copied to" in line
    assert list(folder.iterdir()) == []
    assert [run.outcome for run in rows(services, BackupRun)] == ["failed"]


@SQLITE
def test_encrypted_backup_needs_its_identity(
    me: Someone,
    settings: Settings,
    elsewhere: Settings,
    folder: Path,
    tmp_path: Path,
    run_at: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(me)
    identity, other = x25519.Identity.generate(), x25519.Identity.generate()
    monkeypatch.setenv("PORTAL_BACKUP_RECIPIENT", str(identity.to_public()))
    file = make_backup(folder)
    assert file.suffix == ".age"
    assert b"Larkspur" not in file.read_bytes()
    keys = {name: tmp_path / name for name in ("own", "other", "none")}
    keys["own"].write_text(f"# created: today\n{identity}\n")
    keys["other"].write_text(str(other))
    keys["none"].write_text("nothing")
    for options, words in (
        ([], "name the file of the age identity"),
        (["--identity", keys["other"]], "encrypted for another identity"),
        (["--identity", keys["none"]], "holds no identity"),
    ):
        assert run_at(elsewhere, "restore", file, *options) == cli.EXIT_FAILURE
        assert words in capsys.readouterr().err
    assert not (elsewhere.data / "portal.db").exists()
    assert cli.main(["backup", "rehearse", "--identity", str(keys["own"])]) == 0
    assert run_at(elsewhere, "restore", file, "--identity", keys["own"]) == 0
    assert_restored(settings, elsewhere)


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
@pytest.mark.parametrize("program", ["none", "old"])
def test_missing_or_old_pg_dump_is_named(
    program: str,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    if program == "old":
        (programs / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
        (programs / "pg_dump").chmod(0o700)
    monkeypatch.setenv("PATH", str(programs))
    assert cli.main(["backup"]) == cli.EXIT_FAILURE
    output = capsys.readouterr().err
    assert "pg_dump of PostgreSQL" in output and "postgresql-client-" in output
    assert list(settings.backup_folder.iterdir()) == []


@SQLITE
def test_copied_database_file_would_miss_what_the_backup_has(
    me: Someone, settings: Settings, elsewhere: Settings, folder: Path, run_at: Run
) -> None:
    """The reason for the command: what was saved last is not in the database's file yet."""
    add_child(me)
    copy = settings.data / "copy.db"
    copy.write_bytes((settings.data / "portal.db").read_bytes())
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchone() == (0,)
    assert run_at(elsewhere, "restore", make_backup(folder)) == 0
    assert len(read_tables(elsewhere)["person"]) == 1
