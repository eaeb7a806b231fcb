"""Where the bytes of documents are kept: a local folder, S3, or memory, by their address."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from obstore.store import LocalStore, ObjectStore, from_url

PRIVATE = 0o700
LOCAL_PART = 256 * 1024
REMOTE_PART = 5 * 1024 * 1024
"""The smallest part of a file that S3 takes."""


def open_store(url: str) -> ObjectStore:
    """Open the store at an address: file:///folder, s3://bucket/prefix or memory:///.

    S3's keys and endpoint come from the usual AWS_... environment variables. A local folder
    is made readable to its owner only, because the store writes its files readable to all.
    """
    if url.startswith("file://"):
        folder = Path(url.removeprefix("file://"))
        make_folder(folder)
        folder.chmod(PRIVATE)
        return LocalStore(folder)
    return from_url(url)


def make_folder(folder: Path) -> None:
    """Make a folder where there is none, its owner's alone, to outlast a power cut."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    for made in missing:
        _sync(made.parent)


def put_durably(store: ObjectStore, key: str, file: BinaryIO) -> None:
    """Store a file part by part, so that it outlasts a power cut once this returns."""
    if not isinstance(store, LocalStore) or store.prefix is None:
        store.put(key, file, chunk_size=REMOTE_PART, max_concurrency=1)
        return
    store.put(key, file, chunk_size=LOCAL_PART, max_concurrency=1)
    folder = Path(store.prefix)
    for written in (folder / key, folder):
        _sync(written)


def delete_all(store: ObjectStore, key: str) -> None:
    """Delete what is stored under a key, and what a crash left of storing it."""
    with suppress(FileNotFoundError):
        store.delete(key)
    if isinstance(store, LocalStore) and store.prefix is not None:
        # The local store writes to KEY#1 first, which it neither lists nor deletes.
        for unfinished in Path(store.prefix).glob(f"{key}#*"):
            unfinished.unlink(missing_ok=True)
        _sync(Path(store.prefix))


def _sync(written: Path) -> None:
    opened = os.open(written, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
