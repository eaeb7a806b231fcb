"""The journal: encrypted, cut short, grown, on a full disk, and by account."""

from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

import keyring
import pytest
from keyring.backends.fail import Keyring
from keyring.errors import KeyringLocked

from tests.tui.conftest import Locker
from tui.core.keychain import Keychain
from tui.saving import journal as journals
from tui.saving.draft import Unsaved
from tui.saving.journal import Journal

ME, OTHER, FORM = uuid4(), uuid4(), uuid4()
SAID = "Ivo follows two-step instructions."


def unsaved(text: str) -> Unsaved:
    return Unsaved(
        title="Request for Ivo",
        base={"communication": None},
        answers={"communication": text},
        overlaps={},
        sent=None,
    )


async def opened(folder: Path) -> Journal:
    journal = Journal(folder, Keychain("http://portal.example"))
    await journal.open()
    return journal


def file_of(folder: Path, account: UUID = ME) -> Path:
    return folder / "unsaved" / str(account) / f"{FORM}.journal"


async def test_what_is_kept_is_read_by_the_next_program_and_by_nobody_else(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    for text in ("Ivo", "Ivo follows", SAID):
        await journal.write(ME, FORM, unsaved(text))
    assert journal.is_durable(ME, FORM)
    file = file_of(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"Ivo" not in file.read_bytes()
    again = await opened(tmp_path)
    assert await again.read(ME, FORM) == unsaved(SAID)
    assert await again.unsaved_titles(ME) == {FORM: "Request for Ivo"}
    assert await again.read(OTHER, FORM) is None
    assert await again.unsaved_titles(OTHER) == {}


async def test_a_line_that_was_cut_short_leaves_the_one_before_it(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    await journal.write(ME, FORM, unsaved("Ivo follows"))
    whole = file_of(tmp_path).stat().st_size
    await journal.write(ME, FORM, unsaved(SAID))
    content = file_of(tmp_path).read_bytes()
    for size in range(whole, len(content) - 1, 7):
        file_of(tmp_path).write_bytes(content[:size])
        assert await (await opened(tmp_path)).read(ME, FORM) == unsaved("Ivo follows")
    file_of(tmp_path).write_bytes(b"nothing of ours\n")
    assert await (await opened(tmp_path)).read(ME, FORM) is None


async def test_a_file_that_has_grown_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "MAX_BYTES", 4000)
    journal = await opened(tmp_path)
    for number in range(100):
        await journal.write(ME, FORM, unsaved(f"{SAID} {number}"))
        assert file_of(tmp_path).stat().st_size <= 4000
    assert await (await opened(tmp_path)).read(ME, FORM) == unsaved(f"{SAID} 99")


async def test_what_is_acknowledged_leaves_nothing(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    await journal.write(ME, FORM, unsaved(SAID))
    await journal.remove(ME, FORM)
    assert not file_of(tmp_path).exists()
    assert await journal.read(ME, FORM) is None
    assert await journal.unsaved_titles(ME) == {}


async def test_a_disk_that_takes_no_more_is_said_and_memory_keeps_it(tmp_path: Path) -> None:
    full = tmp_path / "state"
    full.write_bytes(b"a file where a folder should be")
    journal = await opened(full)
    await journal.write(ME, FORM, unsaved(SAID))
    assert (journal.is_durable(ME, FORM), journal.has_memory_only) == (False, True)
    assert await journal.read(ME, FORM) == unsaved(SAID)
    await journal.remove(ME, FORM)
    assert await journal.read(ME, FORM) is None
    assert not journal.has_memory_only


async def test_without_a_keychain_it_is_in_memory_alone(tmp_path: Path) -> None:
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]  # untyped in keyring
    journal = await opened(tmp_path)
    await journal.write(ME, FORM, unsaved(SAID))
    assert (journal.is_durable(ME, FORM), journal.has_memory_only) == (False, True)
    assert not (tmp_path / "unsaved").exists()
    assert await journal.unsaved_titles(ME) == {FORM: "Request for Ivo"}


async def test_a_disk_that_hangs_holds_up_nothing_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Event()
    monkeypatch.setattr(journals, "DISK_TIMEOUT", 0.1)
    monkeypatch.setattr("os.fsync", lambda _: answers.wait(10))
    journal = await opened(tmp_path)
    await journal.write(ME, FORM, unsaved("Ivo follows"))
    assert (journal.is_durable(ME, FORM), journal.has_memory_only) == (False, True)
    answers.set()
    await until_kept(journal, SAID)
    assert await (await opened(tmp_path)).read(ME, FORM) == unsaved(SAID)


async def until_kept(journal: Journal, text: str) -> None:
    while not journal.is_durable(ME, FORM):
        await journal.write(ME, FORM, unsaved(text))


async def test_one_form_on_the_disk_says_nothing_of_another(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    other = uuid4()
    file = tmp_path / "unsaved" / str(ME) / f"{other}.journal"
    file.mkdir(parents=True)
    await journal.write(ME, other, unsaved("lost"))
    await journal.write(ME, FORM, unsaved(SAID))
    assert (journal.is_durable(ME, FORM), journal.is_durable(ME, other)) == (True, False)
    assert journal.has_memory_only
    (file.parent / "notes.journal").write_text("nothing of ours")
    file.rmdir()
    assert FORM in await journal.unsaved_titles(ME)


async def test_a_locked_keychain_costs_no_key(
    tmp_path: Path, keychain: Locker, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await opened(tmp_path)
    await journal.write(ME, FORM, unsaved(SAID))
    with monkeypatch.context() as locked:
        locked.setattr(keychain, "get_password", refuse)
        later = await opened(tmp_path)
        assert not later.is_durable(ME, FORM)
    await later.open()
    assert await later.read(ME, FORM) == unsaved(SAID)


def refuse(_: str, __: str) -> str | None:
    raise KeyringLocked
