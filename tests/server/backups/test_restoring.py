"""A restore replaces nothing by surprise, and leaves nothing half restored."""

import io
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from signal import SIGKILL
from time import monotonic
from uuid import uuid4

import pytest
from anyio.from_thread import BlockingPortal

from server import cli
from server.app import create_app, open_services
from server.backups.archive import DATABASE, Manifest, Writer, document_member
from server.backups.databases import DatabaseInUse, load_snapshot, require_unused, take_snapshot
from server.core import migrate
from server.core.audit import Action
from server.core.backup_runs import BackupRun
from server.core.database import Services, open_database
from server.core.keys import Purpose
from server.core.settings import Settings
from server.desk.recomputing import recompute
from server.documents.tables import Document
from server.people.tables import Person
from server.records.erasing_person import erase_person
from shared.values.days import utc_now
from tests.emails import code_in, last_email
from tests.forked import ForkedProcess
from tests.parts import Someone, begin_session, open_client
from tests.pdfs import PDF
from tests.running import TIMEOUT_SECONDS
from tests.server.accounts.steps import auth_header, sign_in
from tests.server.backups.conftest import Run
from tests.server.backups.steps import assert_restored, make_backup, read_documents, read_tables
from tests.server.backups.test_making import SQLITE, fill
from tests.server.documents.test_upload import stored_files, sweep_now
from tests.server.many.test_audit_log import documented_role
from tests.server.steps import add_child, audit_of, ok, rows, upload

