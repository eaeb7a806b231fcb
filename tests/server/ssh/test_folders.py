"""Folders of the SSH server are deleted some time after the last session of their account."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from server.accounts.tables import Account
from server.core.database import Services
from server.ssh.folders import AlreadyRunning, Folders, only_server
from tests.parts import Clock, Someone


@pytest.fixture
def folders(services: Services) -> Folders:
    return Folders(services)


def use(folders: Folders, account: UUID, clock: Clock) -> Path:
    """Put a file in the folder of an account, in a session that ends now."""
    with folders.use(account) as folder:
        (folder / "report.pdf").write_bytes(b"x")
    os.utime(folder, (clock.now.timestamp(),) * 2)
    return folder


async def test_folder_is_private_and_stays_for_a_day(
    folders: Folders, me: Someone, services: Services, clock: Clock
) -> None:
    folder = use(folders, me.id, clock)
    for path in (folder, *folder.parents[:2]):
        assert path.stat().st_mode & 0o777 == 0o700
    clock.move(hours=23)
    await folders.sweep()
    assert (folder / "report.pdf").exists()
    clock.move(hours=2)
    with folders.use(me.id):
        os.utime(folder, (clock.now.timestamp() - timedelta(days=2).total_seconds(),) * 2)
        await folders.sweep()
        assert (folder / "report.pdf").exists()  # a session uses it
    os.utime(folder, (clock.now.timestamp() - timedelta(days=2).total_seconds(),) * 2)
    await folders.sweep()
    assert not folder.exists()


async def test_folder_of_a_closed_account_goes_at_once(
    folders: Folders, me: Someone, other: Someone, services: Services, clock: Clock
) -> None:
    mine, others, nobodys = (use(folders, account, clock) for account in (me.id, other.id, uuid4()))
    with services.transaction() as tx:
        tx.session.get_one(Account, me.id).disabled_at = tx.now
    await folders.sweep()
    assert [folder.exists() for folder in (mine, others, nobodys)] == [False, True, False]


async def test_sweep_passes_over_what_is_no_folder_of_an_account(
    folders: Folders, me: Someone, services: Services, clock: Clock
) -> None:
    due = use(folders, uuid4(), clock)
    odd = due.parent / "lost+found"
    odd.mkdir()
    await folders.sweep()
    assert (due.exists(), odd.exists()) == (False, True)


async def test_session_that_starts_in_a_sweep_keeps_its_files(
    folders: Folders, services: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = uuid4()
    old, rmtree = use(folders, account, clock), shutil.rmtree

    def delete(path: Path, *, ignore_errors: bool) -> None:
        with folders.use(account) as folder:
            (folder / "new.pdf").write_bytes(b"x")
        rmtree(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", delete)
    await folders.sweep()
    assert [file.name for file in old.iterdir()] == ["new.pdf"]


def test_data_folder_has_one_server(services: Services) -> None:
    data = services.settings.data
    with only_server(data), pytest.raises(AlreadyRunning), only_server(data):
        pass
    with only_server(data):
        pass


def test_folder_without_an_account_goes_with_its_session(
    folders: Folders, services: Services
) -> None:
    with folders.use(None) as folder, folders.use(None) as second:
        assert folder != second
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()
    with folders.use(None) as killed:
        Folders(services)  # the server starts again
        assert not killed.exists()
