"""The sweep: deletes content of removed documents and of interrupted uploads.

An upload commits its key as unreferenced before it stores content, and the commit of the document
removes it. Content left by a crash is therefore known by its key, without listing the store, which
may hold other objects too. While a backup runs, nothing is deleted, because the backup still needs
what was removed after its snapshot of the database.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from obstore.exceptions import BaseError
from sqlmodel import and_, col, delete, not_, or_, select, update

from server.core.backup_runs import is_running
from server.core.cores import run_on_other_cores
from server.core.database import Services, Transaction
from server.core.repeat import repeat
from server.core.storage import delete_all, describe_failure
from server.documents.content import CHECK_STORE, THREADS
from server.documents.tables import UnreferencedKey

log = structlog.get_logger()

SWEEP_SECONDS = 60
MAX_UPLOAD_TIME = timedelta(hours=1)
"""Older uploads count as interrupted, because storing a document takes minutes at most."""
BATCH_SIZE = 100


async def run_sweeps(services: Services) -> None:
    """Sweep every minute until cancelled."""
    await repeat("sweeping", SWEEP_SECONDS, partial(sweep, services))


async def sweep(services: Services, older_than: timedelta = MAX_UPLOAD_TIME) -> int:
    """Delete content without a document and return the number of deleted keys.

    Uploads that started longer than `older_than` ago count as interrupted.
    """
    uploads = services.settings.uploads
    await run_on_other_cores(THREADS, _delete_files, uploads, older_than.total_seconds())
    count, last_key = 0, ""
    while keys := await services.read(partial(_list_unreferenced, older_than, last_key)):
        last_key = keys[-1]
        claimed = await services.write(partial(_claim_keys, keys))
        deleted_keys = [key for key in claimed if await _delete_content(services, key)]
        await services.write(partial(_delete_keys, deleted_keys))
        count += len(deleted_keys)
    return count


def _delete_files(folder: Path, seconds: float) -> None:
    """Delete temporary files of interrupted uploads, on systems that name them."""
    for file in folder.glob("*"):
        try:
            if file.stat().st_mtime <= time.time() - seconds:
                file.unlink()
        except FileNotFoundError:  # its upload or another sweep deleted it
            continue


def _list_unreferenced(older_than: timedelta, last_key: str, tx: Transaction) -> Sequence[str]:
    interrupted = and_(UnreferencedKey.uploading, UnreferencedKey.since <= tx.now - older_than)
    return tx.session.exec(
        select(UnreferencedKey.key)
        .where(UnreferencedKey.key > last_key, or_(not_(UnreferencedKey.uploading), interrupted))
        .order_by(col(UnreferencedKey.key))
        .limit(BATCH_SIZE)
    ).all()


def _claim_keys(keys: Sequence[str], tx: Transaction) -> Sequence[str]:
    """Mark uploads to these keys as ended, so that no document can refer to them.

    Returns no keys while a backup runs.
    """
    if is_running(tx):
        return ()
    key = col(UnreferencedKey.key)
    tx.session.exec(update(UnreferencedKey).where(key.in_(keys)).values(uploading=False))
    return tx.session.exec(select(UnreferencedKey.key).where(key.in_(keys))).all()


def _delete_keys(keys: Sequence[str], tx: Transaction) -> None:
    tx.session.exec(delete(UnreferencedKey).where(col(UnreferencedKey.key).in_(keys)))


async def _delete_content(services: Services, key: str) -> bool:
    try:
        await run_on_other_cores(THREADS, delete_all, services.store, key)
    except (BaseError, OSError) as error:
        log.error(
            "store_refused",
            kind=type(error).__name__,
            **describe_failure(error),
            do=CHECK_STORE,
        )
        return False
    return True
