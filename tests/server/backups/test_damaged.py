"""Damaged, foreign and newer backups are refused before anything is changed."""

import hashlib
import io
import shutil
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from server import cli
from server.app import open_services
from server.backups.archive import DATABASE, MANIFEST, SEAL, Manifest
from server.backups.making import make_backup
from server.core.keys import Keys, Purpose
from server.core.secret_key import add_key
from server.core.settings import Settings
from tests.parts import SECRET, create_schema, settings_for
from tests.pdfs import PDF
from tests.server.backups.steps import read_documents
from tests.server.core.test_migrate import insert_rows, make_account, make_child
from tests.server.core.test_migrate_documents import make_document

pytestmark = pytest.mark.both_databases

Members = dict[str, bytes]
KEYS = [f"{uuid4()}-{number:016x}" for number in range(2)]
DOCUMENTS = {f"documents/{key}": PDF + b"%" + key.encode() for key in KEYS}
BLOCK = tarfile.BLOCKSIZE
"""Bytes of the header before each member's content."""


def read_members(content: bytes) -> Members:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        files = {member.name: tar.extractfile(member) for member in tar}
    return {name: file.read() for name, file in files.items() if file}


def write_members(members: Members, *more: tarfile.TarInfo) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for member in more:
            tar.addfile(member)
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


def seal(members: Members, changes: dict[str, object] | None = None, secret: str = SECRET) -> bytes:
    """Write members with a changed manifest, which is sealed with the portal's key."""
    text = members[MANIFEST].decode()
    hashes = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in members.items()
        if name not in (MANIFEST, SEAL)
    }
    manifest = Manifest.model_validate_json(text).model_copy(
        update={"members": hashes, **(changes or {})}
    )
    text = manifest.model_dump_json(warnings=False)
    digest = Keys(secret).digest(Purpose.BACKUP, text)
    files = {name: members[name] for name in hashes}
    return write_members({**files, MANIFEST: text.encode(), SEAL: digest.encode()})


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The content of a backup of a database that names two documents."""
    folder = tmp_path_factory.mktemp("backup")
    create_schema(settings_for(folder).database)
    account = make_account(datetime(2026, 3, 2, tzinfo=UTC))
    child = make_child(account)
    with closing(open_services(settings_for(folder))) as services:
        with services.transaction() as tx:
            add_key(tx.session, services.keys, tx.now)
        insert_rows(services.engine, [account, child])
        for name, document in DOCUMENTS.items():
            key = name.removeprefix("documents/")
            services.store.put(key, document)
            row = make_document(child, account)
            row.key, row.sha256 = key, hashlib.sha256(document).hexdigest()
            insert_rows(services.engine, [row])
        made = make_backup(services, folder / "backups", 30)
    return made.path.read_bytes()


def change_at(position: int) -> Callable[[bytes], bytes]:
    """Flip a bit at a position."""

    def change(content: bytes) -> bytes:
        return content[:position] + bytes([content[position] ^ 4]) + content[position + 1 :]

    return change


def change_in(name: str, offset: int = 10) -> Callable[[bytes], bytes]:
    """Flip a bit of a member, or of its header with a negative offset."""

    def change(content: bytes) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            return change_at(tar.getmember(name).offset_data + offset)(content)

    return change


def cut(part: float) -> Callable[[bytes], bytes]:
    return lambda content: content[: int(len(content) * part)]


def cut_before(name: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            return content[: tar.getmember(name).offset]

    return change


def without(name: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        members = read_members(content)
        del members[name]
        return write_members(members)

    return change


def sealed(**changes: object) -> Callable[[bytes], bytes]:
    """Change the manifest and seal it, as only the portal can."""
    return lambda content: seal(read_members(content), changes)


def swap(content: bytes) -> bytes:
    """Give each document the other's content."""
    members = read_members(content)
    first, second = DOCUMENTS
    return write_members({**members, first: members[second], second: members[first]})


def swap_sealed(content: bytes) -> bytes:
    return seal(read_members(swap(content)))


