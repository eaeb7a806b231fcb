"""Where the bytes of documents are kept: a local folder, S3, or memory, by their address."""

import os
from pathlib import Path
from typing import BinaryIO

from obstore.store import LocalStore, ObjectStore, from_url

PRIVATE = 0o700


def open_store(url: str) -> ObjectStore:
    """Open the store at an address: file:///folder, s3://bucket/prefix or memory:///.

    S3's keys and endpoint come from the usual AWS_... environment variables. A local folder
    is made readable to its owner only, because the store writes its files readable to all.
    """
    if url.startswith("file://"):
        folder = Path(url.removeprefix("file://"))
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(PRIVATE)
        return LocalStore(folder)
    return from_url(url)


def put_durably(store: ObjectStore, key: str, file: BinaryIO) -> None:
    """Store bytes so that they outlast a power cut, as what is committed of them does."""
    store.put(key, file)
    if isinstance(store, LocalStore) and store.prefix is not None:
        folder = Path(store.prefix)
        for written in (folder / key, folder):
            _sync(written)


def _sync(written: Path) -> None:
    opened = os.open(written, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