pytestmark = [pytest.mark.usefixtures("programs"), pytest.mark.both_databases]
BEFORE_BACKUPS = "0025"
UNUSABLE = (
    ["serve"],
    ["ssh"],
    ["migrate"],
    ["backup"],
    ["outbox", "list"],
    ["rotate-key", "--lost"],
    ["check"],
)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answers to the question, the next one last; afterwards the input has ended."""
    typed: list[str] = []

    def read(_: str) -> str:
        if not typed:
            raise EOFError
        return typed.pop()

    monkeypatch.setattr("builtins.input", read)
    return typed


@contextmanager
def services_at(settings: Settings) -> Iterator[Services]:
    with closing(open_services(settings)) as services:
        yield services


def test_restored_portal_works(
    me: Someone, elsewhere: Settings, folder: Path, run_at: Run, loop: BlockingPortal
) -> None:
    document = fill(me)
    assert run_at(elsewhere, "restore", make_backup(folder)) == 0
    with services_at(elsewhere) as services:
        http = open_client(create_app(services), loop)
        assert http.get("/v1/account", headers=auth_header(me.token)).status_code == 401
        token = auth_header(ok(sign_in(http, me.email)).json()["token"])
        code = {"code": code_in(last_email(services, me.email))}
        token = auth_header(
            ok(http.post("/v1/session/code", json=code, headers=token)).json()["token"]
        )
        assert ok(http.get("/v1/people", headers=token)).json()["total"] == 1
        content = ok(http.get(f"/v1/documents/{document}/content", headers=token)).content
        assert content == PDF
        [run] = rows(services, BackupRun)
        assert run.outcome == "done"
        assert Action.BACKUP_RESTORED in {entry.action for entry in audit_of(services)}


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_role_of_the_server_can_use_what_was_restored(
    me: Someone, elsewhere: Settings, folder: Path, run_at: Run
) -> None:
    assert run_at(elsewhere, "restore", make_backup(folder)) == 0
    with documented_role(elsewhere.database) as url:
        as_role = elsewhere.model_copy(update={"database_url": url})
        assert run_at(as_role, "outbox", "list") == 0


def test_what_is_there_is_replaced_only_after_the_question(
    me: Someone,
    settings: Settings,
    elsewhere: Settings,
    folder: Path,
    loop: BlockingPortal,
    run_at: Run,
    answers: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(me)
    file = make_backup(folder)
    assert run_at(elsewhere, "restore", file) == 0
    with services_at(elsewhere) as services:
        [ivo] = rows(services, Person)
        with services.transaction() as tx:
            erase_person(tx, ivo.id, "asked", everything=True)
            token = begin_session(services, tx, me.id)
        other = Someone(me.id, me.email, token, me.work, open_client(create_app(services), loop))
        ok(upload(other, add_child(other, first_name="Bo"), PDF + b"%newer"))
    before, documents = read_tables(elsewhere), read_documents(elsewhere)
    capsys.readouterr()
    for options, typed in ([], []), (["--replace"], []), (["--replace"], ["yes"]):
        answers[:] = typed
        assert run_at(elsewhere, "restore", file, *options) == cli.EXIT_FAILURE
        output = capsys.readouterr()
        assert "accounts: 1, children: 1, documents: 1, files in the" in "".join(output)
        assert "Nothing was changed" in output.err
    assert (read_tables(elsewhere), read_documents(elsewhere)) == (before, documents)
    answers[:] = ["replace"]
    assert run_at(elsewhere, "restore", file, "--replace") == 0
    assert str(ivo.id) in capsys.readouterr().out
    assert_restored(settings, elsewhere)
    with services_at(elsewhere) as services:
        sweep_now(services)
        assert {path.name for path in stored_files(services)} == set(read_documents(settings))


def test_database_in_use_is_not_replaced(
    me: Someone,
    settings: Settings,
    elsewhere: Settings,
    folder: Path,
    run_at: Run,
    answers: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(me)
    file = make_backup(folder)
    assert run_at(elsewhere, "restore", file) == 0
    answers[:] = ["replace"]
    engine = open_database(elsewhere.database)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1 FROM account").all()
        assert run_at(elsewhere, "restore", file, "--replace") == cli.EXIT_FAILURE
    engine.dispose()
    assert "Stop the server first. Nothing was changed." in capsys.readouterr().err
    assert_restored(settings, elsewhere)


def test_failed_restore_leaves_what_was_there(
    me: Someone,
    settings: Settings,
    elsewhere: Settings,
    folder: Path,
    run_at: Run,
    answers: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(me)
    file = make_backup(folder)
    assert run_at(elsewhere, "restore", file) == 0
    person = add_child(me, first_name="Nell")
    ok(upload(me, person, PDF + b"%newer"))
    newer = make_backup(folder)
    [key] = read_documents(settings).keys() - read_documents(elsewhere).keys()
    # A folder in place of the newest document makes it impossible to store.
    (elsewhere.data / "documents" / key).mkdir()
    answers[:] = ["replace"]
    before = read_tables(elsewhere)
    assert run_at(elsewhere, "restore", newer, "--replace") == cli.EXIT_FAILURE
    [line] = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("Nothing was restored. The backup can't be stored")
    assert read_tables(elsewhere) == before
    assert len(read_documents(elsewhere)) == 2
    (elsewhere.data / "documents" / key).rmdir()
    answers[:] = ["replace"]
    assert run_at(elsewhere, "restore", newer, "--replace") == 0
    assert_restored(settings, elsewhere)


def wait_until_unused(url: str) -> None:
    """Wait until PostgreSQL has noticed that a process was killed."""
    deadline = monotonic() + TIMEOUT_SECONDS
    while monotonic() < deadline:
        with suppress(DatabaseInUse):
            return require_unused(url)
    raise AssertionError("The database is still in use.")


def load_and_die(database: str, snapshot: str) -> None:
    """Load a snapshot, and be killed before it takes the place of the database."""
    with Path(snapshot).open("rb") as file, load_snapshot(database, file):
        os.kill(os.getpid(), SIGKILL)


def test_killed_restore_leaves_nothing_that_serves(
    me: Someone,
    services: Services,
    settings: Settings,
    elsewhere: Settings,
    folder: Path,
    tmp_path: Path,
    run_at: Run,
    answers: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    removed = fill(me)
    assert run_at(elsewhere, "restore", make_backup(folder)) == 0
    ok(me.delete(f"/v1/documents/{removed}"))
    sweep_now(services)
    file, snapshot = make_backup(folder), tmp_path / "snapshot"
    with take_snapshot(services.engine, tmp_path) as (copy, _):
        snapshot.write_bytes(copy.read())
    process = ForkedProcess(
        elsewhere.database, str(snapshot), env=dict(os.environ), work=load_and_die
    )
    assert process.wait(TIMEOUT_SECONDS) == -SIGKILL
    wait_until_unused(elsewhere.database)
    # On SQLite the database of before is still in place.
    for arguments in UNUSABLE if elsewhere.database_url else ():
        assert run_at(elsewhere, *arguments) == cli.EXIT_FAILURE, arguments
        assert "A restore of this database was interrupted" in "".join(capsys.readouterr())
    answers[:] = ["replace"]
    assert run_at(elsewhere, "restore", file, "--replace") == 0
    assert_restored(settings, elsewhere)
    assert not list(elsewhere.data.glob("*restoring*"))
    with services_at(elsewhere) as restored:
        sweep_now(restored)
        assert {path.name for path in stored_files(restored)} == set(read_documents(settings))
    assert run_at(elsewhere, "migrate") == 0


def test_older_backup_is_migrated(
    me: Someone,
    settings: Settings,
    elsewhere: Settings,
    folder: Path,
    tmp_path: Path,
    run_at: Run,
    answers: list[str],
    loop: BlockingPortal,
) -> None:
    fill(me)
    assert run_at(elsewhere, "restore", make_backup(folder)) == 0
    with services_at(elsewhere) as services:
        migrate.downgrade(services.engine, BEFORE_BACKUPS)
        older = tmp_path / "older.tar"
        write_backup(services, older)
        migrate.upgrade(services.engine)
    answers[:] = ["replace"]
    assert run_at(elsewhere, "restore", older, "--replace") == 0
    with services_at(elsewhere) as services:
        assert migrate.is_up_to_date(services.engine)
        assert rows(services, BackupRun) == []
        # As the server does once it has started.
        loop.call(recompute, services)
    assert_restored(settings, elsewhere, changed={"save", "sent_id"})


def write_backup(services: Services, path: Path) -> None:
    """Write a backup of a database that an older version has migrated."""
    with path.open("wb") as file, take_snapshot(services.engine, path.parent) as (copy, facts):
        writer, database = Writer(file, utc_now()), copy.read()
        writer.add(DATABASE, io.BytesIO(database), len(database))
        for document in rows(services, Document):
            content = memoryview(services.store.get(document.key).bytes()).tobytes()
            writer.add(document_member(document.key), io.BytesIO(content), len(content))
        manifest = Manifest(
            made_at=utc_now(),
            run=uuid4(),
            secret_key=services.keys.check,
            dialect="sqlite" if services.engine.name == "sqlite" else "postgresql",
            revision=facts.revision,
            rows=facts.rows,
        )
        writer.finish(manifest, lambda text: services.keys.digest(Purpose.BACKUP, text))


@SQLITE
def test_failed_restore_deletes_no_document_of_a_lost_database(
    me: Someone,
    settings: Settings,
    elsewhere: Settings,
    folder: Path,
    run_at: Run,
    answers: list[str],
) -> None:
    fill(me)
    file = make_backup(folder)
    assert run_at(elsewhere, "restore", file) == 0
    (elsewhere.data / "portal.db").unlink()
    wal = elsewhere.data / "portal.db-wal"
    wal.mkdir()  # the database can't be put in place
    for expected in (cli.EXIT_FAILURE, 0):
        answers[:] = ["replace"]
        assert run_at(elsewhere, "restore", file, "--replace") == expected
        names = {path.name for path in (elsewhere.data / "documents").iterdir()}
        assert names == set(read_documents(settings))
        if expected:
            wal.rmdir()


@SQLITE
def test_damaged_database_is_replaced(
    me: Someone,
    settings: Settings,
    elsewhere: Settings,
    folder: Path,
    run_at: Run,
    answers: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(me)
    file = make_backup(folder)
    elsewhere.data.mkdir()
    (elsewhere.data / "portal.db").write_bytes(os.urandom(8192))
    (elsewhere.data / "portal.db-wal").write_bytes(os.urandom(8192))
    answers[:] = ["replace"]
    assert run_at(elsewhere, "restore", file, "--replace") == 0
    assert "a database that can't be read" in capsys.readouterr().out
    assert_restored(settings, elsewhere)