def add_member(name: str, kind: bytes = tarfile.REGTYPE) -> Callable[[bytes], bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    return lambda content: write_members(read_members(content), member)


def other_database(content: bytes) -> bytes:
    """Put another database into it, and seal it."""
    return seal({**read_members(content), DATABASE: b"SQLite format 3\0" + bytes(4096)})


FIRST = next(iter(DOCUMENTS))
DAMAGED = "it is damaged or incomplete"
NO_BACKUP = "it is no backup of the portal"
NEWER = "a newer version of the portal made it"
CASES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", DAMAGED),
    "text": (lambda _: b"Dear council" * 1000, DAMAGED),
    "foreign tar": (lambda _: write_members({"readme.txt": b"Hello"}), "which no backup"),
    "empty tar": (lambda _: write_members({}), NO_BACKUP),
    "cut after a byte": (lambda content: content[:1], DAMAGED),
    "cut in the header": (lambda content: content[:100], DAMAGED),
    "cut in the database": (cut(0.5), DAMAGED),
    "cut before a document": (cut_before(FIRST), DAMAGED),
    "cut before the manifest": (cut_before(MANIFEST), DAMAGED),
    "cut before the seal": (cut_before(SEAL), DAMAGED),
    "cut by its last byte": (lambda content: content[:-1], DAMAGED),
    "bit of the database": (change_in(DATABASE, 5000), DAMAGED),
    "bit of a document": (change_in(FIRST), DAMAGED),
    "bit of the manifest": (change_in(MANIFEST, 40), DAMAGED),
    "bit of the seal": (change_in(SEAL), DAMAGED),
    "bit of the first header": (change_at(3), DAMAGED),
    "bit of a later header": (change_in(FIRST, -BLOCK + 3), DAMAGED),
    "bit of the size in a header": (change_in(FIRST, -BLOCK + 130), DAMAGED),
    "something after its end": (lambda content: content + b"x" * 10240, "after its end"),
    "no database": (without(DATABASE), DAMAGED),
    "no document": (without(FIRST), DAMAGED),
    "no manifest": (without(MANIFEST), DAMAGED),
    "no seal": (without(SEAL), DAMAGED),
    "a member twice": (lambda c: write_members(read_members(c), tarfile.TarInfo(FIRST)), DAMAGED),
    "a member of another": (add_member("documents/../../portal.db"), "which no backup"),
    "a link": (add_member("documents/link", tarfile.SYMTYPE), "something else than files"),
    "documents swapped": (swap, DAMAGED),
    "documents swapped and sealed": (swap_sealed, "not those of its database"),
    "counts of another": (sealed(rows={"account": 7}), "not the one that it was made of"),
    "another database": (other_database, "can't be read"),
    "newer format": (sealed(format=2), NEWER),
    "newer schema": (sealed(revision="9999"), NEWER),
    "of PostgreSQL": (sealed(dialect="postgresql"), "it is of postgresql"),
    "sealed by another": (lambda c: seal(read_members(c), secret=SECRET[::-1]), DAMAGED),
}


@pytest.mark.parametrize("case", CASES)
def test_damaged_backup_is_refused_and_nothing_changed(
    case: str, content: bytes, place: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    change, words = CASES[case]
    file = tmp_path / "backup.tar"
    file.write_bytes(change(content))
    assert cli.main(["restore", str(file)]) == cli.EXIT_FAILURE
    [line] = capsys.readouterr().err.strip().splitlines()
    assert words in line
    assert "Nothing was changed" in line or "Nothing was restored" in line
    assert not list(place.data.rglob("portal.db*"))
    assert not [path for path in (place.data / "documents").glob("*") if path.is_file()]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an empty SQLite database, which the command line has too."""
    folder = tmp_path / "place"
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    monkeypatch.setenv("PORTAL_DATA", str(folder))
    return settings_for(folder)


def test_undamaged_backup_is_restored(content: bytes, place: Settings, tmp_path: Path) -> None:
    """What the cases change is what makes them fail."""
    file = tmp_path / "backup.tar"
    for same in (content, sealed()(content)):
        file.write_bytes(same)
        assert cli.main(["restore", str(file)]) == 0
        assert set(read_documents(place).values()) == set(DOCUMENTS.values())
        shutil.rmtree(place.data)


def test_backup_of_another_portal_is_refused(
    content: bytes,
    place: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "backup.tar"
    file.write_bytes(content)
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET[::-1])
    assert cli.main(["restore", str(file)]) == cli.EXIT_FAILURE
    assert capsys.readouterr().err.startswith("PORTAL_SECRET_KEY: this is not the key")
    assert not (place.data / "portal.db").exists()
    monkeypatch.setenv("PORTAL_SECRET_KEY_OLD", SECRET)
    assert cli.main(["restore", str(file)]) == 0


def test_backup_is_restored_though_its_key_is_lost(
    content: bytes, place: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.tar"
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET[::-1])
    for damage in (cut_before(MANIFEST), change_in(DATABASE, 5000), without(FIRST)):
        file.write_bytes(damage(content))
        assert cli.main(["restore", str(file), "--key-lost"]) == cli.EXIT_FAILURE
    file.write_bytes(content)
    assert cli.main(["restore", str(file), "--key-lost"]) == 0
    assert len(read_documents(place)) == 2
    assert cli.main(["rotate-key", "--lost"]) == 0
    assert cli.main(["audit", "verify"]) == 0
