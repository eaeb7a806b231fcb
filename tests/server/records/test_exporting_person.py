"""An export holds all that is held about one child, and nothing about another."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlmodel import col, true, update

from benchmarks.p13_desk import insert_cases
from server.cli import main
from server.core.database import Services
from server.documents.tables import Document
from server.records.about_person import rows_about
from shared.documents import ScanState
from tests.parts import Clock, Someone
from tests.server.documents.test_upload import stored_files
from tests.server.records.steps import (
    ADDRESS,
    ERASABLE_WORDS,
    FIRST_NAME,
    KEPT_WORDS,
    LAST_NAME,
    PUBLISHED,
    SUBMITTED,
    UNSUBMITTED,
    UPN,
    attach,
    create_full_record,
)
from tests.server.steps import add_child, audit_of, ok, submit_request

pytestmark = pytest.mark.both_databases

COMMANDS = pytest.mark.usefixtures("command")


def set_scan(services: Services, scan: ScanState, name: str | None = None) -> None:
    """Set the result of the scan of all documents, or of those with a name."""
    with services.transaction() as tx:
        is_named = true() if name is None else col(Document.name) == name
        tx.session.exec(update(Document).where(is_named).values(scan=scan))


@COMMANDS
def test_export_holds_all_rows_and_documents_of_one_child(
    me: Someone,
    other: Someone,
    officer: Someone,
    services: Services,
    clock: Clock,
    other_cases: int,
    tmp_path: Path,
) -> None:
    person = create_full_record(me, other, officer, services, clock)
    insert_cases(services, officer.id, other_cases)
    set_scan(services, ScanState.CLEAN)
    submit_request(me, add_child(me, last_name="Marsh"))
    file = tmp_path / "child.zip"
    assert main(["person", "export", str(person), "--to", str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    with ZipFile(file) as archive:
        data = json.loads(archive.read("data.json"))
        documents = [name for name in archive.namelist() if name.startswith("documents/")]
        contents = {archive.read(name) for name in documents}
        page = archive.read("index.html").decode()
    assert {name for name, found in data.items() if not found} == set()
    assert set(data) == {str(t.__tablename__) for t in rows_about([])} | {"audit_event"}
    assert contents == {SUBMITTED, PUBLISHED, UNSUBMITTED}
    for word in {FIRST_NAME, LAST_NAME, UPN, ADDRESS, *KEPT_WORDS, *ERASABLE_WORDS}:
        assert word.endswith("bytes") or word in json.dumps(data)
    assert "Marsh" not in json.dumps(data)
    assert all(name in page for name in (*documents, LAST_NAME))
    last = audit_of(services)[-1]
    assert (last.action, last.person_id) == ("person_exported", person)


@COMMANDS
def test_export_holds_who_saw_the_child_in_a_list(me: Someone, tmp_path: Path) -> None:
    person = add_child(me)
    ok(me.get("/v1/people"))
    file = tmp_path / "child.zip"
    assert main(["person", "export", str(person), "--to", str(file)]) == 0
    with ZipFile(file) as archive:
        entries = json.loads(archive.read("data.json"))["audit_event"]
    shown = [entry["account_id"] for entry in entries if entry["action"] == "shown_in_list"]
    assert shown == [str(me.id)]


@COMMANDS
@pytest.mark.parametrize("text", ["zeph quill", "q856 000022001", UPN])
def test_child_is_found_by_words_or_number(
    me: Someone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    person = add_child(me, first_name=FIRST_NAME, last_name=LAST_NAME, upn=UPN)
    add_child(me)
    assert main(["person", "export", "--find", text]) == 0
    assert (tmp_path / f"person-{person}.zip").exists()


@COMMANDS
def test_search_lists_several_children_and_audits_it(
    me: Someone, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = {add_child(me, first_name=name, last_name=LAST_NAME) for name in ("Ada", "Ben")}
    assert main(["person", "export", "--find", LAST_NAME]) == 2
    output = capsys.readouterr().err
    assert all(str(id) in output for id in ids)
    read = {entry.person_id for entry in audit_of(services) if entry.action == "person_read"}
    assert read == ids
    for text in ("", "nobody"):
        assert main(["person", "export", "--find", text]) == 2


@COMMANDS
def test_export_tells_which_documents_cannot_be_read(
    me: Someone, other: Someone, officer: Someone, services: Services, clock: Clock, tmp_path: Path
) -> None:
    person = create_full_record(me, other, officer, services, clock)
    set_scan(services, ScanState.CLEAN)
    for path in stored_files(services):
        path.unlink()
    file = tmp_path / "child.zip"
    assert main(["person", "export", str(person), "--to", str(file)]) == 0
    with ZipFile(file) as archive:
        assert "quillfeather.pdf: its content could not be read" in (
            archive.read("index.html").decode()
        )


@COMMANDS
def test_export_leaves_out_documents_that_may_hold_a_virus(
    me: Someone, services: Services, tmp_path: Path
) -> None:
    person = add_child(me)
    for name, scan in (("virus.pdf", ScanState.INFECTED), ("new.pdf", ScanState.CHECKING)):
        attach(me, person, SUBMITTED, name)
        set_scan(services, scan, name)
    file = tmp_path / "child.zip"
    assert main(["person", "export", str(person), "--to", str(file)]) == 0
    with ZipFile(file) as archive:
        assert set(archive.namelist()) == {"data.json", "index.html"}
        page = archive.read("index.html").decode()
    assert "Left out: A virus was found in virus.pdf" in page
    assert "Left out: new.pdf is being checked for viruses" in page


@COMMANDS
def test_existing_file_is_not_overwritten(me: Someone, tmp_path: Path) -> None:
    person = add_child(me)
    file = tmp_path / "child.zip"
    file.write_text("other")
    assert main(["person", "export", str(person), "--to", str(file)]) == 2
    assert file.read_text() == "other"
