"""Folders of the people who use the portal over SSH, deleted some time after their last session."""

import asyncio
import fcntl
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.accounts.tables import Account
from server.core.database import Services, Transaction

ACCOUNT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class AlreadyRunning(Exception):
    """Another SSH server uses the same data folder."""


@contextmanager
def only_server(data: Path) -> Iterator[None]:
    """Be the only SSH server of a data folder; raises AlreadyRunning."""
    file = data.absolute() / "ssh" / "lock"
    file.parent.mkdir(0o700, parents=True, exist_ok=True)
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None
        yield


class Folders:
    """Private folders below the data folder, one for each account.

    A session without a key has a folder of its own, which ends with it.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._accounts = services.settings.data.absolute() / "ssh" / "accounts"
        self._visitors = services.settings.data.absolute() / "ssh" / "visitors"
        self._in_use: Counter[UUID] = Counter()
        shutil.rmtree(self._visitors, ignore_errors=True)  # those of a server that was killed
        for folder in (self._accounts, self._visitors):
            folder.mkdir(0o700, parents=True, exist_ok=True)
            folder.parent.chmod(0o700)

    @contextmanager
    def use(self, account: UUID | None) -> Iterator[Path]:
        """Use a folder while a session lasts."""
        if account is None:
            folder = self._visitors / str(uuid4())
            folder.mkdir(0o700)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            return
        folder = self._accounts / str(account)
        folder.mkdir(0o700, exist_ok=True)
        self._in_use[account] += 1
        try:
            yield folder
        finally:
            self._in_use[account] -= 1
            with suppress(FileNotFoundError):
                os.utime(folder)  # the end of the last session, which the sweep counts from

    async def sweep(self) -> None:
        """Delete the folders that are due, of accounts without a session."""
        accounts = {
            UUID(folder.name): folder
            for folder in self._accounts.iterdir()
            if ACCOUNT.fullmatch(folder.name)
        }
        if not accounts:
            return
        active = await self._services.read(lambda tx: _active_accounts(tx, list(accounts)))
        oldest = self._services.clock() - timedelta(hours=self._services.settings.ssh_folder_hours)
        for account, folder in accounts.items():
            used_at = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
            if not self._in_use[account] and (account not in active or used_at < oldest):
                # A session that starts meanwhile makes a new folder.
                going = folder.rename(self._visitors / str(uuid4()))
                await asyncio.to_thread(shutil.rmtree, going, ignore_errors=True)


def _active_accounts(tx: Transaction, accounts: list[UUID]) -> set[UUID]:
    query = select(Account.id).where(
        col(Account.id).in_(accounts), col(Account.disabled_at).is_(None)
    )
    return set(tx.session.exec(query))
