"""The journal: encryption, truncated lines, growth, disk errors and accounts."""

import asyncio
from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

import keyring
import pytest
from cryptography.fernet import Fernet
from keyring.backends.fail import Keyring
from keyring.errors import KeyringLocked

from tests.tui.conftest import MemoryKeyring
from tui.core.keychain import Keychain
from tui.saving import journal as journals
from tui.saving.draft import Unsaved
from tui.saving.journal import Journal

ME, OTHER, FORM = uuid4(), uuid4(), uuid4()
TEXT = "Ivo follows two-step instructions."


def make_unsaved(text: str) -> Unsaved:
    return Unsaved(
        title="Request for Ivo",
        base={"communication": None},
        answers={"communication": text},
        overlaps={},
        sent=None,
    )


async def open_journal(folder: Path) -> Journal:
    journal = Journal(folder, Keychain("http://portal.example"))
    await journal.open()
    return journal


def journal_file(folder: Path, account: UUID = ME) -> Path:
    return folder / "unsaved" / str(account) / f"{FORM}.journal"


async def test_journal_is_readable_after_a_restart_but_only_by_its_account(tmp_path: Path) -> None:
    journal = await open_journal(tmp_path)
    for text in ("Ivo", "Ivo follows", TEXT):
        await journal.write(ME, FORM, make_unsaved(text))
    assert journal.is_durable(ME, FORM)
    file = journal_file(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"Ivo" not in file.read_bytes()
    reopened = await open_journal(tmp_path)
    assert await reopened.read(ME, FORM) == make_unsaved(TEXT)
    assert await reopened.unsaved_titles(ME) == {FORM: "Request for Ivo"}
    assert await reopened.read(OTHER, FORM) is None
    assert await reopened.unsaved_titles(OTHER) == {}


async def test_truncated_line_falls_back_to_the_previous_one(tmp_path: Path) -> None:
    journal = await open_journal(tmp_path)
    await journal.write(ME, FORM, make_unsaved("Ivo follows"))
    first_size = journal_file(tmp_path).stat().st_size
    await journal.write(ME, FORM, make_unsaved(TEXT))
    content = journal_file(tmp_path).read_bytes()
    for size in range(first_size, len(content) - 1, 7):
        journal_file(tmp_path).write_bytes(content[:size])
        assert await (await open_journal(tmp_path)).read(ME, FORM) == make_unsaved("Ivo follows")
    journal_file(tmp_path).write_bytes(b"nothing of ours\n")
    assert await (await open_journal(tmp_path)).read(ME, FORM) is None


async def test_journal_file_is_rewritten_when_it_grows_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "MAX_BYTES", 4000)
    journal = await open_journal(tmp_path)
    for number in range(100):
        await journal.write(ME, FORM, make_unsaved(f"{TEXT} {number}"))
        assert journal_file(tmp_path).stat().st_size <= 4000
    assert await (await open_journal(tmp_path)).read(ME, FORM) == make_unsaved(f"{TEXT} 99")


async def test_removed_entry_leaves_no_file(tmp_path: Path) -> None:
    journal = await open_journal(tmp_path)
    await journal.write(ME, FORM, make_unsaved(TEXT))
    await journal.remove(ME, FORM)
    assert not journal_file(tmp_path).exists()
    assert await journal.read(ME, FORM) is None
    assert await journal.unsaved_titles(ME) == {}


async def test_entry_removed_before_its_first_write_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, released = Event(), Event()
    create = journals._create_cipher

    def create_slowly(key: str) -> Fernet:
        started.set()
        released.wait(10)
        return create(key)

    monkeypatch.setattr(journals, "_create_cipher", create_slowly)
    journal = await open_journal(tmp_path)
    writing = asyncio.create_task(journal.write(ME, FORM, make_unsaved(TEXT)))
    assert await asyncio.to_thread(started.wait, 10)
    await journal.remove(ME, FORM)
    released.set()
    await writing
    assert not journal_file(tmp_path).exists()


async def test_unwritable_disk_falls_back_to_memory(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"a file where a folder should be")
    journal = await open_journal(path)
    await journal.write(ME, FORM, make_unsaved(TEXT))
    assert (journal.is_durable(ME, FORM), journal.has_memory_only) == (False, True)
    assert await journal.read(ME, FORM) == make_unsaved(TEXT)
    await journal.remove(ME, FORM)
    assert await journal.read(ME, FORM) is None
    assert not journal.has_memory_only


async def test_without_a_keychain_the_journal_is_in_memory_only(tmp_path: Path) -> None:
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]  # untyped in keyring
    journal = await open_journal(tmp_path)
    await journal.write(ME, FORM, make_unsaved(TEXT))
    assert (journal.is_durable(ME, FORM), journal.has_memory_only) == (False, True)
    assert not (tmp_path / "unsaved").exists()
    assert await journal.unsaved_titles(ME) == {FORM: "Request for Ivo"}


async def test_hanging_disk_blocks_nothing_and_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Event()
    monkeypatch.setattr(journals, "DISK_TIMEOUT", 0.1)
    monkeypatch.setattr("os.fsync", lambda _: released.wait(10))
    journal = await open_journal(tmp_path)
    await journal.write(ME, FORM, make_unsaved("Ivo follows"))
    assert (journal.is_durable(ME, FORM), journal.has_memory_only) == (False, True)
    released.set()
    await write_until_durable(journal, TEXT)
    assert await (await open_journal(tmp_path)).read(ME, FORM) == make_unsaved(TEXT)


async def write_until_durable(journal: Journal, text: str) -> None:
    while not journal.is_durable(ME, FORM):
        await journal.write(ME, FORM, make_unsaved(text))


async def test_forms_are_stored_independently(tmp_path: Path) -> None:
    journal = await open_journal(tmp_path)
    other_form = uuid4()
    file = tmp_path / "unsaved" / str(ME) / f"{other_form}.journal"
    file.mkdir(parents=True)
    await journal.write(ME, other_form, make_unsaved("lost"))
    await journal.write(ME, FORM, make_unsaved(TEXT))
    assert (journal.is_durable(ME, FORM), journal.is_durable(ME, other_form)) == (True, False)
    assert journal.has_memory_only
    (file.parent / "notes.journal").write_text("nothing of ours")
    file.rmdir()
    assert FORM in await journal.unsaved_titles(ME)


async def test_locked_keychain_does_not_replace_the_key(
    tmp_path: Path, keychain: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await open_journal(tmp_path)
    await journal.write(ME, FORM, make_unsaved(TEXT))
    with monkeypatch.context() as locked:
        locked.setattr(keychain, "get_password", raise_locked)
        reopened = await open_journal(tmp_path)
        assert not reopened.is_durable(ME, FORM)
    await reopened.open()
    assert await reopened.read(ME, FORM) == make_unsaved(TEXT)


def raise_locked(_: str, __: str) -> str | None:
    raise KeyringLocked
