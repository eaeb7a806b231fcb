"""Deletes the bytes of removed documents, and what broken-off uploads left.

Before bytes go to the store, their key is committed as unreferenced; the commit of the document
takes it out again. So whatever a crash leaves is known by its key, and the store, which may hold
more than this portal's documents, needn't be listed.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from obstore.exceptions import BaseError
from sqlmodel import and_, col, delete, not_, or_, select, update

from server.core.cores import run_elsewhere
from server.core.database import Services, Transaction
from server.core.repeat import repeat
from server.core.storage import delete_all
from server.documents.stored import THREADS
from server.documents.tables import UnreferencedKey

log = structlog.get_logger()

LOOK_SECONDS = 60
UNDER_WAY = timedelta(hours=1)
"""What was begun longer ago is no upload any more: storing one takes minutes at the most."""
BATCH = 100


async def sweep_for_ever(services: Services) -> None:
    """Sweep at once and then every minute, until cancelled."""
    await repeat("sweeping", LOOK_SECONDS, partial(sweep, services))


async def sweep(services: Services, older_than: timedelta = UNDER_WAY) -> int:
    """Delete what is stored without a document; returns how many keys were deleted.

    Uploads that began longer than `older_than` ago are taken for broken off.
    """
    uploads = services.settings.uploads
    await run_elsewhere(THREADS, _delete_files, uploads, older_than.total_seconds())
    deleted, last = 0, ""
    while keys := await services.read(partial(_unreferenced, older_than, last)):
        last = keys[-1]
        claimed = await services.write(partial(_claim, keys))
        gone = [key for key in claimed if await _delete(services, key)]
        await services.write(partial(_forget, gone))
        deleted += len(gone)
    return deleted


def _delete_files(folder: Path, seconds: float) -> None:
    """Delete the files of broken-off uploads where the system had to name them."""
    for file in folder.glob("*"):
        try:
            if file.stat().st_mtime <= time.time() - seconds:
                file.unlink()
        except FileNotFoundError:  # whoever made it, or another sweep, deleted it
            continue


def _unreferenced(older_than: timedelta, last: str, tx: Transaction) -> Sequence[str]:
    broken_off = and_(UnreferencedKey.uploading, UnreferencedKey.since <= tx.now - older_than)
    return tx.session.exec(
        select(UnreferencedKey.key)
        .where(UnreferencedKey.key > last, or_(not_(UnreferencedKey.uploading), broken_off))
        .order_by(col(UnreferencedKey.key))
        .limit(BATCH)
    ).all()


def _claim(keys: Sequence[str], tx: Transaction) -> Sequence[str]:
    """End the uploads to some keys, so that no document can refer to them any more."""
    key = col(UnreferencedKey.key)
    tx.session.exec(update(UnreferencedKey).where(key.in_(keys)).values(uploading=False))
    return tx.session.exec(select(UnreferencedKey.key).where(key.in_(keys))).all()


def _forget(keys: Sequence[str], tx: Transaction) -> None:
    tx.session.exec(delete(UnreferencedKey).where(col(UnreferencedKey.key).in_(keys)))


async def _delete(services: Services, key: str) -> bool:
    try:
        await run_elsewhere(THREADS, delete_all, services.store, key)
    except (BaseError, OSError) as error:
        log.error("store_refused", kind=type(error).__name__)
        return False
    return True
