"""The document store: a local folder, S3 or memory, by URL."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

PRIVATE = 0o700
PRIVATE_FILE = 0o600
MAX_ANSWER = 200
LOCAL_PART = 256 * 1024
REMOTE_PART = 5 * 1024 * 1024
"""The smallest part of a multipart upload to S3."""


def open_store(url: str) -> ObjectStore:
    """Open the store at a URL: file:///folder, s3://bucket/prefix or memory:///.

    S3's keys and endpoint come from the usual AWS_... environment variables. A local folder
    is made private to its owner, because the store creates world-readable files.
    """
    if url.startswith("file://"):
        folder = Path(url.removeprefix("file://"))
        make_folder(folder)
        folder.chmod(PRIVATE)
        return LocalStore(folder)
    return from_url(url)


def make_folder(folder: Path) -> None:
    """Create a folder, durably and private to its owner, if it does not exist."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    for created in missing:
        sync(created.parent)


def make_private(database: Path) -> None:
    """Create the file of a SQLite database, if missing, and make it private to its owner.

    SQLite gives its -wal and -shm files the mode of the database.
    """
    is_new = not database.exists()
    with suppress(OSError):  # SQLite reports a file that it can't open
        os.close(os.open(database, os.O_CREAT | os.O_RDWR, PRIVATE_FILE))
        if is_new:
            sync(database.parent)
    for suffix in ("", "-wal", "-shm"):
        file = database.with_name(database.name + suffix)
        with suppress(OSError):  # missing, or its owner is another user
            file.chmod(PRIVATE_FILE)


def put_durably(store: ObjectStore, key: str, file: BinaryIO) -> None:
    """Store a file in parts; it is durable once this returns."""
    if not isinstance(store, LocalStore) or store.prefix is None:
        store.put(key, file, chunk_size=REMOTE_PART, max_concurrency=1)
        return
    store.put(key, file, chunk_size=LOCAL_PART, max_concurrency=1)
    folder = Path(store.prefix)
    for path in (folder / key, folder):
        sync(path)


def delete_all(store: ObjectStore, key: str) -> None:
    """Delete the object under a key, and leftovers of an interrupted upload."""
    with suppress(FileNotFoundError):
        store.delete(key)
    if isinstance(store, LocalStore) and store.prefix is not None:
        # The local store writes to KEY#1 first, which it neither lists nor deletes.
        for unfinished in Path(store.prefix).glob(f"{key}#*"):
            unfinished.unlink(missing_ok=True)
        sync(Path(store.prefix))


def describe_failure(error: BaseError | OSError) -> dict[str, object]:
    """Return what the disk or the store answered, for the log."""
    if isinstance(error, OSError):
        return {"errno": error.errno, "answer": error.strerror}
    # obstore's first line ends with the reply: "... in 3ms - Server returned ...: 403 Forbidden".
    line = str(error).partition("\n")[0].rpartition(" - ")[2]
    status = re.search(r"status code: (\d{3})", line)
    return {"status": int(status[1]) if status else None, "answer": line[:MAX_ANSWER]}


def sync(path: Path) -> None:
    """Make a file or the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
